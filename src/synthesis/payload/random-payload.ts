/**
 * @module
 * Payloads of random bytes.
 */
import type { Random } from '../../random.js';
import type { PayloadSource, PayloadStream } from '../payload-stream.js';
import { FillerPool } from './filler-pool.js';

export class RandomPayload implements PayloadSource {
  readonly preamble: Uint8Array;
  readonly #stream: PayloadStream;

  constructor(random: Random) {
    const pool = new FillerPool(random);
    this.preamble = pool.preamble;
    this.#stream = { write: (bytes, at, length) => pool.write(bytes, at, length, 'bytes', false, random) };
  }

  minBytes(): number {
    return 0;
  }

  begin(): PayloadStream {
    return this.#stream;
  }
}
