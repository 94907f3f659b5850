/** @module A message of a device, from the time that it is due to its end. */
import type { OutgoingMessage } from '../clients/client.js';

const NOTHING = new Uint8Array(0);

export class Message implements OutgoingMessage {
  /** Number among the messages of its device, from 0. */
  readonly seq: number;
  /** In ns since the beginning of the run. */
  readonly dueNs: number;
  /** When it was sent first; below 0 until then. */
  sentNs = -1;
  /** How long the model wants its IP packet. */
  readonly sizeBytes: number;
  readonly qos: 0 | 1 | 2;
  readonly retain: boolean;
  isRepeated = false;
  /** Whether it has its topic and its payload: they are made when it is sent. */
  isRendered = false;
  topic = '';
  payload: Uint8Array = NOTHING;
  /** What its IP packet has beside the payload. */
  overheadBytes = 0;

  constructor(seq: number, dueNs: number, sizeBytes: number, qos: 0 | 1 | 2, retain: boolean) {
    this.seq = seq;
    this.dueNs = dueNs;
    this.sizeBytes = sizeBytes;
    this.qos = qos;
    this.retain = retain;
  }
}
