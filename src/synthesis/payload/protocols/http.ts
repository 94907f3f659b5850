/**
 * @module
 * HTTP/1.1 (RFC 9112): the opener requests, the other end responds, each message as long as its segment.
 */
import type { SegmentApplication } from '../application.js';
import type { Message } from '../message.js';
import { ascii, composeText, HOST_NAME, lines, textTemplate } from './text.js';

const END = lines('', '');
/** A path is at least a slash, a reason may be empty. */
const GET = textTemplate('GET /', ` HTTP/1.1\r\nHost: ${HOST_NAME}${END}`, 0);
const NO_CONTENT = textTemplate('HTTP/1.1 204 ', END, 0);
/** Longer requests have content rather than a long path. */
const LONGEST_GET_BYTES = 160;

/** The length of content is written with so many digits, spaces before them (RFC 9110 §5.6.3), so that the header has one length. */
const LENGTH_DIGITS = 7;
const CONTENT_HEADER = 'Content-Type: application/octet-stream\r\nContent-Length:';
const POST = ascii(`POST /telemetry HTTP/1.1\r\nHost: ${HOST_NAME}\r\n${CONTENT_HEADER}`);
const OK = ascii(`HTTP/1.1 200 OK\r\n${CONTENT_HEADER}`);
const END_BYTES = ascii(END);
const CONTENT_OVERHEAD_BYTES = LENGTH_DIGITS + END_BYTES.length;
const MAX_CONTENT_BYTES = 10 ** (LENGTH_DIGITS - 1) - 1;

const CONVERSATION: SegmentApplication = {
  compose(message: Message, room: number, byOpener: boolean): void {
    const head = byOpener ? POST : OK;
    const contentBytes = room - head.length - CONTENT_OVERHEAD_BYTES;
    if (contentBytes < 1 || (byOpener && room <= LONGEST_GET_BYTES)) {
      const template = byOpener ? GET : NO_CONTENT;
      composeText(message, template, Math.max(room, template.minBytes));
      return;
    }
    withContent(message, head, Math.min(contentBytes, MAX_CONTENT_BYTES));
  },
};

function withContent(message: Message, head: Uint8Array, contentBytes: number): void {
  message.bytes(head);
  for (let unit = 10 ** (LENGTH_DIGITS - 1); unit >= 1; unit /= 10) {
    message.u8(contentBytes < unit ? 0x20 : 0x30 + (Math.floor(contentBytes / unit) % 10));
  }
  message.bytes(END_BYTES);
  message.fill('bytes', contentBytes);
}

export const http = (): SegmentApplication => CONVERSATION;
