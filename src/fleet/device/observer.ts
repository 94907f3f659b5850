/**
 * @module
 * What is kept of single messages: of the first devices of a group their times and sizes, planned and sent, for the fidelity; and lines for
 * the record, if one is wanted.
 */
import { createHash } from 'node:crypto';
import { PacketRecord } from '../../emission/wire-fidelity.js';
import type { Message } from './message.js';

/** Enough for a distribution; a run may be of any length. */
const MAX_MESSAGES = 20_000;

/** Of one device. */
export class Observer {
  readonly plan = new PacketRecord();
  readonly sentRecord = new PacketRecord();
  readonly #describe: ((message: Message) => void) | undefined;

  /** @param describe told of every message that was sent */
  constructor(describe: ((message: Message) => void) | undefined) {
    this.#describe = describe;
  }

  planned({ dueNs, sizeBytes }: Message): void {
    if (this.plan.packets < MAX_MESSAGES) this.plan.add(dueNs, sizeBytes);
  }

  sent(message: Message): void {
    // The same messages as planned, as long as none is left out.
    if (message.seq < MAX_MESSAGES) this.sentRecord.add(message.sentNs, message.overheadBytes + message.payload.length);
    this.#describe?.(message);
  }
}

export interface RecordedDevice {
  readonly group: string;
  readonly index: number;
  readonly id: string;
}

/** A line of the record, of NDJSON. */
export function recordLine({ group, index, id }: RecordedDevice, message: Message): string {
  const { seq, dueNs, sentNs, topic, payload, qos } = message;
  const sha256 = createHash('sha256').update(payload).digest('hex');
  return `${JSON.stringify({ group, index, id, seq, dueNs, sentNs, topic, qos, bytes: payload.length, sha256 })}\n`;
}
