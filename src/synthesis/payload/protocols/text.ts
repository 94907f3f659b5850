/**
 * @module
 * Messages of text, which are filled up to a size by letters where the protocol leaves the choice of words to its users.
 */
import type { Message } from '../message.js';

/** The bytes of a text of ASCII. */
export const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);

/** A name that is nobody's (RFC 6761 §6.5). */
export const HOST_NAME = 'device.example';

/** What stands before the letters, and behind them. */
export interface TextTemplate {
  readonly head: Uint8Array;
  readonly tail: Uint8Array;
  /** The shortest message. */
  readonly minBytes: number;
}

/** @param minLetters the least letters that there must be between them */
export function textTemplate(head: string, tail: string, minLetters: number): TextTemplate {
  const minBytes = head.length + minLetters + tail.length;
  return { head: ascii(head), tail: ascii(tail), minBytes };
}

/** @param size at least that of the shortest message */
export function composeText(message: Message, template: TextTemplate, size: number): void {
  const { head, tail } = template;
  message.bytes(head);
  message.fill('letters', size - head.length - tail.length, tail);
}

/** Lines as HTTP, SSDP, SIP and RTSP end them. */
export const lines = (...texts: readonly string[]): string => texts.map((text) => `${text}\r\n`).join('');
