/** `--report` of evaluate and inspect as users run it: where the page goes, what stands in it, what is told when it cannot. */
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { DEVICE, type RunOptions, sha256, synth, synthJson, synthLine, workFolder } from '../support/cli.js';
import { arpCapture } from '../support/frames.js';
import { commandOf, undated } from '../support/report.js';

const cwd = workFolder();
const TARGET = ['--device', DEVICE];
const FLOW = ['--flow', 'UDP 10.77.0.17:40004 10.77.0.1:5004'];
const QUICK = ['--seeds', '1', '--bootstrap', '2'];
const read = (name: string) => readFileSync(join(cwd, name));
const page = (name: string) => read(name).toString();

beforeAll(async () => {
  await synthJson(['train', 'capture.pcap', ...TARGET, '--holdout', '1/3', '--out', 'model.safetensors'], { cwd });
  await synthJson(['generate', 'model.safetensors', '--seed', '1', '--out', 'fake.pcap'], { cwd });
  writeFileSync(join(cwd, 'arp.pcap'), arpCapture());
});

/** A whole page, which says what it is about. */
function expectReport(text: string, ...about: readonly string[]): void {
  expect(text).toMatch(/^<!doctype html>/);
  expect(text).toMatch(/<\/html>\s*$/);
  expect(text).not.toMatch(/NaN|Infinity|undefined|\[object/);
  expect(text).not.toMatch(/<script|<link|src=|@import|url\(/);
  for (const one of about) expect(text).toContain(one);
}

/** Runs the command that a report names, in the same folder. */
function repeat(command: string, more: string) {
  expect(command).toMatch(/^synth /);
  return synthLine(`${command} ${more}`, { cwd });
}

describe('evaluate --report', () => {
  const evaluate = (args: readonly string[], options: Partial<RunOptions> = {}) =>
    synth(['evaluate', ...args, ...QUICK], { cwd, ...options });

  test('writes one file, beside the result', async () => {
    const before = readdirSync(cwd);
    const { code, stdout, stderr } = await evaluate(['capture.pcap', 'fake.pcap', ...TARGET, '--report', 'plain.html']);
    expect([code, stdout.toString()]).toEqual([0, expect.stringContaining('Fidelity score')]);
    expect(stderr).toContain('Report written to plain.html');
    expect(readdirSync(cwd).filter((name) => !before.includes(name))).toEqual(['plain.html']);
    expectReport(page('plain.html'), 'fake.pcap', 'capture.pcap', DEVICE);
    const [score] = /(?<=Fidelity score )[\d.]+/.exec(stdout.toString())!;
    expect(page('plain.html')).toContain(`<p class="score">${score}<small>`);
  });

  test('names every candidate, and what somebody should know', async () => {
    writeFileSync(join(cwd, 'cut.pcap'), read('fake.pcap').subarray(0, 400_000));
    const candidates = ['fake.pcap', 'model.safetensors', 'cut.pcap'];
    const args = ['capture.pcap', ...candidates, ...TARGET, '--report', 'several.html'];
    expect(await evaluate(args)).toMatchObject({ code: 0 });
    expectReport(page('several.html'), ...candidates, 'The best of 3 candidates', 'documentation addresses');
    expect(page('several.html')).toContain('cut.pcap: cut short in the middle of a packet at byte');
  });

  test('the same command and seed make the same page, but for its date', async () => {
    const args = ['capture.pcap', 'model.safetensors', ...TARGET, '--seed', '7', '--report', 'same.html', '--force'];
    const pages = [];
    for (let i = 0; i < 2; i++) {
      expect(await evaluate(args)).toMatchObject({ code: 0 });
      pages.push(page('same.html'));
    }
    expect(undated(pages[1]!)).toBe(undated(pages[0]!));
    expect(undated(pages[0]!)).not.toBe(pages[0]);
  });

  test.each([
    ['a drawn seed', [...TARGET], 'model.safetensors'],
    ['a flow', [...FLOW, '--payload-only'], 'model.safetensors'],
    ['a name that a shell would take apart', [...TARGET], "it's a model; $(or not).safetensors"],
  ])('the command in it repeats the score: %s', async (_, target, model) => {
    if (model !== 'model.safetensors') symlinkSync('model.safetensors', join(cwd, model));
    const args = ['capture.pcap', model, ...target, '--report', 'repeat.html', '--force'];
    const first = await evaluate([...args, '--json']);
    const { score, seed } = JSON.parse(first.stdout.toString()) as { score: number; seed: string };
    expect(score).toBeGreaterThan(0);
    const command = commandOf(page('repeat.html'));
    expect(command).toContain(`--seed ${seed}`);
    const again = await repeat(command, '');
    expect([again.code, again.stderr.includes('Error')]).toEqual([0, false]);
    expect(JSON.parse(again.stdout.toString())).toMatchObject({ score, seed });
  });

  test('the command in it repeats the score after a --, too', async () => {
    const args = ['evaluate', ...QUICK, ...TARGET, '--report', 'dashes.html', '--force', '--json'];
    const first = await synth([...args, '--', 'capture.pcap', 'model.safetensors'], { cwd });
    const again = await repeat(commandOf(page('dashes.html')), '');
    expect(JSON.parse(again.stdout.toString())).toEqual(JSON.parse(first.stdout.toString()));
  });

  test('- is standard output, which then holds nothing else', async () => {
    const { code, stdout, stderr } = await evaluate(['capture.pcap', 'fake.pcap', ...TARGET, '--report', '-']);
    expect(code).toBe(0);
    expectReport(stdout.toString(), 'fake.pcap');
    expect(stderr).toContain('documentation addresses');
  });

  test('is written where a score is below --fail-under', async () => {
    const args = ['capture.pcap', 'fake.pcap', ...TARGET, '--report', 'failed.html', '--fail-under', '100'];
    expect(await evaluate(args)).toMatchObject({ code: 99 });
    expectReport(page('failed.html'), 'fake.pcap');
  });

  test('says why there is no score', async () => {
    writeFileSync(join(cwd, 'one.csv'), 'time_s,direction,size_bytes\n1.0,out,100\n');
    expect(await evaluate(['capture.pcap', 'one.csv', ...TARGET, '--report', 'none.html'])).toMatchObject({ code: 0 });
    expectReport(page('none.html'), 'no score', 'Not enough data: the synthetic series is too short for', '1 packet,');
  });
});

describe('inspect --report', () => {
  const inspect = (args: readonly string[], options: Partial<RunOptions> = {}) =>
    synth(['inspect', ...args], { cwd, ...options });

  test.each([
    ['the busiest device', [], 'showing the busiest device, 02:00:00:00:00:01'],
    ['a device', TARGET, `>${DEVICE}</span> talks`],
    ['a flow', FLOW, '>UDP 10.77.0.17:40004 10.77.0.1:5004</span> talks'],
  ])('shows %s', async (_, target, text) => {
    const { code, stdout, stderr } = await inspect(['capture.pcap', ...target, '--report', 'inspect.html', '--force']);
    expect([code, stdout.toString()]).toEqual([0, expect.stringContaining('7,603 packets')]);
    expect(stderr).toContain('Report written to inspect.html');
    expectReport(page('inspect.html'), 'capture.pcap', '7,601 IP packets', text);
  });

  test('has the numbers of --json, which is given as ever', async () => {
    const { code, stdout } = await inspect(['capture.pcap', '--report', 'json.html', '--json']);
    expect(code).toBe(0);
    expect(JSON.parse(stdout.toString())).toMatchObject({ schemaVersion: 1, packets: 7603, ipPackets: 7601 });
    expectReport(page('json.html'), '7,601 IP packets');
  });

  test('the same command makes the same page, and so does the one in it', async () => {
    const args = ['capture.pcap', ...FLOW, '--report', 'again.html', '--force'];
    const pages = [];
    for (let i = 0; i < 2; i++) {
      await inspect(args);
      pages.push(undated(page('again.html')));
    }
    expect(await repeat(commandOf(pages[0]!), '')).toMatchObject({ code: 0 });
    pages.push(undated(page('again.html')));
    expect(new Set(pages).size).toBe(1);
  });

  test('reads standard input, and several captures', async () => {
    const input = await inspect(['-', ...TARGET, '--report', 'stdin.html'], { stdin: read('capture.pcap') });
    expect(input.code).toBe(0);
    expectReport(page('stdin.html'), 'standard input', DEVICE);
    expect(await inspect(['capture.pcap', 'fake.pcap', '--report', 'two.html'])).toMatchObject({ code: 0 });
    expectReport(page('two.html'), 'capture.pcap, fake.pcap');
  });

  test('of a capture without IP packets, and of one that was cut short', async () => {
    expect(await inspect(['arp.pcap', '--report', 'arp.html'])).toMatchObject({ code: 0 });
    expectReport(page('arp.html'), 'No IP packets', '1 frame without an IP packet');
    writeFileSync(join(cwd, 'half.pcap'), read('capture.pcap').subarray(0, 100_000));
    expect(await inspect(['half.pcap', '--report', 'half.html'])).toMatchObject({ code: 0 });
    expectReport(page('half.html'), 'half.pcap: cut short in the middle of a packet at byte');
  });

  test('of a device that is not there is none, and without --report there is nothing to choose', async () => {
    const unknown = await inspect(['capture.pcap', '--device', '1.2.3.4', '--report', 'unknown.html']);
    expect([unknown.code, unknown.stderr]).toEqual([3, expect.stringContaining('SYNTH_TARGET_NOT_FOUND')]);
    const none = await inspect(['arp.pcap', ...TARGET, '--report', 'unknown.html']);
    expect([none.code, none.stderr]).toEqual([3, expect.stringContaining('SYNTH_TARGET_NOT_FOUND')]);
    expect(readdirSync(cwd)).not.toContain('unknown.html');
    for (const target of [TARGET, FLOW]) {
      const { code, stderr } = await inspect(['capture.pcap', ...target]);
      expect([code, stderr]).toEqual([2, expect.stringContaining('Add --report FILE.html')]);
    }
  });
});

describe.each([
  ['evaluate', ['capture.pcap', 'fake.pcap', ...TARGET, '--bootstrap', '1000'], ['--bootstrap', '0']],
  ['inspect', ['capture.pcap', ...TARGET], []],
])('%s --report that cannot be written', (command, args, quick) => {
  const run = (report: string, ...more: readonly string[]) =>
    synth([command, ...args, '--report', report, ...more], { cwd });

  test.each([
    ['an existing file', 'existing.html', [], 2, 'SYNTH_OUTPUT_EXISTS'],
    ['an input', 'capture.pcap', ['--force'], 2, 'is the input'],
    ['a folder', 'folder', ['--force'], 5, 'is a directory'],
    ['a folder that is not there', 'no/such/report.html', [], 5, 'no such file or directory'],
    ['a file in place of a folder', 'capture.pcap/report.html', [], 5, 'SYNTH_OUTPUT_FAILED'],
    ['standard output, which --json has', '-', ['--json'], 2, '--json and --report - both want standard output'],
  ] as const)('%s: told before the work', async (_, report, more, code, text) => {
    mkdirSync(join(cwd, 'folder'), { recursive: true });
    writeFileSync(join(cwd, 'existing.html'), 'mine');
    const capture = sha256(read('capture.pcap'));
    const result = await run(report, ...more);
    expect([result.code, result.stderr + result.stdout.toString()]).toEqual([code, expect.stringContaining(text)]);
    expect(page('existing.html')).toBe('mine');
    expect(sha256(read('capture.pcap'))).toBe(capture);
  });

  test('an existing file is replaced with --force', async () => {
    writeFileSync(join(cwd, 'old.html'), 'old');
    const without = args.filter((word) => word !== '--bootstrap' && word !== '1000');
    expect(await synth([command, ...without, ...quick, '--report', 'old.html', '--force'], { cwd })).toMatchObject({
      code: 0,
    });
    expectReport(page('old.html'));
  });

  test('a full disk', async () => {
    const without = args.filter((word) => word !== '--bootstrap' && word !== '1000');
    const { code, stdout, stderr } = await synth([command, ...without, ...quick, '--report', '/dev/full'], { cwd });
    expect([code, stderr]).toEqual([5, expect.stringContaining('no space left on the device [SYNTH_OUTPUT_FAILED]')]);
    // The work was not for nothing.
    if (command === 'evaluate') expect(stdout.toString()).toContain('Fidelity score');
  });
});
