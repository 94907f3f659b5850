/**
 * @module
 * Payloads that have arrived, as what frames are made of: given before each packet, and copied into its frame.
 */
import { writeU32BE } from '../net/bytes.js';
import type { PayloadSource, PayloadStream } from '../synthesis/payload-stream.js';

export class ArrivedPayload implements PayloadSource, PayloadStream {
  readonly preamble = new Uint8Array(0);
  #bytes: Uint8Array = new Uint8Array(0);
  #at = 0;
  #end = 0;
  readonly #count = new Uint8Array(4);
  /** Bytes of the count that are still to come. */
  #countLeft = 0;

  /** @param framingBytes 4 if a count stands before the payload, or 0 */
  set(bytes: Uint8Array, at: number, length: number, framingBytes: number): void {
    this.#bytes = bytes;
    this.#at = at;
    this.#end = at + length;
    this.#countLeft = framingBytes;
    if (framingBytes > 0) writeU32BE(this.#count, 0, length);
  }

  minBytes(): number {
    return 0;
  }

  begin(): PayloadStream {
    return this;
  }

  write(bytes: Uint8Array, at: number, length: number): number {
    const end = at + length;
    let to = at;
    while (to < end && this.#countLeft > 0) bytes[to++] = this.#count[4 - this.#countLeft--]!;
    while (to < end && this.#at < this.#end) bytes[to++] = this.#bytes[this.#at++]!;
    if (to < end) bytes.fill(0, to, end);
    return wordSum(bytes, at, end);
  }
}

function wordSum(bytes: Uint8Array, from: number, end: number): number {
  let sum = 0;
  let at = from;
  for (; at + 1 < end; at += 2) sum += (bytes[at]! << 8) | bytes[at + 1]!;
  return at < end ? sum + (bytes[at]! << 8) : sum;
}
