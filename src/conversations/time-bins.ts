/**
 * @module
 * Rates of events by the time since something happened, in bins of one octave. A rate is events over exposure: the time that was spent in
 * the bin, whether or not something happened (the occurrence/exposure rate of survival analysis).
 */

/** Below this everything is one bin: clocks of captures are no finer. */
const FIRST_OCTAVE = 10;
export const TIME_BINS = 44;

/** @param timeNs at least 0; beyond 2^53 ns everything is one bin */
export function timeBin(timeNs: number): number {
  const high = Math.floor(timeNs / 2 ** 21);
  if (high >= 2 ** 32) return TIME_BINS - 1;
  const octave = high > 0 ? 53 - Math.clz32(high) : 32 - Math.clz32(timeNs);
  return octave <= FIRST_OCTAVE ? 0 : Math.min(TIME_BINS - 1, octave - FIRST_OCTAVE);
}

const lowerEdge = (bin: number): number => (bin === 0 ? 0 : 2 ** (FIRST_OCTAVE + bin - 1));
export const upperEdge = (bin: number): number => lowerEdge(bin + 1);
/** Something that happens at once has still taken a moment, or its rate would be infinite. */
const MIN_EXPOSURE_NS = 2 ** (FIRST_OCTAVE - 2);

/** Adds the time that a wait of `timeNs` spent in each bin, in ns, to the bins from `at` on. */
export function addExposure(exposure: Float64Array, at: number, timeNs: number): void {
  const last = timeBin(timeNs);
  for (let bin = 0; bin < last; bin++) exposure[at + bin]! += lowerEdge(bin + 1) - lowerEdge(bin);
  exposure[at + last]! += Math.max(MIN_EXPOSURE_NS, timeNs - lowerEdge(last));
}

/**
 * Rates from counts, each bin shrunk to a rate that is known from more.
 *
 * @param background rate to take where nothing was seen, per ns; as much as `weight` events
 */
export function shrunkRate(events: number, exposureNs: number, background: number, weight: number): number {
  return (events + weight) / (exposureNs + weight / background);
}
