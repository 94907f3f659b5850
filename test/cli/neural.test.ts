/** Neural generators as users meet them: training, its interruption and its continuation, drawing, what is told and what is refused. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { decodeModelFile } from '../../src/model-files/model-file.js';
import { decodeSafetensors, encodeSafetensors, type Tensor } from '../../src/tensors.js';
import {
  DEVICE,
  type Finished,
  type ProcessOptions,
  type RunOptions,
  sha256,
  synth,
  synthJson,
  synthProcess,
  workFolder,
} from '../support/cli.js';
import { expectSynthError } from '../support/read.js';

const cwd = workFolder();
const read = (name: string) => readFileSync(join(cwd, name));
/** Another target of the embedded capture. */
const FLOW = 'UDP 10.77.0.17:40004 10.77.0.1:5004';
const TARGET = ['--device', DEVICE];
/** Small and soon trained. */
const SMALL = ['--hidden', '8', '--embedding', '8', '--quantizer', 'empirical'];
const ENDLESS = ['--epochs', '1000000', '--patience', '1000000'];

interface TrainedJson {
  readonly model: string;
  readonly interrupted: boolean;
  readonly training: { readonly packets: number; readonly holdout: number; readonly payloadOnly: boolean };
  readonly summary: Summary;
}
interface Summary {
  readonly hidden: number;
  readonly layers: number;
  readonly embedding: number;
  readonly kernelSize: number;
  readonly dropout: number;
  readonly quantizer: string;
  readonly receptiveField: number | null;
  readonly plan: { readonly epochs: number; readonly learningRate: number; readonly batch: number };
  readonly epochs: readonly { readonly training: number; readonly validation: number | null }[];
  readonly bestEpoch: number;
  readonly end: string;
  readonly run: { readonly steps: number } | null;
}

const train = (args: readonly string[], options: Partial<RunOptions> = {}): Promise<Finished> =>
  synth(['train', 'capture.pcap', ...args], { cwd, ...options });
async function trainJson(args: readonly string[]): Promise<TrainedJson> {
  const result: unknown = await synthJson(['train', 'capture.pcap', ...args], { cwd });
  return result as TrainedJson;
}

beforeAll(async () => {
  await trainJson([...TARGET, '--model', 'rnn', '--epochs', '2', ...SMALL, '--out', 'rnn.safetensors']);
  await trainJson([...TARGET, '--model', 'tcn', '--epochs', '2', ...SMALL, '--out', 'tcn.safetensors']);
  await trainJson([...TARGET, '--quantizer', 'empirical', '--out', 'markov.safetensors']);
});

describe.each(['rnn', 'tcn'])('%s', (kind) => {
  const model = `${kind}.safetensors`;

  test('is trained with what is not said chosen by the number of packets', async () => {
    const out = `auto-${kind}.safetensors`;
    const { summary, interrupted } = await trainJson([...TARGET, '--model', kind, '--epochs', '1', '--out', out]);
    expect(summary.quantizer).toBe('gmm');
    expect(interrupted).toBe(false);
    const { hidden, layers, embedding } = summary;
    const view = (await synth(['model', 'info', out, '--limit', '1'], { cwd })).stdout.toString();
    const tokens = String.raw`, [\d,]+ parameters; \d+ gmm tokens \(embedding ${embedding}\)$`;
    const network =
      kind === 'rnn' ? `GRU: 1 layer of ${hidden} units` : `TCN: ${layers} blocks of ${hidden} channels, kernel 3`;
    expect(view).toMatch(new RegExp(`^${network}${tokens}`, 'm'));
    if (kind === 'tcn')
      expect(view).toMatch(/^Sees \d+ tokens; (the dominant period is \d+|there is no dominant period)$/m);
    expect(view).toMatch(/^Compared outbound/m);
  });

  test('is as large as it is told to be', async () => {
    const sizes = ['--hidden', '16', '--layers', '2', '--embedding', '24', '--dropout', '0.5', '--batch', '4'];
    const more = ['--learning-rate', '0.01', '--window', '16', '--epochs', '1', '--patience', '1'];
    const kernel = kind === 'tcn' ? ['--kernel-size', '2'] : [];
    const { summary } = await trainJson([
      ...['--model', kind, '--quantizer', 'empirical', '--out', `told-${kind}.safetensors`],
      ...[...sizes, ...more, ...kernel],
    ]);
    expect(summary).toMatchObject({
      ...{ hidden: 16, layers: 2, embedding: 24, dropout: 0.5, quantizer: 'empirical' },
      plan: { batch: 4, learningRate: 0.01, window: 16, epochs: 1, patience: 1 },
      // 1 + 2 (k - 1) (2^layers - 1), two convolutions a block
      receptiveField: kind === 'tcn' ? 7 : null,
    });
  });

  test('is the same file on one thread and on two', async () => {
    for (const threads of ['1', '2']) {
      const args = ['--model', kind, '--threads', threads, '--epochs', '2', '--components', '4', '--hidden', '16'];
      await trainJson([...args, '--out', `${kind}-${threads}.safetensors`]);
    }
    expect(sha256(read(`${kind}-1.safetensors`))).toBe(sha256(read(`${kind}-2.safetensors`)));
  });

  test('generates, the same from the same seed', async () => {
    const args = ['generate', model, '--packets', '2000', '--seed', '7', '--out', '-', '--format', 'csv'];
    const [first, second] = [await synth(args, { cwd }), await synth(args, { cwd })];
    expect([first.code, first.stdout.equals(second.stdout)]).toEqual([0, true]);
    expect(first.stdout.toString().trimEnd().split('\n')).toHaveLength(2001);
    expect(first.stderr).toMatch(/; seed 7$/m);
  });

  test('is judged like any other model', async () => {
    const args = ['capture.pcap', model, ...TARGET, '--seeds', '1', '--bootstrap', '0', '--seed', '1'];
    const { score, metrics } = await synthJson(['evaluate', ...args], { cwd });
    expect(score).toBeGreaterThan(0);
    const likelihoods = (metrics as { metric: string; value: number | null }[]).filter(({ metric }) =>
      metric.includes('likelihood'),
    );
    for (const { value } of likelihoods) expect(value).toBeTypeOf('number');
  });

  test('model info shows tokens and the course of the training', async () => {
    const { code, stdout } = await synth(['model', 'info', model, '--limit', '2'], { cwd });
    const text = stdout.toString();
    expect(code).toBe(0);
    expect(text).toMatch(
      /^Epoch \d of 2 is the best: loss \d\.\d{3}, validation \d\.\d{3} nats per token; no more were allowed, it can be resumed$/m,
    );
    expect(text).toMatch(/^Epoch +loss \(nats per token\) +validation\n +1 +\d\.\d{3} +\d\.\d{3}/m);
    expect(text).toMatch(/← best/);
    expect(text).toMatch(/^outbound +mean bytes/m);
    expect(text).toMatch(/… and \d+ more/);
  });
});

describe('a long training', () => {
  test('is shown in a dozen rows, with its best epoch and its last', async () => {
    const args = ['--model', 'rnn', ...SMALL, '--epochs', '40', '--learning-rate', '0.05', '--patience', '3'];
    const { summary } = await trainJson([...args, '--out', 'long.safetensors']);
    const { stdout } = await synth(['model', 'info', 'long.safetensors'], { cwd });
    const [, table] = /^Epoch +loss.*\n((?: +\d.*\n)+)/m.exec(stdout.toString())!;
    const rows = table!.trimEnd().split('\n');
    const epochs = rows.map((row) => Number.parseInt(row, 10));
    expect(rows.length).toBeLessThanOrEqual(14);
    expect(epochs).toEqual(expect.arrayContaining([1, summary.bestEpoch, summary.epochs.length]));
    expect(rows.filter((row) => row.endsWith('← best'))).toHaveLength(1);
  });

  test('that nothing makes better has come to its end', async () => {
    const args = ['--model', 'rnn', ...SMALL, '--epochs', '60', '--learning-rate', '0.2', '--patience', '1'];
    const { code, stdout } = await train([...args, '--out', 'ended.safetensors']);
    expect(code).toBe(0);
    expect(stdout.toString()).toContain('stopped after 1 epoch without a better one');
    expect(stdout.toString()).not.toContain('Go on with');
    const again = await train(['--resume', 'ended.safetensors', '--patience', '9', '--out', 'y.safetensors']);
    expect([again.code, again.stderr]).toEqual([4, expect.stringContaining('has been trained to its end')]);
  });
});

test('series of two packets each are learned from', async () => {
  writeFileSync(join(cwd, 'two.csv'), 'time_s,direction,size_bytes\n1.0,out,100\n2.5,in,90\n');
  const tables = Array.from({ length: 20 }, () => 'two.csv');
  const args = ['--model', 'rnn', ...SMALL, '--epochs', '1', '--out', 'pairs.safetensors'];
  await synthJson(['train', ...tables, ...args], { cwd });
  const { stdout } = await synth(['model', 'info', 'pairs.safetensors'], { cwd });
  expect(stdout.toString()).toMatch(/loss \d\.\d{3} nats per token \(too few packets to hold any out\)/);
});

describe('--resume', () => {
  test('after --epochs is the training that was allowed more of them', async () => {
    const args = [...TARGET, '--model', 'rnn', ...SMALL];
    const { stdout } = await train([...args, '--epochs', '2', '--out', 'two.safetensors']);
    expect(stdout.toString()).toContain(
      `Go on with: synth train capture.pcap --device ${DEVICE} --epochs 4 --resume two.safetensors --out two.safetensors --force`,
    );
    await trainJson([...args, '--epochs', '5', '--out', 'five.safetensors']);
    const resumed = await trainJson([
      ...[...TARGET, '--resume', 'two.safetensors', '--epochs', '5', '--threads', '1'],
      ...['--out', 'resumed.safetensors'],
    ]);
    expect(resumed.model).toBe('rnn');
    expect(resumed.summary.epochs).toHaveLength(5);
    expect(sha256(read('resumed.safetensors'))).toBe(sha256(read('five.safetensors')));
  });

  test('replaces the file that it goes on with, when told so', async () => {
    writeFileSync(join(cwd, 'onward.safetensors'), read('tcn.safetensors'));
    const args = [...TARGET, '--model', 'tcn', '--resume', 'onward.safetensors', '--epochs', '3', '--out'];
    const refused = await train([...args, 'onward.safetensors']);
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining('SYNTH_OUTPUT_EXISTS')]);
    expect(sha256(read('onward.safetensors'))).toBe(sha256(read('tcn.safetensors')));
    expect(await train([...args, 'onward.safetensors', '--force'])).toMatchObject({ code: 0 });
    const { summary } = await synthJson(['model', 'info', 'onward.safetensors'], { cwd });
    expect((summary as Summary).epochs).toHaveLength(3);
  });

  test('takes what was held out, and what was kept, from the file', async () => {
    const args = [...TARGET, '--holdout', '1/3', '--payload-only', '--keep-addresses', '--model', 'rnn', ...SMALL];
    const first = await trainJson([...args, '--epochs', '1', '--out', 'held.safetensors']);
    const more = [...TARGET, '--resume', 'held.safetensors', '--epochs', '2', '--out', 'held-2.safetensors'];
    const second = await trainJson(more);
    expect(second.training).toEqual(first.training);
    expect(read('held-2.safetensors').toString('latin1')).toContain('10.77.0.17');
  });

  test('reads a model from standard input', async () => {
    const args = [...TARGET, '--resume', '-', '--epochs', '3', '--out', 'piped.safetensors'];
    expect(await train(args, { stdin: read('rnn.safetensors') })).toMatchObject({ code: 0 });
    const twice = await synth(['train', '-', ...args], { cwd, stdin: read('rnn.safetensors') });
    expect([twice.code, twice.stderr]).toEqual([2, expect.stringContaining('only once')]);
  });
});

describe('--from', () => {
  test('takes over the network for another target, and another share to drop', async () => {
    const { summary, model } = await trainJson([
      ...['--flow', FLOW, '--from', 'tcn.safetensors', '--epochs', '2', '--dropout', '0.1'],
      ...['--learning-rate', '0.0005', '--out', 'tuned.safetensors'],
    ]);
    expect(model).toBe('tcn');
    expect(summary).toMatchObject({ hidden: 8, embedding: 8, layers: 4, dropout: 0.1, quantizer: 'gmm' });
    expect(summary.plan.learningRate).toBe(0.0005);
    const generated = await synthJson(['generate', 'tuned.safetensors', '--out', 'tuned.pcap'], { cwd });
    expect(generated['packets']).toBeGreaterThan(0);
  });

  test('knows more from the start than what begins from nothing', async () => {
    const args = ['--flow', FLOW, '--quantizer', 'empirical', '--epochs', '1'];
    await trainJson(['--flow', FLOW, '--model', 'rnn', ...SMALL, '--epochs', '12', '--out', 'teacher.safetensors']);
    const fresh = await trainJson([
      ...[...args, '--model', 'rnn', '--hidden', '8', '--embedding', '8'],
      ...['--out', 'fresh.safetensors'],
    ]);
    const tuned = await trainJson([...args, '--from', 'teacher.safetensors', '--out', 'pupil.safetensors']);
    expect(tuned.summary.epochs[0]!.training).toBeLessThan(fresh.summary.epochs[0]!.training);
  });

  test('is what the file has where nothing else is said', async () => {
    const told = ['--model', 'rnn', ...SMALL, '--dropout', '0.45', '--epochs', '1', '--out', 'dropping.safetensors'];
    await trainJson([...TARGET, ...told]);
    const { summary } = await trainJson([
      '--from',
      'dropping.safetensors',
      '--epochs',
      '1',
      '--out',
      'heir.safetensors',
    ]);
    expect(summary.dropout).toBe(0.45);
  });

  test('never writes over the file', async () => {
    const before = sha256(read('rnn.safetensors'));
    const { code, stderr } = await train(['--from', 'rnn.safetensors', '--out', 'rnn.safetensors', '--force']);
    expect([code, stderr]).toEqual([2, expect.stringContaining('is the input')]);
    expect(sha256(read('rnn.safetensors'))).toBe(before);
  });
});

describe('drawing', () => {
  const generate = async (...args: string[]) => {
    const { code, stdout, stderr } = await synth(
      ['generate', 'rnn.safetensors', '-n', '3000', '--seed', '1', '--format', 'csv', '--out', '-', ...args],
      { cwd },
    );
    expect(code).toBe(0);
    const sizes = stdout
      .toString()
      .trimEnd()
      .split('\n')
      .slice(1)
      .map((row) => row.split(',').slice(1, 3).join());
    return { stderr, table: stdout.toString(), kinds: new Set(sizes).size };
  };

  test('is sharper at low temperatures and small shares, and broader at high ones', async () => {
    const [natural, cold, hot, few] = [
      await generate(),
      await generate('--temperature', '0.3'),
      await generate('--temperature', '3'),
      await generate('--top-p', '0.5'),
    ];
    expect(cold.kinds).toBeLessThan(natural.kinds);
    expect(few.kinds).toBeLessThan(natural.kinds);
    expect(hot.kinds).toBeGreaterThan(natural.kinds);
    expect(few.stderr).toMatch(/; seed 1, temperature 1, top-p 0\.5$/m);
  });

  test('at temperature 1 of all is as if nothing had been said', async () => {
    const [natural, told] = [await generate(), await generate('--temperature', '1', '--top-p', '1')];
    expect(told.table).toBe(natural.table);
  });

  test.each(['1e-320', '1e-30', '1e30', '1e308'])(
    'at temperature %s gives packets all the same',
    async (temperature) => {
      expect((await generate('--temperature', temperature)).kinds).toBeGreaterThan(0);
    },
  );

  test('is told in --json and in the comment of a pcapng file', async () => {
    const args = ['--temperature', '0.8', '--top-p', '0.95', '--seed', '5', '-n', '100', '--out', 'drawn.pcapng'];
    const result = await synthJson(['generate', 'tcn.safetensors', ...args], { cwd });
    expect(result).toMatchObject({ seed: '5', temperature: 0.8, topP: 0.95 });
    expect(read('drawn.pcapng').toString('latin1')).toContain('seed:5 temperature:0.8 top-p:0.95 ');
  });
});

describe('Ctrl-C', () => {
  const interrupt = (args: readonly string[], options: Partial<ProcessOptions>): Promise<Finished> =>
    synthProcess(['train', 'capture.pcap', ...args], { cwd, ...options });

  test('leaves the best weights so far, from which the training goes on to the same end', async () => {
    const args = [...TARGET, '--model', 'rnn', ...SMALL];
    const stopped = await interrupt([...args, ...ENDLESS, '--out', 'stopped.safetensors'], {
      signalWhen: ({ stderr }) => /^training: .* epoch ([3-9]|\d\d+),/m.test(stderr),
    });
    expect(stopped.code).toBe(130);
    const { summary } = (await synthJson(['model', 'info', 'stopped.safetensors'], { cwd })) as unknown as TrainedJson;
    expect(summary.end).toBe('interrupted');
    expect(stopped.stderr).toMatch(
      /^Error: interrupted in epoch \d+; stopped\.safetensors has the best weights so far, of epoch \d+ \(validation \d\.\d{3}\) \[SYNTH_INTERRUPTED\]\n {2}Go on with: synth train capture\.pcap --device 02:00:00:00:00:17 --resume stopped\.safetensors --out stopped\.safetensors --force$/m,
    );
    const { stdout } = await synth(['model', 'info', 'stopped.safetensors'], { cwd });
    expect(stdout.toString()).toMatch(/; interrupted in epoch \d+, it can be resumed$/m);
    const epochs = String(summary.epochs.length + 2);
    await trainJson([...TARGET, '--resume', 'stopped.safetensors', '--epochs', epochs, '--out', 'went-on.safetensors']);
    const whole = ['--epochs', epochs, '--patience', '1000000', '--out', 'whole.safetensors'];
    await trainJson([...args, ...whole]);
    expect(sha256(read('went-on.safetensors'))).toBe(sha256(read('whole.safetensors')));
  });

  test('in the first epoch leaves the weights that there are', async () => {
    const large = ['--model', 'tcn', '--hidden', '256', '--batch', '1', '--window', '8', '--quantizer', 'empirical'];
    const { code, stderr } = await interrupt([...large, '--out', 'early.safetensors'], {
      signalWhen: (progress) => /^training: .* epoch 1,/m.test(progress.stderr),
    });
    expect(code).toBe(130);
    expect(stderr).toMatch(/interrupted in epoch 1; early\.safetensors has the weights after [\d,]+ steps? /);
    const generated = await synth(['generate', 'early.safetensors', '-n', '10', '--out', 'early.csv'], { cwd });
    expect(generated.code).toBe(0);
  });

  test('while tokens are learned writes nothing', async () => {
    const before = readdirSync(cwd);
    const slow = ['--model', 'rnn', '--components', '1..1000', '--restarts', '1000', '--out', 'never.safetensors'];
    const { code, stderr } = await interrupt(slow, {
      signalWhen: (progress) => progress.stderr.includes('busiest device'),
    });
    expect([code, stderr]).toEqual([130, expect.stringContaining('SYNTH_INTERRUPTED')]);
    expect(readdirSync(cwd)).toEqual(before);
  });

  test('the second time ends at once, and leaves no file; before, progress is told every ten seconds', async () => {
    const before = readdirSync(cwd);
    const args = ['--model', 'tcn', ...SMALL, ...ENDLESS, '--out', 'never.safetensors'];
    const told =
      /^training: \d+ % epoch \d+, loss \d\.\d{3}, validation \d\.\d{3}, at most .* left, \d+ (k )?tokens\/s\n/m;
    const result = await interrupt(args, {
      signalWhen: ({ stderr }) => told.test(stderr),
      signals: ['SIGINT', 'SIGTERM'],
    });
    expect([result.code, result.stdout.toString()]).toEqual([130, '']);
    expect(readdirSync(cwd)).toEqual(before);
  });
});

// More of them: test/cli/train/training-flags.test.ts.
describe('mistakes', () => {
  const rnn = ['--model', 'rnn'];
  const failures: readonly (readonly [what: string, args: readonly string[], code: number, text: string])[] = [
    [
      'units that are no multiple of 8',
      [...rnn, '--hidden', '65'],
      2,
      '--hidden: give a multiple of 8 up to 1024, or auto',
    ],
    ['a kernel of rnn', [...rnn, '--kernel-size', '3'], 2, '--model tcn'],
    ['units of a Markov chain', ['--hidden', '8'], 2, '--hidden is for networks; --model markov has none'],
    ['resume and from', ['--resume', 'rnn.safetensors', '--from', 'rnn.safetensors'], 2, 'SYNTH_USAGE'],
    ['resume of another kind', ['--resume', 'rnn.safetensors', '--model', 'tcn'], 2, 'is of kind rnn, not tcn'],
    ['resume of what has no network', ['--resume', 'markov.safetensors'], 2, 'of kind markov always learns from the'],
    ['resume with other sizes', ['--resume', 'rnn.safetensors', '--hidden', '8'], 2, '--hidden cannot change'],
    ['from with other sizes', ['--from', 'tcn.safetensors', '--kernel-size', '3'], 2, '--kernel-size is what it is in'],
    ['resume with no epochs more', [...TARGET, '--resume', 'rnn.safetensors'], 2, '--epochs 4'],
    ['resume on other packets', ['--flow', FLOW, '--resume', 'rnn.safetensors'], 4, 'trained on other packets'],
    ['resume of a file that is missing', ['--resume', 'missing.safetensors'], 3, 'SYNTH_FILE_UNREADABLE'],
    ['resume of a capture', ['--resume', 'capture.pcap'], 4, 'SYNTH_MODEL_INVALID'],
    ['a network beyond all bounds', [...rnn, '--hidden', '1024', '--layers', '12', ...QUICK()], 4, 'parameters'],
    ['a rate that explodes', [...rnn, '--learning-rate', '1e30', ...QUICK()], 4, 'lower --learning-rate'],
  ];
  function QUICK() {
    return ['--quantizer', 'empirical', '--epochs', '1'];
  }

  test.each(failures)('%s: a code, an exit code, nothing left behind', async (_, args, code, text) => {
    const before = readdirSync(cwd);
    const result = await train([...args, '--out', 'refused.safetensors']);
    expect(result.stderr).toContain(text);
    expect(result.stderr).toMatch(/\[SYNTH_[A-Z_]+\]$/m);
    expect(result.stderr).not.toMatch(/\n\s+at /);
    expect(result.code).toBe(code);
    expect(readdirSync(cwd)).toEqual(before);
  });

  test.each([
    ['a temperature of a Markov chain', ['markov.safetensors', '--temperature', '0.5'], 'of kind markov'],
    ['a share of a Markov chain', ['markov.safetensors', '--top-p', '0.5'], 'of kind markov'],
    ['a temperature of zero', ['rnn.safetensors', '--temperature', '0'], 'not a number above 0'],
    ['a temperature without end', ['rnn.safetensors', '--temperature', 'Infinity'], 'not a number above 0'],
    ['a share of nothing', ['rnn.safetensors', '--top-p', '0'], 'not a share above 0, up to 1'],
    ['a share above all', ['rnn.safetensors', '--top-p', '1.01'], 'not a share above 0, up to 1'],
  ])('%s', async (_, args, text) => {
    const { code, stderr } = await synth(['generate', ...args, '--out', 'refused.pcap'], { cwd });
    expect([code, stderr]).toEqual([2, expect.stringContaining(text)]);
    expect(stderr).toContain('SYNTH_USAGE');
    expect(readdirSync(cwd)).not.toContain('refused.pcap');
  });

  test.runIf(process.platform === 'linux')('a full disk, and a folder that takes no files', async () => {
    const args = [...rnn, ...SMALL, '--epochs', '1', '--out'];
    const full = await train([...args, '/dev/full']);
    expect([full.code, full.stderr]).toEqual([5, expect.stringContaining('no space left on the device')]);
    const closed = await train([...args, '/proc/model.safetensors']);
    expect([closed.code, closed.stderr]).toEqual([5, expect.stringContaining('SYNTH_OUTPUT_FAILED')]);
    // Told before the training.
    expect(closed.stderr).not.toContain('busiest device');
  });

  test('a damaged model says what is wrong with it', async () => {
    const { tensors, metadata } = decodeSafetensors(read('rnn.safetensors'));
    const { sha256: _, ...rest } = metadata;
    const without = (name: string) => new Map([...tensors].filter(([key]) => key !== name));
    const withTensor = (name: string, tensor: Tensor) => new Map([...tensors, [name, tensor]]);
    const withSummary = (change: object) => ({
      ...rest,
      summary: JSON.stringify({ ...(JSON.parse(rest['summary']!) as object), ...change }),
    });
    const flipped = Buffer.from(read('rnn.safetensors'));
    flipped[flipped.length - 1]! ^= 1;
    const short: Tensor = { shape: [1], data: new Float32Array(1) };
    const files: readonly (readonly [file: Uint8Array, text: string])[] = [
      [flipped, 'is damaged'],
      [flipped.subarray(0, 2000), 'is not a model file'],
      [encodeSafetensors(without('embedding.weight'), rest), 'lacks a tensor “embedding.weight”'],
      [encodeSafetensors(withTensor('output.bias', short), rest), 'lacks a tensor “output.bias” of shape'],
      [encodeSafetensors(without('training.means'), rest), 'lacks the tensor “training.means”'],
      [encodeSafetensors(withTensor('training.means', short), rest), 'a training state that does not fit its network'],
      [encodeSafetensors(tensors, withSummary({ hidden: 12 })), 'a summary that is not one of a network'],
      [encodeSafetensors(tensors, withSummary({ cell: 'tcn' })), 'a summary that is not one of a network'],
      [encodeSafetensors(tensors, withSummary({ bestEpoch: 3 })), 'a best epoch that there was not'],
      [encodeSafetensors(tensors, withSummary({ vocabulary: 3 })), 'a network for another number of tokens'],
    ];
    for (const [file, text] of files) {
      const error = await expectSynthError(decodeModelFile('m.safetensors', file), 'SYNTH_MODEL_INVALID');
      expect(error.message).toMatch(/^m\.safetensors: /);
      expect(error.message).toContain(text);
    }
    const { code, stderr } = await synth(['model', 'info', '-'], { cwd, stdin: flipped });
    expect([code, stderr]).toEqual([4, expect.stringContaining('is damaged')]);
  });
});
