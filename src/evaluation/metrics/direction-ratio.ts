/**
 * @module
 * Who talks more: the difference of the shares of packets, and of bytes, that are outbound.
 */
import { defineMetric, type Metric } from '../metric.js';
import type { SeriesView } from '../series-view.js';

/** From half to all: a dialogue that becomes a monologue. */
const WORST = 0.5;

export const directionRatioMetrics = (): Metric[] => [
  ratio('packets', () => 1),
  ratio('bytes', ({ block }, i) => block.sizes[i]!),
];

function ratio(quantity: string, weight: (view: SeriesView, i: number) => number): Metric {
  return defineMetric(
    {
      metric: 'outbound share',
      quantity,
      direction: 'both',
      unit: '',
      most: 1,
      scored: { aspect: 'dialogue', worst: WORST },
    },
    (view) => {
      if (view.length === 0) return 'no packets';
      let outbound = 0;
      let all = 0;
      for (let i = 0; i < view.length; i++) {
        const weightOfPacket = weight(view, i);
        all += weightOfPacket;
        if (view.block.outbound[i] === 1) outbound += weightOfPacket;
      }
      return { share: outbound / all };
    },
    (sample, real) => ({
      value: Math.abs(sample.share - real.share),
      detail: { synthetic: sample.share, real: real.share },
    }),
  );
}
