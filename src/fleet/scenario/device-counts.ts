/**
 * @module
 * Number of devices in each group of a scenario: counts as they are, weights as shares of what is left.
 */
import type { Problems } from './problems.js';
import type { ScenarioFile } from './scenario-schema.js';

/** How many devices each group has. */
export function deviceCounts({ groups, devices }: ScenarioFile, problems: Problems): number[] {
  groups.forEach(({ count, weight }, i) => {
    if ((count === undefined) !== (weight === undefined)) return;
    problems.add(['groups', i], count === undefined ? 'has neither count nor weight' : 'has both count and weight');
  });
  const weights = groups.map(({ weight }) => weight ?? 0);
  const counted = groups.reduce((sum, { count }) => sum + (count ?? 0), 0);
  const isWeighted = groups.some(({ count, weight }) => weight !== undefined && count === undefined);
  if (isWeighted && devices === undefined) problems.add(['groups'], 'weights share “devices: N”, which is missing');
  if (!isWeighted && devices !== undefined && devices !== counted) {
    problems.add(
      ['devices'],
      `the groups have ${counted} devices in all. Give them a weight instead of a count to share ${devices}.`,
    );
  }
  const left = (devices ?? 0) - counted;
  if (isWeighted && devices !== undefined && left < weights.filter((weight) => weight > 0).length) {
    problems.add(['devices'], `groups with a count have ${counted} already; too few are left for those with a weight`);
  }
  const shares = apportion(Math.max(0, left), weights);
  return groups.map(({ count }, i) => count ?? shares[i]!);
}

/** Whole numbers in the proportions of weights, by largest remainders; at least 1 for each that weighs something. */
export function apportion(total: number, weights: readonly number[]): number[] {
  const sum = weights.reduce((all, weight) => all + weight, 0);
  if (sum === 0) return weights.map(() => 0);
  const exact = weights.map((weight) => (weight / sum) * total);
  const counts = exact.map((count, i) => Math.max(weights[i]! > 0 ? 1 : 0, Math.floor(count)));
  const order = exact.map((count, i) => [count - counts[i]!, i] as const).sort(([a], [b]) => b - a);
  for (let left = total - counts.reduce((all, count) => all + count, 0); left > 0; left--) {
    const [, index] = order[(total - left) % order.length]!;
    if (weights[index]! > 0) counts[index]!++;
    else left++;
  }
  giveBack(counts, exact, total);
  return counts;
}

/** Takes what the least of one for each has made too many, from those that are furthest above their part and can spare it. */
function giveBack(counts: number[], exact: readonly number[], total: number): void {
  for (let over = counts.reduce((all, count) => all + count, 0) - total; over > 0; over--) {
    let most = -1;
    counts.forEach((count, i) => {
      if (count > 1 && (most < 0 || count - exact[i]! > counts[most]! - exact[most]!)) most = i;
    });
    if (most < 0) return; // fewer than there are groups
    counts[most]!--;
  }
}
