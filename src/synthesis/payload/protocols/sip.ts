/**
 * @module
 * SIP (RFC 3261): the opener asks for options, the other end says OK.
 */
import type { DatagramApplication, SegmentApplication } from '../application.js';
import type { Message } from '../message.js';
import { composeText, HOST_NAME, lines, type TextTemplate, textTemplate } from './text.js';

interface Templates {
  readonly request: TextTemplate;
  readonly response: TextTemplate;
}

/** Messages that end in a header that takes any words. */
function templates(transport: 'UDP' | 'TCP'): Templates {
  const head = (start: string, toTag: string) =>
    lines(
      start,
      `Via: SIP/2.0/${transport} ${HOST_NAME};branch=z9hG4bK1`,
      `From: <sip:a@${HOST_NAME}>;tag=1`,
      `To: <sip:b@${HOST_NAME}>${toTag}`,
      `Call-ID: 1@${HOST_NAME}`,
      'CSeq: 1 OPTIONS',
      'Max-Forwards: 70',
      'Content-Length: 0',
    );
  const end = lines('', '');
  return {
    request: textTemplate(`${head(`OPTIONS sip:b@${HOST_NAME} SIP/2.0`, '')}User-Agent: `, end, 1),
    response: textTemplate(`${head('SIP/2.0 200 OK', ';tag=2')}Server: `, end, 1),
  };
}

const OVER_UDP = templates('UDP');
const OVER_TCP = templates('TCP');

const DATAGRAMS: DatagramApplication = {
  compose(message: Message, size: number, byOpener: boolean): boolean {
    const template = byOpener ? OVER_UDP.request : OVER_UDP.response;
    // Anything that begins with ones is compressed SIP (RFC 3320 §7), so what is too small for SIP is zeros.
    if (size < template.minBytes) message.fill('zeros', size);
    else composeText(message, template, size);
    return true;
  },
};

const SEGMENTS: SegmentApplication = {
  compose(message: Message, room: number, byOpener: boolean): void {
    const template = byOpener ? OVER_TCP.request : OVER_TCP.response;
    composeText(message, template, Math.max(room, template.minBytes));
  },
};

export const sip = (): DatagramApplication => DATAGRAMS;
export const sipOverTcp = (): SegmentApplication => SEGMENTS;
