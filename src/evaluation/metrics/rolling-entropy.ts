/**
 * @module
 * How varied the sizes are from moment to moment: the Shannon entropy of the size bins in a rolling window, see
 * src/statistics/entropy.ts. The number is the Earth Mover's Distance of its two distributions, in bits.
 */
import { emdOfSorted } from '../../statistics/emd.js';
import { rollingEntropy } from '../../statistics/entropy.js';
import { binOf } from '../../statistics/histogram.js';
import { sortedCopy } from '../../statistics/sort.js';
import { defineMetric, eachDirection, type Metric, tooFew } from '../metric.js';
import type { Reference } from '../reference.js';

const WINDOW = 64;
const STRIDE = 8;
const MIN_PACKETS = 2 * WINDOW;
/** Bits: the difference between four sizes in use and one. */
const WORST = 2;

export const rollingEntropyMetrics = (reference: Reference): Metric[] =>
  eachDirection((direction, outbound) =>
    defineMetric(
      {
        metric: 'rolling entropy',
        quantity: 'size',
        direction,
        unit: 'bit',
        scored: { aspect: 'order', worst: WORST },
      },
      (view) => {
        const sizes = view.sizes(outbound);
        if (sizes.length < MIN_PACKETS) return tooFew(sizes.length, MIN_PACKETS, 'packets');
        const edges = reference.of(outbound).sizeBins;
        const tokens = new Uint16Array(sizes.length);
        for (let i = 0; i < sizes.length; i++) tokens[i] = binOf(sizes[i]!, edges);
        return sortedCopy(rollingEntropy(tokens, edges.length + 1, WINDOW, STRIDE));
      },
      emdOfSorted,
    ),
  );
