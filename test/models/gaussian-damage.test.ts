/** Model files of Gaussian models that are damaged, or lie. What loads must be usable; nothing else may happen than SYNTH_MODEL_INVALID. */
import { beforeAll, describe, expect, test } from 'vitest';
import type { FitOptions } from '../../models/registry.js';
import { SynthError } from '../../src/errors.js';
import { decodeModelFile, encodeModelFile, type TrainedModel } from '../../src/model-files/model-file.js';
import { collect, type PacketBlock } from '../../src/packets/packet-series.js';
import { randomStream } from '../../src/random.js';
import { decodeSafetensors, encodeSafetensors, type Tensor } from '../../src/tensors.js';
import { train } from '../../src/training/train.js';
import { expectSynthError } from '../support/read.js';
import { blockOf, rowsBy, seriesOf } from './blocks.js';
import { signed, withOneCandidate } from './signed.js';

/** Exact values and others of sizes and gaps, in both directions, and outbound a clock of its own. */
const rows = [
  ...rowsBy(100, (i, random) => [20_000_000 + Math.floor(random.next() * 1000), i % 3 === 0 ? 200 : 40 + i, 1]),
  ...rowsBy(
    50,
    (i, random) => [
      Math.floor(40_000_000 * random.next()) * (i % 5 === 0 ? 0 : 1),
      i % 2 === 0 ? 60 : 300 + Math.floor(9 * random.next()),
      0,
    ],
    'inbound',
  ),
].sort(([a], [b]) => a - b);

const KINDS: readonly { readonly name: string; readonly kind: string; readonly fit: Partial<FitOptions> }[] = [
  { name: 'hmm', kind: 'hmm', fit: { components: [2], threads: 1 } },
  { name: 'markov with Gaussian tokens', kind: 'markov', fit: { components: [3], threads: 1, quantizer: 'gmm' } },
];

const files = new Map<string, { file: Uint8Array; headerBytes: number }>();
beforeAll(async () => {
  for (const { name, kind, fit } of KINDS) {
    const options = { kind, holdout: 0, keepAddresses: false, payloadOnly: false, fit };
    const made = encodeModelFile(await train([seriesOf(rows)], undefined, options));
    const file = kind === 'markov' ? withOneCandidate(made) : made;
    files.set(name, { file, headerBytes: Number(new DataView(file.buffer).getBigUint64(0, true)) });
  }
});

function expectUsable({ model }: TrainedModel): void {
  const sample = (): PacketBlock =>
    collect(model.sample(randomStream('1', 'x'), { packets: 40, durationNs: Number.POSITIVE_INFINITY }));
  const block = sample();
  const sound =
    block.length === 40 &&
    block.offsetsNs[0] === 0 &&
    block.offsetsNs.every((time, i) => i === 0 || (Number.isInteger(time) && time >= block.offsetsNs[i - 1]!)) &&
    block.sizes.every((size) => size >= 20 && size <= 262_144) &&
    block.outbound.every((direction) => direction <= 1) &&
    Number.isFinite(model.logLikelihood(blockOf(rows.slice(0, 12))));
  if (!sound)
    throw new Error(`unsound: ${JSON.stringify([...block.offsetsNs])} ${[...block.sizes]} ${[...block.outbound]}`);
}

async function outcome(bytes: Uint8Array): Promise<'valid' | 'invalid'> {
  try {
    expectUsable(await decodeModelFile('m', bytes));
    return 'valid';
  } catch (error) {
    if (error instanceof SynthError && error.code === 'SYNTH_MODEL_INVALID') return 'invalid';
    throw error;
  }
}

describe.each(KINDS)('a damaged $name', ({ name }) => {
  test('file: one changed byte anywhere is refused', async () => {
    const { file } = files.get(name)!;
    for (let at = 0; at < file.length; at += 5) {
      const damaged = file.slice();
      damaged[at]! ^= [0x01, 0x80, 0x20, 0x10, 0x7f][at % 5]!;
      expect([at, await outcome(damaged)]).toEqual([at, 'invalid']);
    }
  });

  test('file: changed bytes all over it, signed again, give a model or SYNTH_MODEL_INVALID', async () => {
    const { file } = files.get(name)!;
    expect(await outcome(file)).toBe('valid');
    const counts = { valid: 0, invalid: 0 };
    // Every seventh byte reaches all eight bytes of a number in turn.
    let mask = 0;
    for (let at = 0; at < file.length; at += 7) {
      const damaged = file.slice();
      damaged[at]! ^= [0x01, 0x80, 0xff, 0x10, 0x7f][mask++ % 5]!;
      counts[await outcome(signed(damaged))]++;
    }
    // Digits of a weight or of a mean are free to change; the structure is not.
    expect(counts.valid).toBeGreaterThan(50);
    expect(counts.invalid).toBeGreaterThan(50);
  });

  test('number: each of them made extreme gives a model or SYNTH_MODEL_INVALID', async () => {
    const { file, headerBytes } = files.get(name)!;
    const view = new DataView(file.buffer);
    const numbers = [0, -1, 0.5, Number.MIN_VALUE, Number.MAX_VALUE, 2e21, Number.NaN, Number.POSITIVE_INFINITY];
    let next = 0;
    let invalid = 0;
    for (let at = 8 + headerBytes; at + 8 <= file.length; at += 16) {
      const damaged = file.slice();
      new DataView(damaged.buffer).setFloat64(at, numbers[next++ % numbers.length]!, true);
      if ((await outcome(signed(damaged))) === 'invalid') invalid++;
    }
    expect(view.getFloat64(8 + headerBytes, true)).toSatisfy(Number.isFinite);
    expect(invalid).toBeGreaterThan(20);
  });

  test('file cut anywhere is refused', async () => {
    const { file } = files.get(name)!;
    for (let length = 0; length < file.length; length += 1 + Math.floor(file.length / 150)) {
      expect(await outcome(file.subarray(0, length))).toBe('invalid');
    }
  });
});

type Change = (tensors: Map<string, Tensor>) => void;

const withTensors = (name: string, change: Change): Uint8Array => {
  const { tensors, metadata } = decodeSafetensors(files.get(name)!.file);
  const changed = new Map([...tensors].map(([key, { shape, data }]) => [key, { shape, data: data.slice() }]));
  change(changed);
  return encodeSafetensors(changed, metadata);
};

const tensorOf = (tensors: Map<string, Tensor>, name: string): Tensor => {
  const found = tensors.get(name);
  if (found === undefined) throw new Error(`no ${name} among ${[...tensors.keys()].join(', ')}`);
  return found;
};
/** Puts numbers at places of a tensor; places below zero count from its end. */
const put =
  (name: string, values: Readonly<Record<number, number>>): Change =>
  (tensors) => {
    const { data } = tensorOf(tensors, name);
    for (const [place, value] of Object.entries(values)) {
      const at = Number(place) < 0 ? data.length + Number(place) : Number(place);
      expect(at).toBeLessThan(data.length);
      data[at] = value;
    }
  };
const reshape =
  (name: string, shape: readonly number[]): Change =>
  (tensors) => {
    const { data } = tensorOf(tensors, name);
    const count = shape.reduce((product, size) => product * size, 1);
    const resized = data.slice(0, count);
    expect(resized.length).toBe(count);
    tensors.set(name, { shape, data: resized });
  };
const without =
  (name: string): Change =>
  (tensors) => {
    tensorOf(tensors, name);
    tensors.delete(name);
  };
const asType =
  (name: string): Change =>
  (tensors) => {
    const { shape, data } = tensorOf(tensors, name);
    tensors.set(name, { shape, data: Float32Array.from(data) });
  };

/** What is wrong with what a state, or a component, emits; the same for both kinds. */
const emissionLies = (prefix: string): readonly (readonly [string, Change])[] => [
  ['a variance of size that is negative', put(`${prefix}.covariances`, { 0: -1 })],
  ['a variance of zero', put(`${prefix}.covariances`, { 3: 0 })],
  ['a covariance that is not symmetric', put(`${prefix}.covariances`, { 1: 1e-9, 2: 2e-9 })],
  ['a correlation above one', put(`${prefix}.covariances`, { 0: 1, 1: 2, 2: 2, 3: 1 })],
  ['a correlation of exactly one', put(`${prefix}.covariances`, { 0: 4, 1: 2, 2: 2, 3: 1 })],
  ['a variance that is not finite', put(`${prefix}.covariances`, { 0: Number.POSITIVE_INFINITY })],
  ['a mean that is not a number', put(`${prefix}.means`, { 0: Number.NaN })],
  ['weights that do not sum to one', put(`${prefix}.weights`, { 0: 0.99, 1: 0.99 })],
  ['a negative weight', put(`${prefix}.weights`, { 0: -0.5, 1: 1.5 })],
  ['means of another shape', reshape(`${prefix}.means`, [2])],
  [
    'covariances as one row',
    (tensors) => reshape(`${prefix}.covariances`, [tensorOf(tensors, `${prefix}.covariances`).data.length])(tensors),
  ],
  ['means of another type', asType(`${prefix}.means`)],
  ['a pattern whose size is not there', put(`${prefix}.pattern.size`, { '-1': 1000 })],
  ['a pattern whose gap is not there', put(`${prefix}.pattern.gap`, { 0: 0xffff_ffff })],
  [
    'patterns of different number',
    (tensors) =>
      reshape(`${prefix}.pattern.gap`, [tensorOf(tensors, `${prefix}.pattern.gap`).data.length - 1])(tensors),
  ],
  [
    'no patterns',
    (tensors) => {
      for (const part of ['size', 'gap']) reshape(`${prefix}.pattern.${part}`, [0])(tensors);
    },
  ],
  ['an exact size below an IP header', put(`${prefix}.size.exact`, { 0: 19 })],
  ['an exact size above the largest', put(`${prefix}.size.exact`, { '-1': 262_145 })],
  ['an exact size that is not whole', put(`${prefix}.size.exact`, { 0: 60.5 })],
  ['a size below an IP header', put(`${prefix}.size.values`, { 0: 19 })],
  ['sizes that do not rise', put(`${prefix}.size.values`, { 0: 65_535 })],
  ['a gap that is negative', put(`${prefix}.gap.values`, { 0: -1 })],
  ['a gap that is not whole', put(`${prefix}.gap.values`, { 0: 0.5 })],
  ['a gap beyond all times', put(`${prefix}.gap.values`, { '-1': 1e300 })],
  ['shares that do not rise', put(`${prefix}.gap.cumulative`, { 0: 1 })],
  ['shares that do not end with one', put(`${prefix}.gap.cumulative`, { '-1': 0.999 })],
  ['a share of zero', put(`${prefix}.gap.cumulative`, { 0: 0 })],
  ['a share that is not a number', put(`${prefix}.gap.cumulative`, { 1: Number.NaN })],
  ['starts that do not begin', put(`${prefix}.gap.starts`, { 0: 1 })],
  ['starts that fall', put(`${prefix}.gap.starts`, { 1: 1e6 })],
  ['starts beyond the values', put(`${prefix}.size.starts`, { '-1': 1e6 })],
  [
    'starts of another number of components',
    (tensors) => reshape(`${prefix}.gap.starts`, [tensorOf(tensors, `${prefix}.gap.starts`).data.length - 1])(tensors),
  ],
  ...[
    'weights',
    'means',
    'covariances',
    'pattern.size',
    'size.exact',
    'size.values',
    'gap.cumulative',
    'gap.starts',
  ].map((part) => [`no ${part}`, without(`${prefix}.${part}`)] as const),
];

const HMM_LIES: readonly (readonly [string, Change])[] = [
  ...emissionLies('outbound.emission'),
  ...emissionLies('inbound.emission').slice(0, 3),
  ['a row of transitions that does not sum to one', put('outbound.transitions', { 0: 0.9, 1: 0.2 })],
  ['a negative transition', put('inbound.transitions', { 0: -0.1, 1: 1.1 })],
  ['a transition that is not a number', put('outbound.transitions', { 0: Number.NaN })],
  ['transitions of another shape', reshape('outbound.transitions', [4])],
  ['transitions that are not square', reshape('outbound.transitions', [1, 2])],
  ['a start that is no distribution', put('outbound.stationary', { 0: 0.7, 1: 0.7 })],
  ['a start of another number of states', reshape('outbound.stationary', [1])],
  ['no states', reshape('outbound.stationary', [0])],
  ['a first packet before the start', put('inbound.lead', { 0: -1 })],
  ['a first packet at half a nanosecond', put('inbound.lead', { 0: 0.5 })],
  ['a first packet at infinity', put('inbound.lead', { 0: Number.POSITIVE_INFINITY })],
  ['no transitions', without('inbound.transitions')],
  ['no start', without('outbound.stationary')],
  ['no lead', without('outbound.lead')],
];

const MARKOV_LIES: readonly (readonly [string, Change])[] = [
  ...emissionLies('quantizer.outbound.emission'),
  ['a component with a negative variance', put('quantizer.outbound.mixture', { 3: -1 })],
  ['a component that is not positive definite', put('quantizer.inbound.mixture', { 3: 1, 4: 1, 5: 1 })],
  ['a component that is not finite', put('quantizer.inbound.mixture', { 1: Number.NEGATIVE_INFINITY })],
  ['weights of a mixture that do not sum to one', put('quantizer.outbound.mixture', { 0: 2 })],
  ['a negative weight of a mixture', put('quantizer.outbound.mixture', { 0: -1 })],
  ['a mixture without components', reshape('quantizer.inbound.mixture', [0, 6])],
  ['a mixture as one row', reshape('quantizer.inbound.mixture', [18])],
  ['another number of components', reshape('quantizer.inbound.mixture', [2, 6])],
  ['no mixture of one direction', without('quantizer.inbound.mixture')],
  [
    'no mixture at all',
    (tensors) => {
      for (const one of ['inbound', 'outbound']) without(`quantizer.${one}.mixture`)(tensors);
    },
  ],
  [
    'a clock that runs backwards',
    (tensors) => {
      tensorOf(tensors, 'quantizer.outbound.clock.values').data.reverse();
    },
  ],
  ['a clock with a negative gap', put('quantizer.outbound.clock.values', { 0: -1 })],
  [
    'a clock without an end',
    (tensors) =>
      reshape('quantizer.outbound.clock.starts', [
        tensorOf(tensors, 'quantizer.outbound.clock.starts').data.length - 1,
      ])(tensors),
  ],
];

describe('lies', () => {
  test.each(KINDS)('$name: without a lie the file is taken', async ({ name }) => {
    expect(await outcome(withTensors(name, () => {}))).toBe('valid');
  });

  test.each(HMM_LIES)('hmm: %s is refused', async (_, change) => {
    await expectSynthError(decodeModelFile('m', withTensors('hmm', change)), 'SYNTH_MODEL_INVALID');
  });

  test.each(MARKOV_LIES)('Gaussian tokens: %s is refused', async (_, change) => {
    await expectSynthError(decodeModelFile('m', withTensors(KINDS[1]!.name, change)), 'SYNTH_MODEL_INVALID');
  });

  const withMetadata = (name: string, change: (summary: Record<string, unknown>) => void): Uint8Array => {
    const { tensors, metadata } = decodeSafetensors(files.get(name)!.file);
    const summary = JSON.parse(metadata['summary']!) as Record<string, unknown>;
    change(summary);
    return encodeSafetensors(tensors, { ...metadata, summary: JSON.stringify(summary) });
  };

  test.each<[string, (summary: Record<string, unknown>) => void]>([
    ['no direction', (summary) => Object.assign(summary, { outbound: null, inbound: null })],
    ['another number of states', (summary) => Object.assign(summary['outbound']!, { states: 3 })],
    ['no number of packets', (summary) => Object.assign(summary['outbound']!, { packets: 0 })],
    ['a curve of words', (summary) => Object.assign(summary['outbound']!, { curve: ['a'] })],
    ['no seed', (summary) => delete summary['seed']],
  ])('hmm: a summary with %s is refused', async (_, change) => {
    await expectSynthError(decodeModelFile('m', withMetadata('hmm', change)), 'SYNTH_MODEL_INVALID');
  });

  test.each<[string, (summary: Record<string, unknown>) => void]>([
    ['another quantizer', (summary) => Object.assign(summary, { quantizer: 'empirical' })],
    ['an unknown quantizer', (summary) => Object.assign(summary, { quantizer: 'constructor' })],
  ])('Gaussian tokens: a summary with %s is refused', async (_, change) => {
    await expectSynthError(decodeModelFile('m', withMetadata(KINDS[1]!.name, change)), 'SYNTH_MODEL_INVALID');
  });

  test.each(KINDS)('$name: a tensor of 4 GiB in a file of a few KiB is refused before it is made', async ({ name }) => {
    const { file, headerBytes } = files.get(name)!;
    const header = JSON.parse(new TextDecoder().decode(file.subarray(8, 8 + headerBytes)));
    const key = Object.keys(header).find((one) => one.endsWith('emission.means'))!;
    header[key].shape = [2 ** 28, 2];
    header[key].data_offsets = [0, 2 ** 32];
    const text = new TextEncoder().encode(JSON.stringify(header));
    const lying = new Uint8Array(8 + text.length + file.length - 8 - headerBytes);
    new DataView(lying.buffer).setBigUint64(0, BigInt(text.length), true);
    lying.set(text, 8);
    lying.set(file.subarray(8 + headerBytes), 8 + text.length);
    await expectSynthError(decodeModelFile('m', lying), 'SYNTH_MODEL_INVALID');
  });
});
