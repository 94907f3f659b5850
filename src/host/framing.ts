/**
 * @module
 * Messages in a stream. With framing `length` a message begins with the count of the bytes that follow, as 4 bytes in network byte
 * order, and takes exactly as many bytes as it was modelled with: it loses its last 4, so that a stamp at its beginning survives.
 * One of less than 4 bytes takes 4. With framing `none` the stream is the bytes of one message after the other.
 */

import { SynthError } from '../errors.js';
import { readU32BE, writeU32BE } from '../net/bytes.js';
import type { Framing } from './transport-spec.js';

/** What the length before a message takes. */
export const LENGTH_BYTES = 4;
/** The longest message that a decoder takes; a longer one is no message but another protocol. */
export const MAX_MESSAGE_BYTES = 2 ** 20;

/** The bytes of a message of `length` bytes in a stream. */
export function framedBytes(framing: Framing, length: number): number {
  return framing === 'length' ? Math.max(length, LENGTH_BYTES) : length;
}

/**
 * Writes a message as it stands in a stream.
 *
 * @param at where its `length` bytes lie in `bytes`
 * @param output room for `framedBytes`, which it fills from its beginning
 */
export function frameMessage(
  framing: Framing,
  bytes: Uint8Array,
  at: number,
  length: number,
  output: Uint8Array,
): void {
  if (framing === 'none') {
    output.set(bytes.subarray(at, at + length));
    return;
  }
  const payload = Math.max(0, length - LENGTH_BYTES);
  writeU32BE(output, 0, payload);
  output.set(bytes.subarray(at, at + payload), LENGTH_BYTES);
}

/** Takes a payload, which lies in `bytes` until the call returns. The message had `LENGTH_BYTES` more in the stream. */
export type OnPayload = (bytes: Uint8Array, at: number, length: number) => void;

/** Finds the messages of framing `length` in the chunks of a stream, whatever their borders. */
export class MessageDecoder {
  readonly #onPayload: OnPayload;
  /** The beginning of a message that a chunk has left incomplete; grows with what has come, not with what is announced. */
  #held = new Uint8Array(64);
  #heldBytes = 0;
  #failure: SynthError | undefined;

  constructor(onPayload: OnPayload) {
    this.#onPayload = onPayload;
  }

  /** Bytes of a message that is not complete; 0 where the stream may end. */
  get pendingBytes(): number {
    return this.#heldBytes;
  }

  /** @throws SynthError `SYNTH_DELIVERY_FAILED` for a length that cannot be one, and from then on always */
  push(chunk: Uint8Array): void {
    if (this.#failure !== undefined) throw this.#failure;
    let at = 0;
    while (this.#heldBytes > 0 && at < chunk.length) at += this.#complete(chunk, at);
    while (at < chunk.length) {
      const end = this.#endOf(chunk, at, chunk.length);
      if (end === undefined) {
        this.#hold(chunk, at, chunk.length);
        return;
      }
      this.#onPayload(chunk, at + LENGTH_BYTES, end - at - LENGTH_BYTES);
      at = end;
    }
  }

  /** Goes on with the message that is held. @returns how many bytes of the chunk it took */
  #complete(chunk: Uint8Array, at: number): number {
    const held = this.#heldBytes;
    const needed = held < LENGTH_BYTES ? LENGTH_BYTES - held : LENGTH_BYTES + this.#lengthAt(this.#held, 0) - held;
    const taken = Math.min(needed, chunk.length - at);
    this.#hold(chunk, at, at + taken);
    const end = this.#endOf(this.#held, 0, this.#heldBytes);
    if (end !== undefined) {
      this.#heldBytes = 0;
      this.#onPayload(this.#held, LENGTH_BYTES, end - LENGTH_BYTES);
    }
    return taken;
  }

  /** Where the message at `at` ends, if all of it is there. */
  #endOf(bytes: Uint8Array, at: number, limit: number): number | undefined {
    if (limit - at < LENGTH_BYTES) return undefined;
    const end = at + LENGTH_BYTES + this.#lengthAt(bytes, at);
    return end <= limit ? end : undefined;
  }

  #lengthAt(bytes: Uint8Array, at: number): number {
    const length = readU32BE(bytes, at);
    if (length <= MAX_MESSAGE_BYTES) return length;
    const message = `the stream announces a message of ${length} bytes; the longest is ${MAX_MESSAGE_BYTES}`;
    const hint = 'The other end seems to speak another protocol: take the framing none.';
    this.#failure = new SynthError('SYNTH_DELIVERY_FAILED', message, { hint });
    throw this.#failure;
  }

  #hold(chunk: Uint8Array, from: number, to: number): void {
    const total = this.#heldBytes + to - from;
    if (total > this.#held.length) {
      const grown = new Uint8Array(Math.max(total, this.#held.length * 2));
      grown.set(this.#held.subarray(0, this.#heldBytes));
      this.#held = grown;
    }
    this.#held.set(chunk.subarray(from, to), this.#heldBytes);
    this.#heldBytes = total;
  }
}
