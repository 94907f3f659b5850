/**
 * @module
 * How varied a sequence of tokens is from one stretch of it to the next.
 */

/** The part of c·log₂ c that is added without rounding has this many to a bit. */
const GRAIN = 2 ** 20;

/**
 * Shannon entropy in bits of windows of a sequence: H = −Σ (c/w) log₂(c/w) = log₂ w − (Σ c log₂ c) / w, with c the counts of the
 * tokens in a window of w of them.
 *
 * Source: Shannon (1948), A mathematical theory of communication; same values as `scipy.stats.entropy(counts, base=2)`.
 *
 * The sum is kept up to date from token to token, in two parts: multiples of 2⁻²⁰, whose sums are exact up to a window of 2²⁷,
 * and the small rest. So it is as good after 10⁷ tokens as after the first.
 *
 * @param tokens whole numbers, 0 to alphabet − 1
 * @param window tokens in a window, at least 1
 * @param stride tokens from one window to the next, at least 1
 * @returns one value per full window, 0 to log₂(min(alphabet, window)); none if there are fewer tokens than a window has
 */
export function rollingEntropy(
  tokens: ArrayLike<number>,
  alphabet: number,
  window: number,
  stride: number,
): Float64Array {
  const entropies = new Float64Array(Math.max(0, Math.floor((tokens.length - window) / stride) + 1));
  const { coarse, fine } = growth(window);
  const counts = new Int32Array(alphabet);
  let [coarseSum, fineSum, next] = [0, 0, 0];
  for (let i = 0; next < entropies.length; i++) {
    if (i >= window) {
      const count = --counts[tokens[i - window]!]!;
      coarseSum -= coarse[count]!;
      fineSum -= fine[count]!;
    }
    const count = counts[tokens[i]!]!++;
    coarseSum += coarse[count]!;
    fineSum += fine[count]!;
    if (i === window - 1 + next * stride) {
      entropies[next++] = Math.max(0, Math.log2(window) - (coarseSum + fineSum) / window);
    }
  }
  return entropies;
}

/** By how much c·log₂ c grows with one more, for counts below a limit. */
function growth(limit: number): { coarse: Float64Array; fine: Float64Array } {
  const coarse = new Float64Array(limit);
  const fine = new Float64Array(limit);
  const weight = (count: number) => (count === 0 ? 0 : count * Math.log2(count));
  const rounded = (value: number) => Math.round(value * GRAIN) / GRAIN;
  for (let count = 0; count < limit; count++) {
    const [before, after] = [weight(count), weight(count + 1)];
    coarse[count] = rounded(after) - rounded(before);
    fine[count] = after - rounded(after) - (before - rounded(before));
  }
  return { coarse, fine };
}
