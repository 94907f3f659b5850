/**
 * @module
 * The dominant period of a sequence of tokens: the distance at which it is most like itself.
 */

const MAX_PERIOD = 512;
/** Tokens that are looked at. */
const MAX_TOKENS = 65_536;
/** Standard errors by which tokens have to agree more often than chance would have it. */
const SIGNIFICANCE = 6;
/** A shorter distance is the period if the agreement there is nearly that of the best one, which may be a multiple: */
const NEARLY = 0.95;
/** but for so many standard errors, by which the best of many multiples is the luckiest. */
const LUCK = 3;

/**
 * The period in tokens, up to 512.
 *
 * @returns 0 where there is none: at no distance beyond the nearest do tokens agree more often than by chance, and more often than at the
 *   distances around it
 */
export function dominantPeriod(sequences: readonly Int32Array[]): number {
  const longest = sequences.reduce((a, b) => (b.length > a.length ? b : a), new Int32Array(0)).subarray(0, MAX_TOKENS);
  const furthest = Math.min(MAX_PERIOD, Math.floor(longest.length / 4));
  if (furthest < 2) return 0;
  const { excess, greatest } = excessAgreement(longest, furthest);
  // What a sequence shares with its neighbourhood is no period: only what rises above the distances before it.
  let lowest = excess[1]!;
  let correlation = 0;
  const risen = new Float64Array(furthest + 1);
  for (let distance = 2; distance <= furthest; distance++) {
    const before = excess[distance - 1]!;
    lowest = Math.min(lowest, before);
    // The agreement of a sequence that keeps to what it was wanders further from that of chance (M. S. Bartlett, “On the theoretical
    // specification and sampling properties of autocorrelated time-series”, 1946).
    correlation += (before / greatest) ** 2;
    const error = greatest * Math.sqrt((1 + 2 * correlation) / longest.length);
    const isPeak = excess[distance]! > before && excess[distance]! >= (excess[distance + 1] ?? 0);
    const rise = excess[distance]! - Math.max(0, lowest);
    if (isPeak && rise >= SIGNIFICANCE * error) risen[distance] = rise;
  }
  const luck = (LUCK * greatest) / Math.sqrt(longest.length);
  const enough = NEARLY * Math.max(...risen) - luck;
  return risen.findIndex((rise) => rise >= enough);
}

/** For each distance how much more often tokens agree than those of a shuffled sequence, and how much more often they could. */
function excessAgreement(tokens: Int32Array, furthest: number): { excess: Float64Array; greatest: number } {
  const counts = new Map<number, number>();
  for (const token of tokens) counts.set(token, (counts.get(token) ?? 0) + 1);
  const chance = [...counts.values()].reduce((sum, count) => sum + (count / tokens.length) ** 2, 0);
  const excess = Float64Array.from({ length: furthest + 1 }, (_, distance) => {
    if (distance === 0) return 0;
    let agreements = 0;
    for (let i = distance; i < tokens.length; i++) if (tokens[i] === tokens[i - distance]) agreements++;
    return agreements / (tokens.length - distance) - chance;
  });
  return { excess, greatest: 1 - chance };
}
