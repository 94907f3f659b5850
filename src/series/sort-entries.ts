/**
 * @module
 * Orders in which devices and flows can be listed.
 */
import type { Traffic } from './survey.js';

export const SORT_KEYS = ['packets', 'bytes', 'span', 'first', 'id'] as const;
export type SortKey = (typeof SORT_KEYS)[number];

/** Largest first for amounts; earliest and alphabetically first for `first` and `id`. What is equal keeps its order. */
export function sortEntries<T extends Traffic & { readonly id: string }>(entries: readonly T[], key: SortKey): T[] {
  const compare: Readonly<Record<SortKey, (a: T, b: T) => number>> = {
    packets: (a, b) => b.packets - a.packets,
    bytes: (a, b) => b.bytes - a.bytes,
    span: (a, b) => b.spanSeconds - a.spanSeconds,
    first: (a, b) => a.firstSeconds - b.firstSeconds,
    id: (a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0),
  };
  return [...entries].sort(compare[key]);
}
