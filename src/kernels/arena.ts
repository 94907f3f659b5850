/**
 * @module
 * The memory of the kernels. Each call lays out what it needs from the same start, so nothing is left behind.
 */
import { SynthError } from '../errors.js';
import { option, wording } from '../wording.js';

const PAGE_BYTES = 65_536;
const MAX_BYTES = 2 ** 32;
/** Of a cache line. */
const ALIGNMENT = 64;

/** Addresses of the parts that `lay` laid out, by name. */
export type Layout<T extends string> = { readonly [name in T]: number };

export class Arena {
  readonly #memory: WebAssembly.Memory;
  readonly #base: number;

  /** @param base the first address that is free */
  constructor(memory: WebAssembly.Memory, base: number) {
    this.#memory = memory;
    this.#base = align(base);
  }

  get bytes(): number {
    return this.#memory.buffer.byteLength;
  }

  /**
   * Lays parts of so many bytes one behind the other and makes the memory large enough. Earlier layouts are gone.
   *
   * @throws SynthError `SYNTH_TRAINING_FAILED` if that is more than there can be; nothing is written then
   */
  lay<T extends string>(parts: Readonly<Record<T, number>>): Layout<T> {
    let end = this.#base;
    const layout = Object.fromEntries(
      Object.entries<number>(parts).map(([name, bytes]) => {
        const at = end;
        end += align(bytes);
        return [name, at];
      }),
    ) as Layout<T>; // the same names
    if (end > MAX_BYTES) throw outOfMemory(end);
    const missing = Math.ceil((end - this.bytes) / PAGE_BYTES);
    if (missing > 0) {
      try {
        this.#memory.grow(missing);
      } catch (error) {
        throw outOfMemory(end, error);
      }
    }
    return layout;
  }

  floats(at: number, length: number): Float64Array {
    return new Float64Array(this.#memory.buffer, at, length);
  }

  singles(at: number, length: number): Float32Array {
    return new Float32Array(this.#memory.buffer, at, length);
  }

  integers(at: number, length: number): Int32Array {
    return new Int32Array(this.#memory.buffer, at, length);
  }
}

const align = (bytes: number): number => Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;

function outOfMemory(bytes: number, cause?: unknown): SynthError {
  const needed = (bytes / 2 ** 30).toFixed(1);
  return new SynthError('SYNTH_TRAINING_FAILED', `the training would take ${needed} GiB of WebAssembly memory`, {
    hint: wording`Train on a shorter capture, or a smaller model; with rnn and tcn also a smaller ${option('fit.batch')} or ${option('fit.window')}. The limit is 4 GiB.`,
    cause,
  });
}
