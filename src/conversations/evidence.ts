/**
 * @module
 * How often something that was seen went with a packet that begins to close its connection, and how often it was seen.
 */
import type { Tensor, TensorReader } from '../tensors.js';
import { loadSparse, saveSparse } from './sparse.js';

/** What was never seen says nothing; what was seen seldom says little. */
const WEIGHT = 2;

export class Evidence {
  /** What can be seen: numbers below this. */
  readonly #span: number;
  readonly #all = new Map<number, number>();
  readonly #closing = new Map<number, number>();

  constructor(span: number) {
    this.#span = span;
  }

  add(service: number, what: number, closes: boolean): void {
    const key = service * this.#span + what;
    this.#all.set(key, (this.#all.get(key) ?? 0) + 1);
    if (closes) this.#closing.set(key, (this.#closing.get(key) ?? 0) + 1);
  }

  /** For each service, how much likelier than usual a closing is, where something was seen; 1 where it is not in the map. */
  ratios(services: number): readonly ReadonlyMap<number, number>[] {
    const all = this.#byService(this.#all, services);
    const closing = this.#byService(this.#closing, services);
    const total = (counts: ReadonlyMap<number, number>) => [...counts.values()].reduce((sum, count) => sum + count, 0);
    return all.map((seen, service) => {
      const closings = closing[service]!;
      if (closings.size === 0) return new Map();
      const usual = total(closings) / total(seen);
      return new Map(
        [...seen].map(([what, count]) => [
          what,
          ((closings.get(what) ?? 0) + WEIGHT * usual) / (count + WEIGHT) / usual,
        ]),
      );
    });
  }

  #byService(counts: ReadonlyMap<number, number>, services: number): readonly Map<number, number>[] {
    const split: Map<number, number>[] = Array.from({ length: services }, () => new Map());
    for (const [key, count] of counts) split[Math.floor(key / this.#span)]!.set(key % this.#span, count);
    return split;
  }

  /** Saves what services with closings have. */
  save(name: string, services: number, tensors: Map<string, Tensor>): void {
    const closing = this.#byService(this.#closing, services);
    const told = [...this.#all].filter(([key]) => closing[Math.floor(key / this.#span)]!.size > 0);
    saveSparse(`${name}.all`, told, tensors);
    saveSparse(`${name}.closing`, this.#closing, tensors);
  }

  /** @throws SynthError `SYNTH_MODEL_INVALID` */
  load(name: string, services: number, reader: TensorReader): void {
    for (const [key, count] of loadSparse(`${name}.all`, reader, services * this.#span)) this.#all.set(key, count);
    for (const [key, count] of loadSparse(`${name}.closing`, reader, services * this.#span)) {
      this.#closing.set(key, count);
    }
  }
}
