/**
 * @module
 * Does the generator only repeat what it has learned from? Three numbers against the training part, each beside what the held-out part, which
 * nobody copied, shares with it: the share of n-grams copied verbatim, the longest copied run, and the distance to the nearest window.
 *
 * A packet is copied when direction, size and joint gap are the same, the gap to the microsecond, which is as fine as most captures are.
 */
import { defineMetric, type Metric, tooFew } from '../metric.js';
import type { SeriesView } from '../series-view.js';
import { hash32, longestCommonRun, sharedNgrams } from './common-runs.js';
import { nearestWindowDistance, windowRows } from './nearest-window.js';

const NGRAM = 8;
/** Of a sample, its beginning, whose runs are looked for: in all of the training part. */
const MAX_PACKETS = 2 ** 18;

export const memorisationMetrics = (): Metric[] => [
  defineMetric(
    {
      metric: 'memorisation: copied n-grams',
      quantity: `${NGRAM} packets`,
      direction: 'both',
      unit: '',
      against: 'training',
    },
    (view) => packetSymbols(view, NGRAM),
    (sample, training) => sharedNgrams(beginning(sample), training, NGRAM),
  ),
  defineMetric(
    {
      metric: 'memorisation: longest copied run',
      quantity: 'packets',
      direction: 'both',
      unit: 'packets',
      against: 'training',
    },
    (view) => packetSymbols(view, 1),
    (sample, training) => longestCommonRun(beginning(sample), training),
  ),
  defineMetric(
    { metric: 'memorisation: nearest window', quantity: 'packets', direction: 'both', unit: 'σ', against: 'training' },
    (view) => windowRows(view) ?? 'fewer packets than a window',
    nearestWindowDistance,
  ),
];

const beginning = (symbols: Int32Array): Int32Array => symbols.subarray(0, MAX_PACKETS);

/** 32 bits for each packet but the first; equal packets have equal ones. */
function packetSymbols({ block }: SeriesView, least: number): Int32Array | string {
  const length = block.length - 1;
  if (length < least) return tooFew(block.length, least + 1, 'packets');
  const symbols = new Int32Array(length);
  for (let i = 0; i < length; i++) {
    const gapUs = Math.round((block.offsetsNs[i + 1]! - block.offsetsNs[i]!) / 1000);
    symbols[i] = hash32(hash32(gapUs % 2 ** 32, gapUs / 2 ** 32), 2 * block.sizes[i + 1]! + block.outbound[i + 1]!);
  }
  return symbols;
}
