/** Numbers in the memory of the kernels, for tests that call these by address. */
import { Arena } from '../../src/kernels/arena.js';
import { instantiate, type KernelExports, kernelModule } from '../../src/kernels/module.js';
import { randomStream } from '../../src/random.js';

type Numbers = Float32Array | Int32Array | Float64Array;

/** A vector in the memory: what a kernel is told, and what a test reads. */
export interface Placed<T extends Numbers> {
  readonly at: number;
  readonly numbers: T;
}

/** Bytes between two vectors that no kernel may write. */
const BORDER = 64;
const UNTOUCHED = 0xa5;

export class KernelMemory {
  readonly wasm: KernelExports = instantiate(kernelModule());
  readonly #arena = new Arena(this.wasm.memory, this.wasm.heapBase());
  /** Where the vectors of the latest call lie, and where they end. */
  #taken: readonly (readonly [from: number, to: number])[] = [];

  /** Copies vectors into the memory, one behind the other; those of the call before are gone. */
  place<T extends Readonly<Record<string, Numbers>>>(vectors: T): { readonly [name in keyof T]: Placed<T[name]> } {
    const all = Object.entries(vectors);
    const bytes = Object.fromEntries(all.map(([name, { byteLength }]) => [name, byteLength + 2 * BORDER]));
    const layout = this.#arena.lay(bytes);
    const { buffer } = this.wasm.memory;
    const placed = all.map(([name, vector]) => {
      const at = layout[name]! + BORDER;
      new Uint8Array(buffer, layout[name]!, vector.byteLength + 2 * BORDER).fill(UNTOUCHED);
      return [name, { at, numbers: copied(vector, buffer, at) }] as const;
    });
    this.#taken = placed.map(([, { at, numbers }]) => [at, at + numbers.byteLength] as const);
    return Object.fromEntries(placed) as unknown as { readonly [name in keyof T]: Placed<T[name]> }; // the same names and types
  }

  /** Whether nothing was written right before and behind the vectors of the latest call. */
  get bordersHold(): boolean {
    const memory = new Uint8Array(this.wasm.memory.buffer);
    return this.#taken.every(([from, to]) =>
      [...memory.subarray(from - BORDER, from), ...memory.subarray(to, to + BORDER)].every(
        (byte) => byte === UNTOUCHED,
      ),
    );
  }
}

function copied(vector: Numbers, buffer: ArrayBuffer, at: number): Numbers {
  const copy =
    vector instanceof Float64Array
      ? new Float64Array(buffer, at, vector.length)
      : vector instanceof Int32Array
        ? new Int32Array(buffer, at, vector.length)
        : new Float32Array(buffer, at, vector.length);
  copy.set(vector);
  return copy;
}

/** Numbers of single precision, uniform between -1 and 1. */
export function randomSingles(length: number, seed: string): Float32Array {
  const random = randomStream(seed, 'test');
  return Float32Array.from({ length }, () => 2 * random.next() - 1);
}
