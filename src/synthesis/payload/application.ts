/**
 * @module
 * The contract of application protocols, one conversation each, and how their messages become datagrams and segments.
 */
import type { Random } from '../../random.js';
import type { PayloadStream } from '../payload-stream.js';
import type { FillerPool } from './filler-pool.js';
import { Message } from './message.js';
import { writePattern } from './pattern.js';

/** What an application may know about the conversation that it speaks in. */
export interface Circumstances {
  readonly servicePort: number;
  /** Whether datagrams go to a group rather than to the other end. */
  readonly multicast: boolean;
  readonly random: Random;
}

/** One conversation of an application over UDP. */
export interface DatagramApplication {
  /**
   * Composes the next message of one end, of exactly `size` bytes.
   *
   * @param message empty
   * @returns false if there is no such message of this size; then nothing has been written
   */
  compose(message: Message, size: number, byOpener: boolean): boolean;
}

/** One conversation of an application over TCP. */
export interface SegmentApplication {
  /**
   * Composes the next message of one end: one that ends with the segment, of which `room` bytes are left, or a shorter one, or if the
   * room is too small for any, a longer one.
   *
   * @param message empty
   */
  compose(message: Message, room: number, byOpener: boolean): void;
}

/** Every datagram is one message; what no message fits into is filled with the pattern. */
export class DatagramStream implements PayloadStream {
  readonly #application: DatagramApplication;
  readonly #message: Message;

  constructor(application: DatagramApplication, pool: FillerPool, random: Random) {
    this.#application = application;
    this.#message = new Message(pool, random);
  }

  write(bytes: Uint8Array, at: number, length: number, byOpener: boolean): number {
    const message = this.#message;
    message.reset();
    if (!this.#application.compose(message, length, byOpener)) return writePattern(bytes, at, length);
    return message.send(bytes, at, length, false);
  }
}

/** Messages follow each other in the stream of bytes of each end, whatever its segments are. */
export class SegmentStream implements PayloadStream {
  readonly #application: SegmentApplication;
  readonly #ofOpener: Message;
  readonly #ofOther: Message;

  constructor(application: SegmentApplication, pool: FillerPool, random: Random) {
    this.#application = application;
    this.#ofOpener = new Message(pool, random);
    this.#ofOther = new Message(pool, random);
  }

  write(bytes: Uint8Array, at: number, length: number, byOpener: boolean): number {
    const message = byOpener ? this.#ofOpener : this.#ofOther;
    let sum = 0;
    for (let done = 0; done < length; ) {
      if (message.bytesLeft === 0) {
        message.reset();
        this.#application.compose(message, length - done, byOpener);
      }
      const count = Math.min(message.bytesLeft, length - done);
      sum += message.send(bytes, at + done, count, (done & 1) === 1);
      done += count;
    }
    return sum;
  }
}
