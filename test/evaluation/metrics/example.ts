/**
 * Two series that TypeScript and Python both can make, and what numpy, scipy and scikit-learn say of them.
 *
 * example.json is the output of `python3 test/peers/evaluation/metrics/oracle.py example` with numpy 1.24.2, scipy 1.10.1 and scikit-learn 1.2.1.
 */
import { readFileSync } from 'node:fs';
import { expect } from 'vitest';
import { z } from 'zod';
import type { Metric } from '../../../src/evaluation/metric.js';
import { Reference } from '../../../src/evaluation/reference.js';
import { SeriesView } from '../../../src/evaluation/series-view.js';
import { type PacketSeries, sliceSeries } from '../../../src/packets/packet-series.js';
import { blockOf, type Row, seriesOf } from '../../models/blocks.js';
import { projectRoot } from '../../support/files.js';
import { valueFrom } from '../compare.js';

const answersSchema = z.record(z.string(), z.number());
export type Answers = z.infer<typeof answersSchema>;
const ORACLE = answersSchema.parse(
  JSON.parse(readFileSync(`${projectRoot}test/evaluation/metrics/example.json`, 'utf8')),
);

/** Uniform whole numbers below a limit: the minimal standard generator (Park & Miller 1988). */
export function minimalStandard(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (state * 16_807) % 2_147_483_647;
    return state % limit;
  };
}

/** Bursts of requests and answers of a few sizes; a packet keeps the direction of the one before with `keep` in ten. */
export function packets(count: number, keep: number, draw: (limit: number) => number): Row[] {
  let time = 0;
  let outbound: 0 | 1 = 1;
  return Array.from({ length: count }, (): Row => {
    time += draw(12) === 0 ? 300_000_000 + draw(1_400_000_000) : 1_000_000 * (1 + draw(20)) + draw(1000);
    if (draw(10) >= keep) outbound = outbound === 1 ? 0 : 1;
    const kind = draw(4);
    const other = outbound === 1 ? 200 + draw(300) : 400 + draw(100);
    return [time, (outbound === 1 ? [93, 61, 93, other] : [1500, 40, 52, other])[kind]!, outbound];
  });
}

/** The rows themselves, with the last ones of the second copied from the first. */
export function exampleRows(seed = 1): { readonly real: readonly Row[]; readonly synthetic: readonly Row[] } {
  const draw = minimalStandard(seed);
  const real = packets(4500, 6, draw);
  const synthetic = packets(1500, 4, draw);
  for (let i = 100; i < 140; i++) {
    const [time, size, outbound] = real[i]!;
    synthetic.push([synthetic.at(-1)![0] + time - real[i - 1]![0], size, outbound]);
  }
  return { real, synthetic };
}

/** What the metrics of an evaluation look at. */
export interface Compared {
  readonly reference: Reference;
  readonly training: SeriesView;
  readonly heldOut: SeriesView;
  readonly synthetic: SeriesView;
}

export function compared(real: PacketSeries, synthetic: readonly Row[]): Compared {
  const cut = Math.floor((2 * real.length) / 3);
  return {
    reference: new Reference(new SeriesView(real)),
    training: new SeriesView(sliceSeries(real, 0, cut)),
    heldOut: new SeriesView(sliceSeries(real, cut, real.length)),
    synthetic: new SeriesView(blockOf(synthetic)),
  };
}

export const nameOf = ({ metric, quantity, direction }: Metric): string => `${metric} ${quantity} ${direction}`;

/** The values of metrics by their names. */
export const valuesOf = (metrics: readonly Metric[], { synthetic, training, heldOut }: Compared): Answers =>
  Object.fromEntries(
    metrics.map((metric) => [
      nameOf(metric),
      valueFrom(metric, synthetic, metric.against === 'training' ? training : heldOut),
    ]),
  );

/** Metrics say of the example what the oracle says, each of them. */
export function expectOracle(make: (reference: Reference) => readonly Metric[]): void {
  const { real, synthetic } = exampleRows();
  const example = compared(seriesOf(real), synthetic);
  expectAnswers(valuesOf(make(example.reference), example), ORACLE);
}

export function expectAnswers(values: Answers, oracle: Answers): void {
  for (const [name, value] of Object.entries(values)) {
    expect(oracle, `the oracle has ${name}`).toHaveProperty([name]);
    expect(Math.abs(value - oracle[name]!), name).toBeLessThan(1e-9 * Math.max(1, oracle[name]!));
  }
}
