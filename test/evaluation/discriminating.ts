/**
 * Does the score tell real packets from packets with something wrong? With SYNTH_TABLE set the numbers are printed as Markdown.
 */
import { describe, expect } from 'vitest';
import { evaluate, evaluateWith } from '../../src/evaluation/evaluate.js';
import { Judge } from '../../src/evaluation/judge.js';
import { ASPECTS, type Aspect } from '../../src/evaluation/metric.js';
import type { Evaluation } from '../../src/evaluation/result.js';
import { type PacketBlock, sliceSeries } from '../../src/packets/packet-series.js';
import { loadSeries } from '../../src/series/load.js';
import { parseDevice } from '../../src/series/target.js';
import { constantRate, jittered, shuffled, slowed, unrelated } from './degraded.js';

/** A device of a capture. */
export interface JudgedDevice {
  readonly name: string;
  readonly file: string;
  readonly device: string;
}

/** What is wrong, what must see it, and what must not. */
export const FAULTS = [
  { name: 'shuffled in time', make: shuffled, sees: 'order', blind: ['size'] },
  { name: 'gaps doubled', make: slowed, sees: 'gap', blind: ['size'] },
  { name: 'sizes ± 3 bytes', make: jittered, sees: 'size', blind: ['gap', 'dialogue'] },
  { name: 'directions independent', make: unrelated, sees: 'dialogue', blind: ['size', 'gap'] },
  { name: 'constant rate', make: constantRate, sees: 'size', blind: [] },
] as const satisfies readonly { name: string; make: unknown; sees: Aspect; blind: readonly Aspect[] }[];

/** Of seeds 1 to 4 the scores of real packets were 96.5 to 100. */
const REAL_SCORE = 95;
/** Of these seeds none moved the score of a series by more than 2.3: faults are seen beyond doubt. */
const MARGIN = 7;
/** The loss of an aspect or a metric that sees something. */
const SEEN = 0.1;
const OPTIONS = { bootstrap: 20, seed: '1' };

interface Judged {
  readonly name: string;
  readonly evaluation: Evaluation;
}

async function judgeAll(file: string, device: string): Promise<{ real: readonly Judged[]; faulty: readonly Judged[] }> {
  const { series } = await loadSeries([file], parseDevice(device));
  const whole = series[0]!;
  const cut = Math.floor((2 * whole.length) / 3);
  const [training, heldOut] = [sliceSeries(whole, 0, cut), sliceSeries(whole, cut, whole.length)];
  const judge = await Judge.of(whole, OPTIONS);
  const judged = async (name: string, synthetic: PacketBlock) => ({
    name,
    evaluation: await evaluateWith(judge, [synthetic]),
  });
  const faulty: Judged[] = [];
  for (const { name, make } of FAULTS) faulty.push(await judged(name, make(training)));
  return {
    real: [
      await judged('real, the held-out part', heldOut),
      await judged('real, the training part', training),
      { name: 'real, fresh packets', evaluation: await evaluate(training, [heldOut], OPTIONS) },
    ],
    faulty,
  };
}

const known = new Map<string, ReturnType<typeof judgeAll>>();
/** Once for all tests of a device. */
export function judgeOnce({ name, file, device }: JudgedDevice): ReturnType<typeof judgeAll> {
  const judged = known.get(name) ?? judgeAll(file, device);
  known.set(name, judged);
  return judged;
}

/** Tests that hold for every device. @param testOf defines a test: `test`, or one that needs the captures */
export function describeDiscrimination(
  device: JudgedDevice,
  testOf: (title: string, body: () => Promise<void>) => void,
): void {
  describe.each([device])('$name', () => {
    testOf(`real packets score ${REAL_SCORE} or more, whichever they are`, async () => {
      const { real, faulty } = await judgeOnce(device);
      if (process.env['SYNTH_TABLE']) process.stdout.write(tableOf(device.name, [...real, ...faulty]));
      for (const { name, evaluation } of real) expect(evaluation.score, name).toBeGreaterThanOrEqual(REAL_SCORE);
    });

    testOf(`packets with something wrong score ${MARGIN} less than any real ones`, async () => {
      const { real, faulty } = await judgeOnce(device);
      const lowest = Math.min(...real.map(({ evaluation }) => evaluation.score!));
      for (const { name, evaluation } of faulty) expect(evaluation.score, name).toBeLessThan(lowest - MARGIN);
    });

    testOf('the aspect of what is wrong sees it, and those of what is not do not', async () => {
      const { faulty } = await judgeOnce(device);
      FAULTS.forEach(({ name, sees, blind }, i) => {
        const { aspects } = faulty[i]!.evaluation;
        expect(aspects[sees], `${name}: ${sees}`).toBeGreaterThan(SEEN);
        for (const aspect of blind) expect(aspects[aspect], `${name}: ${aspect}`).toBeLessThan(0.01);
      });
    });

    testOf('a constant rate is the worst of all, in nearly everything', async () => {
      const { faulty } = await judgeOnce(device);
      const constant = faulty.at(-1)!.evaluation;
      for (const { evaluation } of faulty.slice(0, -1)) expect(constant.score).toBeLessThan(evaluation.score!);
      for (const aspect of ASPECTS) expect(constant.aspects[aspect], aspect).toBeGreaterThan(SEEN);
    });

    testOf('the metric that is made for it sees each fault', async () => {
      const { faulty } = await judgeOnce(device);
      const largest = (fault: string, metrics: RegExp) => {
        const { evaluation } = faulty.find(({ name }) => name === fault)!;
        const losses = evaluation.metrics.filter(({ metric, quantity }) => metrics.test(`${metric} ${quantity}`));
        return Math.max(...losses.map(({ loss }) => loss ?? 0));
      };
      expect(largest('shuffled in time', /^trigrams/)).toBeGreaterThan(SEEN);
      expect(largest('gaps doubled', /^ks gap/)).toBeGreaterThan(SEEN);
      expect(largest('sizes ± 3 bytes', /^jsd size/)).toBeGreaterThan(0.3);
      expect(largest('directions independent', /^ks (response gap|run length)/)).toBeGreaterThan(SEEN);
      expect(largest('constant rate', /^ks size/)).toBeGreaterThan(0.3);
    });
  });
}

/** Aspects as the reports show them, 100 for nothing lost. */
function tableOf(name: string, judged: readonly Judged[]): string {
  const rows = judged.map(({ name, evaluation: { score, aspects } }) => [
    name,
    score!.toFixed(0),
    ...ASPECTS.map((aspect) => (100 * (1 - aspects[aspect]!)).toFixed(0)),
  ]);
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |\n`;
  const head = [name, 'score', ...ASPECTS];
  return `\n${line(head)}${line(head.map((_, i) => (i === 0 ? '---' : '--:')))}${rows.map(line).join('')}`;
}
