/**
 * @module
 * All sources of a sink, as many as memory is for.
 */

import { Source } from './source.js';
import type { SourceOrigin } from './source-origin.js';

export const MAX_SOURCES = 100_000;

export class SourceTable {
  readonly sources: Source[] = [];
  readonly #most: number;
  #others: Source | undefined;

  constructor(most = MAX_SOURCES) {
    this.#most = most;
  }

  /** The sum of those that came when there was no more room, if there are any. */
  get others(): Source | undefined {
    return this.#others;
  }

  open(origin: SourceOrigin): Source {
    if (this.sources.length >= this.#most) {
      this.#others ??= new Source(this.#most, origin, true);
      return this.#others;
    }
    const source = new Source(this.sources.length, origin, false);
    this.sources.push(source);
    return source;
  }
}
