/**
 * @module
 * Finds the messages in the chunks of a stream: each begins with the count of the bytes that follow, as 4 bytes in network byte order.
 */
import { readU32BE, writeU32BE } from '../../bytes.js';
import { SynthError } from '../../errors.js';

/** What the count before a message takes. */
export const LENGTH_BYTES = 4;
/** The longest message; what announces a longer one speaks another protocol. */
const MOST_MESSAGE_BYTES = 2 ** 20;

/** Takes what follows the count; it lies in `bytes` until the call returns. */
export type OnPayload = (bytes: Uint8Array, at: number, length: number) => void;

export class MessageDecoder {
  readonly #onPayload: OnPayload;
  /** What chunks have left of a message that is not complete. */
  #held: Uint8Array = new Uint8Array(0);

  constructor(onPayload: OnPayload) {
    this.#onPayload = onPayload;
  }

  /** Bytes of a message that is not complete. */
  get pendingBytes(): number {
    return this.#held.length;
  }

  /** @throws SynthError `SYNTH_DELIVERY_FAILED` for a count that cannot be one */
  push(chunk: Uint8Array): void {
    const bytes = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
    let at = 0;
    while (bytes.length - at >= LENGTH_BYTES) {
      const length = readU32BE(bytes, at);
      if (length > MOST_MESSAGE_BYTES) {
        throw new SynthError('SYNTH_DELIVERY_FAILED', `the stream announces a message of ${length} bytes`);
      }
      if (bytes.length - at - LENGTH_BYTES < length) break;
      this.#onPayload(bytes, at + LENGTH_BYTES, length);
      at += LENGTH_BYTES + length;
    }
    this.#held = bytes.slice(at);
  }
}

/** A message as it stands in a stream: as long as it was, or 4 bytes; without its last 4, for which the count stands before it. */
export function frameMessage(bytes: Uint8Array, at: number, length: number): Uint8Array {
  const payload = Math.max(0, length - LENGTH_BYTES);
  const message = new Uint8Array(LENGTH_BYTES + payload);
  writeU32BE(message, 0, payload);
  message.set(bytes.subarray(at, at + payload), LENGTH_BYTES);
  return message;
}
