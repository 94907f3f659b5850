/**
 * @module
 * Which connection a new conversation is like: the records of a service, drawn without putting back, so that as many are long and as many
 * go to each peer as in the capture. When all are drawn it begins again.
 */
import type { Random } from '../random.js';
import type { ConnectionRecords } from './records.js';

/** Records that began with the same step and the same size. */
interface Pile {
  readonly step: number;
  readonly sizeBytes: number;
  readonly all: readonly number[];
  left: number[];
}

export class RecordSampler {
  readonly #piles: readonly Pile[];

  /** @param all indices of the records of the service, at least one */
  constructor({ firstStep, firstSize }: ConnectionRecords, all: readonly number[]) {
    const piles = new Map<string, number[]>();
    for (const record of all) {
      const key = `${firstStep[record]} ${firstSize[record]}`;
      const pile = piles.get(key);
      if (pile) pile.push(record);
      else piles.set(key, [record]);
    }
    this.#piles = [...piles.values()].map((pile) => ({
      step: firstStep[pile[0]!]!,
      sizeBytes: firstSize[pile[0]!]!,
      all: pile,
      left: [...pile],
    }));
  }

  /**
   * Takes a record that began with this step and size, or with this step, or any.
   *
   * @param isBusy whether a record must not be taken now
   */
  draw(step: number, sizeBytes: number, random: Random, isBusy: (record: number) => boolean): number {
    return (
      this.#from((pile) => pile.step === step && pile.sizeBytes === sizeBytes, random, isBusy) ??
      this.#from((pile) => pile.step === step, random, isBusy) ??
      this.#from(() => true, random, isBusy) ??
      this.#again(step, random, isBusy)
    );
  }

  #from(wish: (pile: Pile) => boolean, random: Random, isBusy: (record: number) => boolean): number | undefined {
    const piles = this.#piles.filter((pile) => pile.left.length > 0 && wish(pile));
    const total = piles.reduce((sum, { left }) => sum + left.length, 0);
    if (total === 0) return undefined;
    let place = Math.floor(random.next() * total);
    for (let tries = 0; tries < total; tries++, place = (place + 1) % total) {
      let inPile = place;
      const pile = piles.find(({ left }) => {
        if (inPile < left.length) return true;
        inPile -= left.length;
        return false;
      })!;
      const record = pile.left[inPile]!;
      if (isBusy(record)) continue;
      pile.left[inPile] = pile.left[pile.left.length - 1]!;
      pile.left.pop();
      return record;
    }
    return undefined;
  }

  /** All are drawn, or those that are not are busy. */
  #again(step: number, random: Random, isBusy: (record: number) => boolean): number {
    for (const pile of this.#piles) pile.left = [...pile.all];
    return (
      this.#from((pile) => pile.step === step, random, isBusy) ??
      this.#from(() => true, random, isBusy) ??
      this.#from(
        () => true,
        random,
        () => false,
      )!
    );
  }
}
