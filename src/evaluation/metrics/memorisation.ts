/**
 * @module
 * Does the generator only repeat what it has learned from? Three numbers against the training part, each beside what the held-out part, which
 * nobody copied, shares with it: the share of n-grams copied verbatim, the longest copied run, and the distance to the nearest window.
 *
 * A packet is copied when direction, size and joint gap are the same, the gap to the microsecond, which is as fine as most captures are.
 */
import { defineMetric, type Metric } from '../metric.js';
import type { SeriesView } from '../series-view.js';
import { longestCommonRun, sharedNgrams } from './common-runs.js';
import { nearestWindowDistance, windowRows } from './nearest-window.js';

const NGRAM = 8;
/** Of each series, its beginning, where runs are looked for. */
const MAX_PACKETS = 2 ** 20;
/** Gaps beyond 4.7 hours count as equal, so that all three parts fit into the 53 bits of a number. */
const MAX_GAP_US = 2 ** 34 - 1;

export const memorisationMetrics = (): Metric[] => [
  defineMetric(
    {
      metric: 'memorisation: copied n-grams',
      quantity: `${NGRAM} packets`,
      direction: 'both',
      unit: '',
      against: 'training',
    },
    (view) => packetCodes(view, NGRAM),
    (sample, training) => sharedNgrams(sample, training, NGRAM),
  ),
  defineMetric(
    {
      metric: 'memorisation: longest copied run',
      quantity: 'packets',
      direction: 'both',
      unit: 'packets',
      against: 'training',
    },
    (view) => packetCodes(view, 1),
    longestCommonRun,
  ),
  defineMetric(
    { metric: 'memorisation: nearest window', quantity: 'packets', direction: 'both', unit: 'σ', against: 'training' },
    (view) => windowRows(view) ?? 'fewer packets than a window',
    nearestWindowDistance,
  ),
];

/** A number for each packet but the first; equal packets have equal numbers. */
function packetCodes({ block }: SeriesView, least: number): Float64Array | string {
  const length = Math.min(block.length, MAX_PACKETS) - 1;
  if (length < least) return `${Math.max(0, block.length)} packets, fewer than ${least + 1}`;
  return Float64Array.from({ length }, (_, i) => {
    const gapUs = Math.round((block.offsetsNs[i + 1]! - block.offsetsNs[i]!) / 1000);
    return (Math.min(gapUs, MAX_GAP_US) * 2 ** 18 + block.sizes[i + 1]!) * 2 + block.outbound[i + 1]!;
  });
}
