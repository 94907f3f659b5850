/**
 * @module
 * Windows of successive packets, spread evenly over a series: what a classifier and a search for copies look at.
 */

/**
 * Where windows begin.
 *
 * @param packets of the series
 * @param window packets of one
 * @param most windows at most; they do not overlap
 */
export function windowStarts(packets: number, window: number, most: number): Uint32Array {
  const fitting = Math.floor(packets / window);
  const count = Math.min(fitting, most);
  return Uint32Array.from({ length: count }, (_, i) => Math.floor((i * fitting) / count) * window);
}
