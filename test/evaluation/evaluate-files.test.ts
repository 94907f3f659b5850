import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { evaluate } from '../../src/evaluation/evaluate.js';
import { type EvaluateFilesOptions, evaluateFiles } from '../../src/evaluation/evaluate-files.js';
import { encodeModelFile } from '../../src/model-files/model-file.js';
import { type PacketSeries, sliceSeries } from '../../src/packets/packet-series.js';
import { parseDevice } from '../../src/series/target.js';
import { train } from '../../src/training/train.js';
import { requests, seriesOf } from '../models/blocks.js';
import { expectSynthError } from '../support/read.js';
import { captureOf, profileOf } from '../synthesis/captures.js';
import { named } from './compare.js';
import { slowed } from './degraded.js';

/** 1200 packets, 400 s: enough for all aspects. */
const REAL = seriesOf(requests(1200));
const CUT = 800;
const [TRAINING, HELD_OUT] = [sliceSeries(REAL, 0, CUT), sliceSeries(REAL, CUT, 1200)];
const device = '10.1.1.1';
const OPTIONS: EvaluateFilesOptions = { payloadOnly: false, target: undefined, seeds: 2, seed: '1', bootstrap: 2 };

let folder: string;
const path = (name: string) => join(folder, name);

const table = ({ length, offsetsNs, sizes, outbound }: Omit<PacketSeries, 'startNs'>): string =>
  [
    'time_s,direction,size_bytes',
    ...Array.from(
      { length },
      (_, i) => `${(offsetsNs[i]! / 1e9).toFixed(9)},${outbound[i] ? 'out' : 'in'},${sizes[i]}`,
    ),
  ].join('\n');

const identityOf = (network: string, number: string) => ({
  clientIp: `${network}.1`,
  serverIp: `${network}.2`,
  clientMac: `02:00:00:00:${number}:01`,
  serverMac: `02:00:00:00:${number}:02`,
});

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'synth-evaluate-'));
  const profile = profileOf(4, 17);
  await writeFile(path('real.pcap'), await captureOf(REAL, { profile, identity: identityOf('10.1.1', '00') }));
  await writeFile(path('fake.pcap'), await captureOf(TRAINING, { profile }));
  await writeFile(path('fake6.pcapng'), await captureOf(REAL, { profile: profileOf(6, 17), format: 'pcapng' }));
  await writeFile(path('stranger.pcap'), await captureOf(REAL, { profile, identity: identityOf('10.9.9', '09') }));
  await writeFile(path('real.csv'), table(REAL));
  await writeFile(path('fake.csv'), table(HELD_OUT));
  await writeFile(path('slow.csv'), table({ ...TRAINING, ...slowed(TRAINING) }));
  const options = { kind: 'markov', holdout: 1 / 3, keepAddresses: false, payloadOnly: false };
  await writeFile(path('model.safetensors'), encodeModelFile(await train([REAL], undefined, options)));
});
afterAll(() => rm(folder, { recursive: true }));

const run = (real: string, synthetic: string | readonly string[], options: Partial<EvaluateFilesOptions> = {}) =>
  evaluateFiles(path(real), [synthetic].flat().map(path), { ...OPTIONS, ...options });

/** Of one synthetic file. */
async function only(...given: Parameters<typeof run>) {
  const { candidates, ...rest } = await run(...given);
  expect(candidates).toHaveLength(1);
  return { ...rest, ...candidates[0]! };
}

describe('tables', () => {
  test('are compared as the series that they hold', async () => {
    const found = await only('real.csv', 'fake.csv');
    expect(found).toMatchObject({ name: path('fake.csv'), model: undefined, syntheticTarget: undefined });
    expect(found).toMatchObject({ trainingPackets: CUT, heldOutPackets: 400, warnings: [], sample: undefined });
    expect(found.evaluation).toEqual(await evaluate(REAL, [HELD_OUT], { bootstrap: 2, seed: '1' }));
  });

  test('may have rows without a number, which are told of and left out', async () => {
    const lines = table(HELD_OUT).split('\n');
    await writeFile(path('gaps.csv'), lines.toSpliced(5, 0, 'NaN,out,93', '7.5,in,').join('\n'));
    const warning = {
      code: 'SYNTH_SERIES_ROWS_LEFT_OUT',
      message: `${path('gaps.csv')}: 2 rows, the first in line 6, without a time or a size: left out`,
    };
    const found = await only('real.csv', 'gaps.csv');
    expect(found.warnings).toEqual([warning]);
    expect(found.evaluation).toEqual((await only('real.csv', 'fake.csv')).evaluation);
    expect((await run('gaps.csv', ['fake.csv', 'gaps.csv'])).warnings).toEqual([warning, warning]);
  });
});

describe('several synthetic files', () => {
  test('are ranked, the best first, each with an evaluation as if it were alone', async () => {
    const { candidates } = await run('real.csv', ['slow.csv', 'model.safetensors', 'fake.csv']);
    expect(candidates.map(({ name }) => name)).toEqual(['fake.csv', 'model.safetensors', 'slow.csv'].map(path));
    const scores = candidates.map(({ evaluation }) => evaluation.score!);
    expect(scores).toEqual(scores.toSorted((a, b) => b - a));
    for (const { name, evaluation } of candidates) {
      expect(evaluation).toEqual((await only('real.csv', name.slice(folder.length + 1))).evaluation);
    }
  });

  test('of which one has no score, that is the last', async () => {
    await writeFile(path('short.csv'), table(sliceSeries(REAL, 0, 5)));
    const { candidates } = await run('real.csv', ['short.csv', 'slow.csv']);
    expect(candidates.map(({ name }) => name)).toEqual(['slow.csv', 'short.csv'].map(path));
    expect(candidates[1]!.evaluation).toMatchObject({ score: null, reason: expect.stringMatching(/too short for/) });
  });
});

describe('the target in a synthetic capture', () => {
  test('is found under the documentation address of generated ones', async () => {
    for (const target of [parseDevice(device), parseDevice('02:00:00:00:00:01')]) {
      const { evaluation, syntheticTarget } = await only('real.pcap', 'fake.pcap', { target });
      expect(syntheticTarget).toMatchObject({ found: 'documentation' });
      expect(evaluation).toMatchObject({ score: 100, meanExcess: 0 });
    }
  });

  test('whatever the IP version, and where no target was named', async () => {
    const { real, evaluation, syntheticTarget } = await only('real.pcap', 'fake6.pcapng');
    expect(syntheticTarget).toMatchObject({ found: 'documentation' });
    expect(evaluation).toMatchObject({ syntheticPackets: [1200] });
    expect(real.busiestTaken).toBe(true);
  });

  test('is the named device where the capture has it', async () => {
    const target = parseDevice(device);
    const { evaluation, syntheticTarget } = await only('real.pcap', 'real.pcap', { target });
    expect(syntheticTarget).toEqual({ target, found: 'same' });
    expect(evaluation.syntheticPackets).toEqual([1200]);
  });

  test('is the busiest device for want of anything else', async () => {
    const { syntheticTarget } = await only('real.csv', 'stranger.pcap');
    expect(syntheticTarget).toEqual({ target: parseDevice('02:00:00:00:09:01'), found: 'busiest' });
  });

  test('is missed where one was named and the capture has neither', async () => {
    const error = await expectSynthError(
      run('real.pcap', 'stranger.pcap', { target: parseDevice(device) }),
      'SYNTH_TARGET_NOT_FOUND',
    );
    expect(error.message).toContain(device);
  });

  test('keeps its directions where only the synthetic file is a capture, whoever speaks first in it', async () => {
    const rest = sliceSeries(REAL, 2, CUT + 2); // begins with an answer
    await writeFile(path('answer.pcap'), await captureOf(rest, { profile: profileOf(4, 17) }));
    const { evaluation, syntheticTarget } = await only('real.csv', 'answer.pcap');
    expect(syntheticTarget).toMatchObject({ found: 'documentation' });
    for (const direction of ['outbound', 'inbound'] as const) {
      expect(named(evaluation.metrics, 'ks', 'size', direction).value).toBeLessThan(0.2);
    }
  });
});

describe('captures and tables', () => {
  test('are compared with each other', async () => {
    const forth = await only('real.pcap', 'fake.csv', { target: parseDevice(device) });
    expect(forth.evaluation.score).toBe(100);
    expect(named(forth.evaluation.metrics, 'ks', 'gap', 'outbound').value).toBe(0);
    const back = await only('real.csv', 'fake.pcap');
    expect(back.evaluation.syntheticPackets).toEqual([CUT]);
  });

  test('a choice of packets is refused for a real table, as by train', async () => {
    for (const choice of [{ target: parseDevice(device) }, { payloadOnly: true }]) {
      await expectSynthError(run('real.csv', 'fake.pcap', choice), 'SYNTH_USAGE');
    }
    const choice = { target: parseDevice(device), payloadOnly: true };
    expect((await only('real.pcap', 'fake.csv', choice)).evaluation.syntheticPackets).toEqual([400]);
  });
});

describe('a model', () => {
  test('is sampled as often as asked for, each series as long as the training part', async () => {
    const { evaluation, model } = await only('real.csv', 'model.safetensors', { seeds: 3 });
    expect(evaluation).toMatchObject({ syntheticPackets: [CUT, CUT, CUT], seriesCompared: 3 });
    expect(model).toMatchObject({ training: { holdout: 1 / 3 }, hash: expect.stringMatching(/^[0-9a-f]{64}$/) });
    // Learned from the training part, of four sizes and three kinds of gap.
    expect(evaluation.meanExcess).toBeLessThan(0.15);
    expect(evaluation.score).toBeGreaterThan(75);
  });

  test('is the same for one seed, and another for another', async () => {
    const once = await only('real.csv', 'model.safetensors');
    expect((await only('real.csv', 'model.safetensors')).evaluation).toEqual(once.evaluation);
    const other = await only('real.csv', 'model.safetensors', { seed: '2' });
    const values = ({ evaluation }: typeof once) => evaluation.metrics.map(({ value }) => value);
    expect(values(other)).not.toEqual(values(once));
  });

  test('has a likelihood, which is that of its own kind', async () => {
    const { model } = await only('real.csv', 'model.safetensors');
    const { logLikelihood, model: own } = model!;
    expect(logLikelihood.training).toBeCloseTo(own.logLikelihood(TRAINING), 12);
    expect(logLikelihood.heldOut).toBeCloseTo(own.logLikelihood(HELD_OUT), 12);
  });

  test('of which no real packet has a gap has none, and not a NaN', async () => {
    await writeFile(path('three.csv'), table(sliceSeries(REAL, 0, 3)));
    const { model } = await only('three.csv', 'model.safetensors', { seeds: 1 });
    expect(model!.logLikelihood.heldOut).toBeNull();
  });

  test('leaves its first series as a sample where that is asked for', async () => {
    const { sample, evaluation } = await only('real.csv', 'model.safetensors', { keepSamples: true, seeds: 1 });
    expect(await evaluate(REAL, [sample!], { bootstrap: 2, seed: '1' })).toEqual(evaluation);
    const { sample: ofTable } = await only('real.csv', 'fake.csv', { keepSamples: true });
    expect(ofTable!.length).toBe(400);
  });
});

describe('an interrupt', () => {
  const interruptAt = (name: string) => {
    const interrupt = new AbortController();
    const onProgress = (_: number, what: string) => {
      if (what.startsWith(name)) interrupt.abort();
    };
    return { signal: interrupt.signal, onProgress };
  };

  test.each(['the real parts', 'resampled packets', 'synthetic with real packets'])('ends %s', async (stage) => {
    await expectSynthError(run('real.csv', 'fake.csv', interruptAt(stage)), 'SYNTH_INTERRUPTED');
  });

  test('ends sampling', async () => {
    let floors = 0;
    const count = (_: number, what: string) => {
      if (what === 'the real parts') floors++;
    };
    await run('real.csv', 'fake.csv', { onProgress: count });
    const interrupt = new AbortController();
    let told = 0;
    const onProgress = () => {
      // Once the last floor is measured: a model is loaded then, and sampled.
      if (++told === floors) setImmediate(() => setImmediate(() => interrupt.abort()));
    };
    const options = { signal: interrupt.signal, onProgress };
    const error = await expectSynthError(run('real.csv', 'model.safetensors', options), 'SYNTH_INTERRUPTED');
    expect(error.message).toBe('interrupted while sampling');
    expect(told).toBe(floors);
  });

  test('from outside arrives at any time', async () => {
    for (const turns of [0, 1, 10, 100, 500]) {
      const interrupt = new AbortController();
      // Like a signal, it needs a turn of the event loop.
      const abortAfter = (left: number) => {
        if (left === 0) interrupt.abort();
        else setImmediate(abortAfter, left - 1);
      };
      abortAfter(turns);
      const options = { signal: interrupt.signal, seeds: 100_000 };
      await expectSynthError(run('real.csv', 'model.safetensors', options), 'SYNTH_INTERRUPTED');
    }
  });
});

test('a file that is missing is named before anything is measured', async () => {
  const told: string[] = [];
  const onProgress = (_: number, what: string) => told.push(what);
  const error = await expectSynthError(run('real.csv', ['fake.csv', 'none'], { onProgress }), 'SYNTH_FILE_UNREADABLE');
  expect(error.message).toContain(path('none'));
  expect(told).toEqual([]);
});
