/**
 * fast-check for all tests. Properties draw the same values in every run. With SYNTH_FRESH_SEEDS=1 they draw new ones, and a
 * failure tells the seed that it takes to see it again: `{ seed: 1234, path: "…" }`.
 */
import fc from 'fast-check';

const SEED = 20_251_130;
const hasFreshSeeds = process.env['SYNTH_FRESH_SEEDS'] === '1';

if (!hasFreshSeeds) fc.configureGlobal({ seed: SEED });

/** Values for a test that is no property, by a seed of its own. A fresh one is printed, since no failure would tell it. */
export function sample<T>(arbitrary: fc.Arbitrary<T>, count: number, seed: number): T[] {
  if (!hasFreshSeeds) return fc.sample(arbitrary, { numRuns: count, seed });
  const fresh = Date.now() % 2 ** 31;
  console.log(`sample of ${count} with seed ${fresh} in place of ${seed}`);
  return fc.sample(arbitrary, { numRuns: count, seed: fresh });
}

export default fc;
