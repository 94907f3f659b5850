/** `synth evaluate` as users run it: scores, rankings, thresholds, and what is told when something is wrong. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { DEVICE, type Finished, type RunOptions, synth, synthJson, synthProcess, workFolder } from '../support/cli.js';

const cwd = workFolder();
const TARGET = ['--device', DEVICE];
/** Few resamplings and one series: enough for whatever does not ask how exact a number is. */
const QUICK = ['--seeds', '1', '--bootstrap', '2', '--seed', '5'];
const read = (name: string) => readFileSync(join(cwd, name));
const evaluate = (args: readonly string[], options: Partial<RunOptions> = {}): Promise<Finished> =>
  synth(['evaluate', ...args, ...QUICK], { cwd, ...options });
async function evaluateJson(args: readonly string[]): Promise<Result & { readonly candidates: readonly Result[] }> {
  const result: unknown = await synthJson(['evaluate', ...args, ...QUICK], { cwd });
  return result as Result & { readonly candidates: readonly Result[] };
}

interface Result {
  readonly real: string;
  readonly synthetic: string;
  readonly score: number | null;
  readonly reason: string | null;
  readonly seed: string;
  readonly meanExcess: number | null;
  readonly syntheticPackets: readonly number[];
  readonly metrics: readonly Metric[];
}

interface Metric {
  readonly metric: string;
  readonly quantity: string;
  readonly value: number | null;
  readonly floor: number | null;
  readonly excess: number | null;
  readonly bootstrap: unknown;
  readonly reason: string | null;
}

const table = (rows: readonly string[]) => ['time_s,direction,size_bytes', ...rows, ''].join('\n');
const packetRows = (count: number): readonly string[] =>
  read('real.csv')
    .toString()
    .split('\n')
    .slice(1, count + 1)
    .map((row) => row.split(',').slice(0, 3).join(','));

beforeAll(async () => {
  const model = ['--holdout', '1/3', '--out', 'model.safetensors'];
  await synthJson(['train', 'capture.pcap', ...TARGET, ...model], { cwd });
  await synthJson(['generate', 'model.safetensors', '--seed', '1', '--out', 'fake.pcap'], { cwd });
  await synthJson(['extract', 'capture.pcap', ...TARGET, '--out', 'real.csv'], { cwd });
  // Every size and every gap of it is wrong.
  const wrong = Array.from({ length: 6000 }, (_, i) => `${1_700_000_000 + i}.0,${i % 3 === 0 ? 'in' : 'out'},1400`);
  writeFileSync(join(cwd, 'wrong.csv'), table(wrong));
  writeFileSync(join(cwd, 'one.csv'), table(['1700000000.0,out,100']));
  writeFileSync(join(cwd, 'few.csv'), table(packetRows(140)));
});

describe('a score', () => {
  test('is a number in --json, and the same is printed', async () => {
    const args = ['capture.pcap', 'fake.pcap', ...TARGET];
    const { score, metrics, meanExcess, real, synthetic } = await evaluateJson(args);
    const { code, stdout } = await evaluate(args);
    expect(code).toBe(0);
    expect(score).toBeGreaterThan(80);
    expect(score).toBeLessThanOrEqual(100);
    expect(stdout.toString()).toContain(`Fidelity score ${score!.toFixed(1)}`);
    expect([real, synthetic]).toEqual(['capture.pcap', 'fake.pcap']);
    expect(Math.abs(meanExcess!)).toBeLessThan(0.2);
    for (const { value, floor, excess, reason } of metrics) {
      if (reason === null) expect(excess).toBeCloseTo(value! - floor!, 9);
      else expect(value).toBeNull();
    }
  });

  test('of several candidates ranks them, the best first, whatever the order they are given in', async () => {
    for (const given of [
      ['wrong.csv', 'fake.pcap', 'model.safetensors'],
      ['model.safetensors', 'wrong.csv', 'fake.pcap'],
    ]) {
      const { candidates, ...best } = await evaluateJson(['capture.pcap', ...given, ...TARGET]);
      const scores = candidates.map((candidate) => candidate.score!);
      expect(scores).toEqual([...scores].sort((a, b) => b - a));
      expect(candidates.map(({ synthetic }) => synthetic).sort()).toEqual([...given].sort());
      expect(candidates.at(-1)!.synthetic).toBe('wrong.csv');
      expect(best).toMatchObject({ score: scores[0], synthetic: candidates[0]!.synthetic });
    }
    const { stdout } = await evaluate(['capture.pcap', 'wrong.csv', 'fake.pcap', ...TARGET]);
    expect(stdout.toString()).toMatch(/1\. fake\.pcap +\d[\s\S]*2\. wrong\.csv +\d[\s\S]*── fake\.pcap/);
  });

  test('of a model is of several seeds, repeatably', async () => {
    const args = ['evaluate', 'capture.pcap', 'model.safetensors', ...TARGET, '--seeds', '2', '--seed', '5'];
    const [first, second] = [await synthJson(args, { cwd }), await synthJson(args, { cwd })];
    expect(first).toEqual(second);
    expect(first['syntheticPackets']).toHaveLength(2);
  });

  test('of a capture against itself is all but perfect', async () => {
    const { score, meanExcess } = await evaluateJson(['capture.pcap', 'capture.pcap', ...TARGET]);
    expect(score).toBeGreaterThan(98);
    expect(meanExcess).toBeLessThanOrEqual(0);
  });

  test('comes without resamplings, too', async () => {
    const args = ['capture.pcap', 'fake.pcap', ...TARGET, '--bootstrap', '0', '--seed', '5', '--json'];
    const { code, stdout } = await synth(['evaluate', ...args], { cwd });
    const { score, metrics } = JSON.parse(stdout.toString()) as Result;
    expect(code).toBe(0);
    expect(score).toBeGreaterThan(50);
    // The classifier has an interval of its own.
    expect(metrics.every(({ metric, bootstrap }) => bootstrap === null || metric === 'classifier AUC')).toBe(true);
  });

  test('--all shows every metric, in at most 100 columns', async () => {
    const args = ['capture.pcap', 'model.safetensors', ...TARGET];
    const [some, all] = [await evaluate(args), await evaluate([...args, '--all'])];
    const lines = (result: Finished) => result.stdout.toString().split('\n');
    const { metrics } = await evaluateJson(args);
    expect(lines(all).length - lines(some).length).toBeGreaterThan(metrics.length - 20);
    expect(Math.max(...lines(all).map((line) => line.length))).toBeLessThanOrEqual(100);
  });
});

describe('--fail-under', () => {
  const args = ['capture.pcap', 'fake.pcap', ...TARGET];

  test('passes with 0', async () => {
    expect(await evaluate([...args, '--fail-under', '50'])).toMatchObject({ code: 0 });
  });

  test('fails with 99, and the result is printed all the same', async () => {
    const { code, stdout, stderr } = await evaluate([...args, '--fail-under', '99.99']);
    expect(code).toBe(99);
    expect(stdout.toString()).toContain('Fidelity score');
    expect(stderr).toMatch(/^Error: fake\.pcap scores \d+\.\d, below --fail-under 99\.99 \[SYNTH_THRESHOLD_FAILED\]$/m);
  });

  test('fails with --json, whose output stays a result', async () => {
    const { code, stdout, stderr } = await evaluate([...args, '--fail-under', '100', '--json']);
    expect(code).toBe(99);
    const result = JSON.parse(stdout.toString()) as Record<string, unknown>;
    expect(result['schemaVersion']).toBe(1);
    expect(result['score']).toBeTypeOf('number');
    expect(stderr).toContain('[SYNTH_THRESHOLD_FAILED]');
  });

  test('fails if one of several is below', async () => {
    const { code, stderr } = await evaluate([
      'capture.pcap',
      'fake.pcap',
      'wrong.csv',
      ...TARGET,
      '--fail-under',
      '70',
    ]);
    expect(code).toBe(99);
    expect(stderr).toContain('wrong.csv scores');
    expect(stderr).not.toContain('fake.pcap scores');
  });

  test('fails where there is no score', async () => {
    const { code, stdout, stderr } = await evaluate(['real.csv', 'few.csv', '--fail-under', '0', '--json']);
    expect(code).toBe(99);
    expect(JSON.parse(stdout.toString())).toMatchObject({
      score: null,
      reason: expect.stringMatching(/^not enough data/),
    });
    expect(stderr).toMatch(/few\.csv has no score \(not enough data.*\[SYNTH_THRESHOLD_FAILED\]/);
  });

  test.each([['-1'], ['101'], ['NaN'], ['high'], ['']])('%j is no score', async (text) => {
    const { code, stderr } = await evaluate([...args, `--fail-under=${text}`]);
    expect([code, stderr]).toEqual([2, expect.stringContaining('[SYNTH_USAGE]')]);
  });
});

describe('what is compared', () => {
  test('says by name what there is not enough data for', async () => {
    writeFileSync(join(cwd, 'short.csv'), table(['1.0,out,100', '1.5,out,100', '2.0,out,120', '2.5,out,100']));
    const { metrics } = await evaluateJson(['short.csv', 'short.csv']);
    const reasons = metrics.map(({ metric, quantity, reason }) => `${metric} ${quantity}: ${reason}`);
    expect(reasons).toContain('ks size: null');
    expect(reasons).toContain('ks size: not enough data: the held-out part has no packets');
    expect(reasons).toContain('ks throughput 1 s: not enough data: the held-out part has no full bins of 1 s');
    expect(reasons.join()).not.toMatch(/NaN|undefined/);
    const { code, stdout } = await evaluate(['short.csv', 'short.csv', '--all']);
    expect([code, stdout.toString()]).toEqual([
      0,
      expect.stringContaining('not enough data: the held-out part has no'),
    ]);
    expect(stdout.toString()).not.toMatch(/NaN|undefined|null/);
  });

  test('one synthetic packet has no score, and a reason', async () => {
    const { code, stdout } = await evaluate(['real.csv', 'one.csv']);
    expect(code).toBe(0);
    expect(stdout.toString()).toMatch(/^1 synthetic packet against/);
    expect(stdout.toString()).toContain('No fidelity score: not enough data: the synthetic series is too short for');
    expect(stdout.toString()).not.toMatch(/NaN|undefined|null/);
  });

  test('a real series of two packets cannot be judged by', async () => {
    writeFileSync(join(cwd, 'two.csv'), table(['1.0,out,100', '1.5,out,100']));
    const { code, stderr } = await evaluate(['two.csv', 'real.csv']);
    expect([code, stderr]).toEqual([3, expect.stringContaining('SYNTH_EVALUATION_IMPOSSIBLE')]);
  });

  test('says whose packets of a synthetic capture it took', async () => {
    const named = await evaluate(['capture.pcap', 'fake.pcap', ...TARGET]);
    expect(named.stderr).toContain(
      `fake.pcap has documentation addresses: taking 00:00:5e:00:53:01 in place of ${DEVICE}`,
    );
    const generated = await evaluate(['real.csv', 'fake.pcap']);
    expect(generated.stderr).toContain('documentation addresses: taking 00:00:5e:00:53:01');
    const busiest = await evaluate(['real.csv', 'capture.pcap']);
    expect(busiest.stderr).toMatch(/taking its busiest device, 02:00:00:00:00:\d\d/);
  });

  test('notes that a model learned other packets than it is judged by', async () => {
    await synthJson(['train', 'capture.pcap', ...TARGET, '--payload-only', '--out', 'payload.safetensors'], { cwd });
    for (const [model, more, expected] of [
      ['payload.safetensors', [], 'with --payload-only and is judged without it'],
      ['model.safetensors', ['--payload-only'], 'without --payload-only and is judged with it'],
    ] as const) {
      const { stderr } = await evaluate(['capture.pcap', model, ...TARGET, ...more]);
      expect(stderr).toContain(`${model}: the model was trained ${expected}`);
    }
    const same = await evaluate(['capture.pcap', 'payload.safetensors', ...TARGET, '--payload-only']);
    expect(same.stderr).not.toContain('and is judged');
    expect(same.stderr).toContain('payload.safetensors: the model was trained without --holdout 1/3');
  });

  test('standard input is the real side, or the synthetic one', async () => {
    const files = await evaluateJson(['capture.pcap', 'fake.pcap', ...TARGET]);
    for (const [args, stdin, name] of [
      [['-', 'fake.pcap'], 'capture.pcap', 'real'],
      [['capture.pcap', '-'], 'fake.pcap', 'synthetic'],
    ] as const) {
      const { code, stdout } = await evaluate([...args, ...TARGET, '--json'], { stdin: read(stdin) });
      expect(code).toBe(0);
      expect(JSON.parse(stdout.toString())).toMatchObject({ score: files.score, [name]: 'standard input' });
    }
    const model = await evaluate(['capture.pcap', '-', ...TARGET, '--json'], { stdin: read('model.safetensors') });
    expect(JSON.parse(model.stdout.toString())).toMatchObject({ modelKind: 'markov', synthetic: 'standard input' });
  });

  test('a truncated synthetic capture is judged by the packets before the cut, with a warning', async () => {
    writeFileSync(join(cwd, 'cut.pcap'), read('fake.pcap').subarray(0, 400_000));
    const { code, stdout, stderr } = await evaluate(['capture.pcap', 'cut.pcap', ...TARGET, '--json']);
    expect(code).toBe(0);
    expect(stderr).toMatch(/^Warning: cut\.pcap: cut short in the middle of a packet at byte \d+/m);
    expect((JSON.parse(stdout.toString()) as Result).syntheticPackets[0]).toBeGreaterThan(1000);
  });

  test('rows without a number are left out with a warning', async () => {
    const rows = packetRows(200);
    writeFileSync(join(cwd, 'nan.csv'), table([rows[0]!, '1700000000.0,out,NaN', 'nan,in,60', ...rows.slice(1)]));
    const { code, stdout, stderr } = await evaluate(['real.csv', 'nan.csv', '--json']);
    expect(code).toBe(0);
    expect(stderr).toMatch(/^Warning: nan\.csv: 2 rows, the first in line 3, without a time or a size: left out$/m);
    expect((JSON.parse(stdout.toString()) as Result).syntheticPackets).toEqual([200]);
  });
});

describe('mistakes', () => {
  /** Takes longer than the timeout of a test: an error that arrives was reported before this work. */
  const LONG_WORK = ['--bootstrap', '1000', '--seeds', '1000'];

  test.each([
    [
      'a missing synthetic file',
      ['capture.pcap', 'fake.pcap', 'missing.pcap', ...TARGET],
      3,
      'missing.pcap: no such file',
    ],
    ['a missing real file', ['missing.pcap', 'fake.pcap', ...TARGET], 3, 'missing.pcap: no such file'],
    ['a damaged model', ['capture.pcap', 'fake.pcap', 'half.safetensors', ...TARGET], 4, 'SYNTH_MODEL_INVALID'],
    ['a device that is not there', ['capture.pcap', 'fake.pcap', '--device', '1.2.3.4'], 3, 'SYNTH_TARGET_NOT_FOUND'],
    ['a device of a table', ['real.csv', 'fake.pcap', ...TARGET], 2, 'SYNTH_USAGE'],
    ['nothing to compare with', ['capture.pcap'], 2, 'SYNTH_USAGE'],
    ['no series at all', ['capture.pcap', 'fake.pcap', '--seeds', '0'], 2, 'SYNTH_USAGE'],
    ['a number of resamplings below 0', ['capture.pcap', 'fake.pcap', '--bootstrap', '-1'], 2, 'SYNTH_USAGE'],
  ] as const)('%s: told at once', async (_, args, code, text) => {
    writeFileSync(join(cwd, 'half.safetensors'), read('model.safetensors').subarray(0, 5000));
    const flags = args.some((word) => word === '--seeds' || word === '--bootstrap') ? [] : LONG_WORK;
    const result = await synth(['evaluate', ...args, ...flags], { cwd });
    expect([result.code, result.stderr]).toEqual([code, expect.stringContaining(text)]);
    expect(result.stderr).not.toMatch(/\n\s+at /);
  });

  test('an interrupted evaluation exits with 130 and leaves no file behind', async () => {
    const before = readdirSync(cwd);
    const args = ['capture.pcap', 'model.safetensors', ...TARGET, ...LONG_WORK, '--report', 'interrupted.html'];
    const { code, stdout, stderr } = await synthProcess(['evaluate', ...args], {
      cwd,
      signalWhen: (progress) => /^evaluating: .+\n/m.test(progress.stderr),
    });
    expect([code, stdout.toString()]).toEqual([130, '']);
    expect(stderr).toContain('SYNTH_INTERRUPTED');
    expect(readdirSync(cwd)).toEqual(before);
  });
});
