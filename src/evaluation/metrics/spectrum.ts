/**
 * @module
 * Rhythm: the largest distance between the cumulative spectra of bytes per bin of time (Welch's method), see src/statistics/spectrum.ts.
 */
import { spectralDistance, welch } from '../../statistics/spectrum.js';
import { defineMetric, eachDirection, type Metric, tooFew } from '../metric.js';
import type { Reference } from '../reference.js';

/** Bins of a segment: periods of up to so many bins are told apart. */
const SEGMENT = 64;

export const spectrumMetrics = (reference: Reference): Metric[] =>
  eachDirection((direction, outbound) =>
    defineMetric(
      {
        metric: 'spectral distance',
        quantity: 'bytes per bin',
        direction,
        unit: '',
        most: 1,
        inTime: true,
        scored: { aspect: 'rate', worst: 1 },
      },
      (view) => {
        const bins = view.throughput(outbound, reference.timeBinNs);
        if (bins === undefined) return 'too many bins of time';
        const density = welch(bins, SEGMENT);
        if (density === undefined) return tooFew(bins.length, SEGMENT, 'full bins of time');
        return density.some((power, frequency) => frequency > 0 && power > 0)
          ? density
          : 'throughput without any change';
      },
      // Both have power, see above.
      (sample, real) => spectralDistance(sample, real) ?? 0,
    ),
  );
