/** A kind of model that is defined here and registered: training, files, sampling, flags, refusals and views know it. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { DEFAULT_MODEL_KIND, modelKinds, registerModelKind } from '../../models/registry.js';
import { requireApplicable } from '../../models/resolve-options.js';
import { sampleBlocks } from '../../models/sample-blocks.js';
import type { ModelKind, TrafficModel } from '../../models/traffic-model.js';
import { renderForCommandLine } from '../../src/cli/option-flags.js';
import { printModel } from '../../src/cli/train/model-view.js';
import { givenOptions, modelFlag, optionFlags } from '../../src/cli/train/training-flags.js';
import type { SynthError } from '../../src/errors.js';
import { decodeModelFile, encodeModelFile } from '../../src/model-files/model-file.js';
import { collect, type PacketBlock } from '../../src/packets/packet-series.js';
import { randomStream } from '../../src/random.js';
import { requireModel, TensorReader, vector } from '../../src/tensors.js';
import { train } from '../../src/training/train.js';
import { expectSynthError } from '../support/read.js';
import { requests, seriesOf } from './blocks.js';

type UniformOptions = Readonly<{ gapFactor: number; sizes: 'all' | 'distinct'; reversed: boolean }>;

/** Draws each packet from those of the training, all as likely, and its gap from a constant. */
class UniformModel implements TrafficModel {
  readonly kind = 'uniform';
  readonly summary: { readonly packets: number; readonly gapNs: number };
  readonly #sizes: Float64Array;

  constructor(sizes: Float64Array, gapNs: number) {
    this.#sizes = sizes;
    this.summary = { packets: sizes.length, gapNs };
  }

  sample(random: ReturnType<typeof randomStream>, limit: Parameters<TrafficModel['sample']>[1]): Iterable<PacketBlock> {
    let timeNs = -this.summary.gapNs;
    return sampleBlocks(limit, () => {
      timeNs += this.summary.gapNs;
      const drawn = this.#sizes[Math.floor(random.next() * this.#sizes.length)]!;
      return { timeNs, sizeBytes: Math.abs(drawn), direction: drawn > 0 ? 1 : 0 };
    });
  }

  logLikelihood = () => -Math.log(this.#sizes.length);

  describe() {
    const share = 1 / this.#sizes.length;
    const gap = { geometricMeanGapMs: this.summary.gapNs / 1e6, exactSizes: 1, exactGaps: 0 };
    return Array.from(this.#sizes, (size) => ({
      outbound: size > 0,
      share,
      stay: share,
      meanSizeBytes: Math.abs(size),
      ...gap,
    }));
  }

  describeTraining() {
    return {
      lines: [`Uniform: ${this.#sizes.length} packets to draw from`],
      tables: [{ columns: ['Packets', 'gap (ns)'], rows: [[String(this.#sizes.length), String(this.summary.gapNs)]] }],
    };
  }

  save() {
    return { tensors: new Map([['sizes', vector(this.#sizes)]]), summary: this.summary };
  }
}

const uniform: ModelKind<UniformOptions> = {
  kind: 'uniform',
  description: 'packets of the training, all as likely',
  options: {
    gapFactor: { schema: z.number().positive().max(10), default: 1, help: 'Factor on the mean gap.' },
    sizes: { schema: z.enum(['all', 'distinct']), default: 'all', help: 'Sizes to draw from.' },
    reversed: { schema: z.boolean(), default: false, help: 'Swaps the directions.' },
  },
  async fit(series, { gapFactor, sizes, reversed }) {
    const sign = reversed ? -1 : 1;
    const signed = series.flatMap((block) =>
      Array.from(block.sizes, (size, i) => (block.outbound[i] === 1 ? sign : -sign) * size),
    );
    const span = series.reduce((sum, { offsetsNs, length }) => sum + offsetsNs[length - 1]!, 0);
    const gapNs = Math.round((gapFactor * span) / signed.length);
    return new UniformModel(Float64Array.from(sizes === 'all' ? signed : new Set(signed)), gapNs);
  },
  load({ tensors, summary }) {
    const parsed = z.object({ gapNs: z.number() }).safeParse(summary);
    requireModel(parsed.success, 'has a summary that is not one of a uniform model');
    return new UniformModel(new TensorReader(tensors).vector('sizes', Float64Array), parsed.data.gapNs);
  },
};

const OPTIONS = { kind: 'uniform', holdout: 0, keepAddresses: false, payloadOnly: false };
const trained = (fit: Readonly<Record<string, unknown>> = {}) =>
  train([seriesOf(requests(300))], undefined, { ...OPTIONS, fit });
const draw = (model: TrafficModel) =>
  collect(model.sample(randomStream('1', 'packets'), { packets: 500, durationNs: Number.POSITIVE_INFINITY }));

let unregister: () => void;
beforeAll(() => {
  unregister = registerModelKind(uniform);
});
afterAll(() => {
  unregister();
  expect(modelKinds.has('uniform')).toBe(false);
});

describe('a model of an own kind', () => {
  test('is trained, saved, loaded and sampled', async () => {
    const file = await trained();
    const loaded = await decodeModelFile('own', encodeModelFile(file));
    expect(loaded.model).toBeInstanceOf(UniformModel);
    const packets = draw(loaded.model);
    expect(packets.length).toBe(500);
    // The sizes of `requests` in blocks.ts.
    expect([...new Set(packets.sizes)].toSorted((a, b) => a - b)).toEqual([61, 93, 400, 1500]);
    expect(packets).toEqual(draw(file.model));
  });

  test('is trained with its options', async () => {
    const [usual, slow] = await Promise.all([trained(), trained({ gapFactor: 2, sizes: 'distinct', reversed: true })]);
    expect(slow.model.summary['packets']).toBe(4);
    expect(Number(slow.model.summary['gapNs']) / Number(usual.model.summary['gapNs'])).toBeCloseTo(2, 6);
    const { sizes, outbound } = draw(slow.model);
    expect(outbound.every((one, i) => one === (sizes[i]! >= 400 ? 1 : 0))).toBe(true);
  });

  test('can no longer be read when the kind is gone', async () => {
    const bytes = encodeModelFile(await trained());
    unregister();
    try {
      const error = await expectSynthError(decodeModelFile('own', bytes), 'SYNTH_MODEL_INVALID');
      expect(error.message).toContain('“uniform”');
    } finally {
      unregister = registerModelKind(uniform);
    }
  });
});

describe('options of an own kind', () => {
  test('are refused where they are not possible', async () => {
    const error = await expectSynthError(trained({ gapFactor: 11 }), 'SYNTH_USAGE');
    expect(error.message).toBe('“11” is not possible for `fit.gapFactor`: give a number above 0 up to 10');
    expect(error.options).toEqual(['fit.gapFactor']);
    await expectSynthError(trained({ sizes: 'few' }), 'SYNTH_USAGE');
  });

  test('are refused for other kinds, as theirs are for it', async () => {
    const refusalOf = async (kind: string, name: string) => {
      const call = () => requireApplicable(modelKinds.get(kind)!, { [name]: 'given' });
      const error: SynthError = await expectSynthError(call, 'SYNTH_USAGE');
      return [error.exitCode, renderForCommandLine(error).message, renderForCommandLine(error).hint];
    };
    expect(await refusalOf('hmm', 'gapFactor')).toEqual([
      2,
      '--gap-factor is for --model uniform; --model hmm has no such option',
      'Take --model uniform.',
    ]);
    expect(await refusalOf('uniform', 'epochs')).toEqual([
      2,
      '--epochs is for networks; --model uniform has none',
      'Take --model rnn or --model tcn.',
    ]);
    expect(await refusalOf('uniform', 'gapfactor')).toEqual([
      2,
      '--gapfactor does not exist for --model uniform',
      'Its options: gapFactor, sizes, reversed.',
    ]);
  });

  test('are refused when another kind is trained with them', async () => {
    const other = train([seriesOf(requests(300))], undefined, { ...OPTIONS, kind: 'markov', fit: { gapFactor: 1 } });
    const error = await expectSynthError(other, 'SYNTH_USAGE');
    expect(error.message).toBe("`fit.gapFactor` is for `model: 'uniform'`; `model: 'markov'` has no such option");
  });

  test('have flags', () => {
    const flags = optionFlags(modelKinds.values());
    expect(flags['gap-factor']).toMatchObject({
      type: 'option',
      default: '1',
      helpValue: 'N',
      summary: 'Factor on the mean gap. A number above 0 up to 10.',
    });
    expect(flags['sizes']).toMatchObject({ type: 'option', default: 'all', options: ['all', 'distinct'] });
    expect(flags['reversed']).toMatchObject({ type: 'boolean', summary: 'Swaps the directions.' });
    const texts: Readonly<Record<string, unknown>> = { 'gap-factor': '0.5', sizes: 'distinct', reversed: true };
    expect(givenOptions(modelKinds.get('uniform')!, modelKinds.values(), texts, (flag) => flag in texts)).toEqual({
      gapFactor: 0.5,
      sizes: 'distinct',
      reversed: true,
    });
  });

  test('and the kind itself are in the help', () => {
    const { options, summary } = modelFlag(modelKinds.values(), DEFAULT_MODEL_KIND);
    expect(options).toContain('uniform');
    expect(summary).toContain('uniform: packets of the training, all as likely');
  });
});

test('the views of a model show what its kind tells', async () => {
  const file = await decodeModelFile('own', encodeModelFile(await trained({ sizes: 'distinct' })));
  const lines: string[] = [];
  printModel('own.safetensors', file, file.model.describe(), 20, (line) => lines.push(line));
  const text = lines.join('\n');
  expect(text).toContain('own.safetensors: uniform, made by synth');
  expect(text).toContain('\nUniform: 4 packets to draw from\n');
  expect(text).toMatch(/^Packets +gap \(ns\)\n +4 +\d+$/m);
  expect(text).toMatch(/^outbound +mean bytes .*\n +25\.0 % +93\.0 /m);
});

describe('a kind cannot be registered', () => {
  const refusal = async (kind: Partial<ModelKind<UniformOptions>>) =>
    (await expectSynthError(() => registerModelKind({ ...uniform, ...kind }), 'SYNTH_USAGE')).message;

  test.each(['uniform', 'markov'])('under the name %s, which exists', async (kind) => {
    expect(await refusal({ kind })).toBe(`a kind of model named “${kind}” exists already`);
  });

  test.each(['', 'Own', 'own kind', '-'])('under the name “%s”', async (kind) => {
    expect(await refusal({ kind })).toContain(`“${kind}” is no name`);
  });

  test('with a default that its schema refuses', async () => {
    const gapFactor = { ...uniform.options.gapFactor, default: 0 };
    expect(await refusal({ kind: 'other', options: { ...uniform.options, gapFactor } })).toBe(
      'the schema of the option “gapFactor” refuses its default',
    );
  });

  test('with an option whose name makes no flag', async () => {
    const named = { kind: 'other', options: { 'gap-factor': uniform.options.gapFactor } };
    const error = await expectSynthError(
      () => registerModelKind(named as unknown as ModelKind), // fit is never called
      'SYNTH_USAGE',
    );
    expect(error.message).toContain('use camelCase');
  });
});
