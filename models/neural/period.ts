/**
 * @module
 * The dominant period of a sequence of tokens: the distance at which it is most like itself.
 */

const MAX_PERIOD = 512;
/** Tokens that are looked at. */
const MAX_TOKENS = 65_536;
/** Standard errors by which tokens have to agree more often than chance would have it. */
const SIGNIFICANCE = 6;
/** A shorter distance is the period if the agreement there is nearly that of the best one, which may be a multiple. */
const NEARLY = 0.95;

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
  const excess = excessAgreement(longest, furthest);
  // What a sequence shares with its neighbourhood is no period: only what rises above the distances before it.
  let lowest = excess[1]!;
  let best = 0;
  const risen = new Float64Array(furthest + 1);
  for (let distance = 2; distance <= furthest; distance++) {
    lowest = Math.min(lowest, excess[distance - 1]!);
    const isPeak = excess[distance]! > excess[distance - 1]! && excess[distance]! >= (excess[distance + 1] ?? 0);
    if (isPeak) risen[distance] = excess[distance]! - Math.max(0, lowest);
    if (risen[distance]! > risen[best]!) best = distance;
  }
  if (risen[best]! < SIGNIFICANCE / Math.sqrt(longest.length)) return 0;
  return risen.findIndex((rise) => rise >= NEARLY * risen[best]!);
}

/** For each distance how much more often tokens agree than those of a shuffled sequence. */
function excessAgreement(tokens: Int32Array, furthest: number): Float64Array {
  const counts = new Map<number, number>();
  for (const token of tokens) counts.set(token, (counts.get(token) ?? 0) + 1);
  const chance = [...counts.values()].reduce((sum, count) => sum + (count / tokens.length) ** 2, 0);
  return Float64Array.from({ length: furthest + 1 }, (_, distance) => {
    if (distance === 0) return 0;
    let agreements = 0;
    for (let i = distance; i < tokens.length; i++) if (tokens[i] === tokens[i - distance]) agreements++;
    return agreements / (tokens.length - distance) - chance;
  });
}
