/** @module What storms take away, seen from afar. */
import type { Storm } from '../scenario/scenario.js';

/** The share of the devices that phases want up which storms leave there at a time, in the mean. */
export const wantedAfterStorms = (storms: readonly Storm[], ns: number): number =>
  storms.reduce((left, storm) => left * (1 - awayShare(storm, ns)), 1);

/** Taken, and not yet back. */
function awayShare({ atNs, overNs, awayNs, share }: Storm, ns: number): number {
  const taken = (atMost: number) => (overNs === 0 ? Number(atMost >= 0) : Math.min(1, Math.max(0, atMost / overNs)));
  return share * (taken(ns - atNs) - taken(ns - atNs - awayNs));
}
