/** A kind of model that only this test knows: nothing else had to change for it. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { printModel } from '../../src/cli/train/model-view.js';
import { requireConcerned } from '../../src/cli/train/training-flags.js';
import {
  collect,
  generate,
  loadModel,
  type ModelKind,
  type PacketBlock,
  readSeries,
  registerModelKind,
  type SavedModel,
  sample,
  saveModel,
  type TrafficModel,
  type TrainedModel,
  train,
} from '../../src/index.js';
import { expectSynthError } from '../support/read.js';

const DOORBELL = 'fixtures/doorbell/doorbell.pcap';
const tensor = (data: Float64Array | Uint32Array | Uint8Array) => ({ shape: [data.length], data });

/** Sends the packets that it has seen, again and again, with a pause in between. */
class Parrot implements TrafficModel {
  readonly kind = 'parrot';
  readonly summary: { readonly pauseNs: number };
  readonly #seen: PacketBlock;

  constructor(seen: PacketBlock, pauseNs: number) {
    this.#seen = seen;
    this.summary = { pauseNs };
  }

  *sample(_random: unknown, { packets, durationNs }: { packets: number; durationNs: number }) {
    const { length, offsetsNs, sizes, outbound } = this.#seen;
    const roundNs = offsetsNs[length - 1]! + this.summary.pauseNs;
    for (let i = 0; i < packets; i++) {
      const at = i % length;
      const timeNs = Math.floor(i / length) * roundNs + offsetsNs[at]!;
      if (timeNs > durationNs) return;
      yield {
        length: 1,
        offsetsNs: Float64Array.of(timeNs),
        sizes: sizes.slice(at, at + 1),
        outbound: outbound.slice(at, at + 1),
      };
    }
  }

  logLikelihood = () => Number.NaN;

  describe() {
    const one = { stay: null, meanSizeBytes: 100, geometricMeanGapMs: 1, exactSizes: 1, exactGaps: 1 };
    return [{ outbound: true, share: 1, ...one }];
  }

  trainingLines = () => [`Parrot: ${this.#seen.length} packets by heart`];

  save(): SavedModel {
    const { offsetsNs, sizes, outbound } = this.#seen;
    const tensors = new Map([
      ['offsets', tensor(offsetsNs)],
      ['sizes', tensor(sizes)],
      ['outbound', tensor(outbound)],
    ]);
    return { tensors: tensors as SavedModel['tensors'], summary: this.summary };
  }
}

const parrot: ModelKind = {
  kind: 'parrot',
  description: 'says again what it has heard',
  options: ['seed'],
  ownOptions: z.object({ pauseNs: z.number().positive().default(1e9).describe('Pause between two rounds, in ns.') }),
  async fit([first], { own }) {
    return new Parrot(collect([first!]), Number(own!['pauseNs']));
  },
  load({ tensors, summary }) {
    const data = (name: string) => tensors.get(name)!.data;
    const offsetsNs = Float64Array.from(data('offsets') as Float64Array);
    const sizes = Uint32Array.from(data('sizes') as Uint32Array);
    const outbound = Uint8Array.from(data('outbound') as Uint8Array);
    return new Parrot({ length: sizes.length, offsetsNs, sizes, outbound }, Number(summary['pauseNs']));
  },
};

let folder: string;
let model: TrainedModel;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'synth-parrot-'));
  registerModelKind(parrot);
  model = await train(DOORBELL, { model: 'parrot', fit: { pauseNs: 5e9 } });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('a kind of model of somebody else', () => {
  test('is trained with its own options, saved, loaded and sampled', async () => {
    await saveModel(model, join(folder, 'parrot.safetensors'));
    const loaded = await loadModel(join(folder, 'parrot.safetensors'));
    expect([loaded.model.kind, loaded.model.summary]).toEqual(['parrot', { pauseNs: 5e9 }]);
    const { series } = await readSeries(DOORBELL);
    const drawn = collect(sample(loaded));
    expect([...drawn.sizes]).toEqual([...series[0]!.sizes]);
    expect([...drawn.offsetsNs]).toEqual([...series[0]!.offsetsNs]);
  });

  test('makes captures with conversations as every other does', async () => {
    const { packets, conversations } = await generate(model, { out: join(folder, 'parrot.pcap'), seed: '1' });
    expect(packets).toBe(model.training.packets);
    expect(conversations).toBeGreaterThan(0);
  });

  test('has the defaults of its options, and refuses what is not possible', async () => {
    const { model: plain } = await train(DOORBELL, { model: 'parrot' });
    expect(plain.summary).toEqual({ pauseNs: 1e9 });
    const error = await expectSynthError(train(DOORBELL, { model: 'parrot', fit: { pauseNs: -1 } }), 'SYNTH_USAGE');
    expect(error.message).toContain('pauseNs');
  });

  test.each([
    ['an option of another kind', 'parrot', { epochs: 3 }],
    ['an option that is its own, of another kind', 'markov', { pauseNs: 1e9 }],
    ['an option of networks, for hidden Markov models', 'hmm', { epochs: 3 }],
    ['an option that nobody has', 'parrot', { volume: 11 }],
  ])('does not take %s', async (_, kind, fit) => {
    const error = await expectSynthError(train(DOORBELL, { model: kind, fit }), 'SYNTH_USAGE');
    expect(error.message).toBe(`models of kind ${kind} have no option “${Object.keys(fit)[0]}”`);
  });

  test('is known to the command line: flags that do not concern it are refused, and its lines are shown', () => {
    const choice = { kind: 'parrot', quantizer: 'auto', how: undefined } as const;
    const refused = (flag: string) => () => requireConcerned(choice, (name) => name === flag);
    expect(refused('epochs')).toThrow('--epochs is for networks; --model parrot has none');
    expect(refused('components')).toThrow('--components is for other kinds of model; --model parrot has none');
    expect(refused('resume')).toThrow(/always learns from the beginning/);
    expect(refused('seed')).not.toThrow();
    const lines: string[] = [];
    printModel('parrot.safetensors', model, model.model.describe(), 0, (line) => lines.push(line));
    expect(lines.join('\n')).toMatch(/parrot, made by synth[\s\S]*packets by heart[\s\S]*100\.0/);
  });

  test('has a name to itself', () => {
    expect(() => registerModelKind(parrot)).toThrow(/there is a kind of model “parrot” already/);
  });
});
