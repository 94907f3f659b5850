/** @module Suggestions for a misspelt word: the nearest word of a list. */
import { distance } from 'fastest-levenshtein';

/** More edits make it another word. */
const MAX_EDITS = 2;

/** The word with the smallest Levenshtein distance, at most two and smaller than the length of `word`; undefined if there is none. */
export function nearest(word: string, words: readonly string[]): string | undefined {
  let best: string | undefined;
  let fewest = Math.min(MAX_EDITS, word.length - 1) + 1;
  for (const candidate of words) {
    const edits = distance(word.toLowerCase(), candidate.toLowerCase());
    if (edits >= fewest) continue;
    best = candidate;
    fewest = edits;
  }
  return best;
}
