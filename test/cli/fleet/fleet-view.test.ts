/** What the terminal, scripts and pipelines are told of a fleet. */
import { expect, test } from 'vitest';
import { fleetFailure, fleetJson, fleetLines, fleetLiveLine, fleetPanel } from '../../../src/cli/fleet/fleet-view.js';
import { type PanelStream, startPanel } from '../../../src/cli/live-line.js';
import type { FleetResult } from '../../../src/fleet/account/snapshot.js';
import {
  countsOf,
  emptyResult,
  groupIntervalOf,
  groupOf,
  intervalOf,
  MS,
  resultOf,
  snapshotOf,
  thresholdOf,
} from '../../fleet/sample-fleet.js';

const INTERVAL = {
  ...intervalOf(90),
  seconds: 2,
  total: groupIntervalOf({
    sent: 4001,
    acknowledged: 3000,
    latency: { p50Ns: 5 * MS, p99Ns: 31 * MS, maxNs: 50 * MS },
  }),
};

test('The live line says how far the run is, who is up, how fast it is now and what failed', () => {
  expect(fleetLiveLine(snapshotOf({ interval: INTERVAL }))).toBe(
    'hold 90.0 s of 2.00 min, 118/120 up, sent 2,001/s, acknowledged 1,500/s, p99 31.0 ms, 932 errors',
  );
});

test('Before the first interval, without an end and without errors there is less to say', () => {
  const snapshot = snapshotOf({
    interval: undefined,
    plannedSeconds: Number.POSITIVE_INFINITY,
    groups: [groupOf({ devices: 3 })],
  });
  expect(fleetLiveLine(snapshot)).toBe('hold 90.0 s, 0/3 up');
});

test('Of an interval without acknowledgements there is no latency', () => {
  expect(fleetLiveLine(snapshotOf({ interval: intervalOf(1, { sent: 5 }) }))).toContain('p99 –');
});

test('The panel has a row for each group, one for all of them, and the most frequent error', () => {
  const lines = fleetPanel(snapshotOf(), 100);
  expect(lines[0]).toBe('██████████████████░░░░░░ hold, 90.0 s of 2.00 min');
  expect(lines[1]).toMatch(/^group +up +wanted +sent +acknowledged +p99 +errors$/);
  expect(lines[2]).toMatch(/^hub +98\/100 +100 +\d+\/s +\d+\/s +[\d.]+ ms +932$/);
  expect(lines[3]).toMatch(/^doorbell +20\/20 +20 /);
  expect(lines[4]).toMatch(/^all +118\/120 +120 /);
  expect(lines[5]).toBe('most frequent error: 700 × dropped: offline');
  expect(lines).toHaveLength(6);
});

test('Of many groups the panel shows twenty, and no line is wider than the terminal', () => {
  const groups = Array.from({ length: 100 }, (_, index) => groupOf({ name: `group-${index}-${'x'.repeat(30)}` }));
  for (const columns of [200, 39, 5]) {
    const lines = fleetPanel(snapshotOf({ groups }), columns);
    expect(lines.filter((line) => line.startsWith('group-'.slice(0, columns)))).toHaveLength(columns < 6 ? 21 : 20);
    expect(lines.at(-1)).toBe('and 80 more'.slice(0, columns));
    for (const line of lines) expect([...line].length).toBeLessThanOrEqual(columns);
  }
});

test('A long name leaves room for the numbers', () => {
  const groups = [groupOf({ name: `device-${'x'.repeat(60)}` })];
  expect(fleetPanel(snapshotOf({ groups }), 79)[2]).toMatch(
    /^device-x{13}… +0\/100 +100 +\d+\/s +\d+\/s +[\d.]+ ms +0$/,
  );
});

test('Names cannot move the cursor', () => {
  const groups = [groupOf({ name: 'a\u001b[2Jb\n', errors: new Map([['message: \u001b]0;x\u0007', 1]]) })];
  const text = [
    ...fleetPanel(snapshotOf({ groups }), 100),
    ...fleetLines(resultOf({ groups, warnings: ['w\u001b[1m'] })),
    fleetLiveLine(snapshotOf({ phase: 'ho\rld' })),
  ].join('');
  expect(text).not.toMatch(/\p{Cc}/u);
  expect(text).toContain('a�[2Jb�');
});

test('The summary has the groups, the account, durations, errors, outages, thresholds, memory and the verdict', () => {
  const lines = fleetLines(resultOf());
  const text = lines.join('\n');
  expect(lines[0]).toMatch(/^group +devices +connects +sent +acknowledged +errors +latency p50 +p99 +late p99$/);
  expect(lines[1]).toMatch(/^hub +100 +160 +49,000 +48,800 +932 +8\.00 ms +40\.0 ms +2\.50 ms$/);
  expect(lines[3]).toMatch(/^all +120 +180 +53,000 /);
  for (const line of [
    '120 devices, 180 connections (60 reconnects) of 200 attempts, 62 lost',
    '53,000 messages sent (9.10 MiB) in 2.01 min (planned 2.00 min): 440/s',
    'planned 54,000 = sent 53,000 + dropped 700 + waiting at the end 300',
    'of those sent: 52,800 acknowledged, 150 failed, 50 without an answer at the end',
    'latency: p50 9.00 ms · p95 27.0 ms · p99 45.0 ms · max 90.0 ms',
    'errors: 700 × dropped: offline, 150 × message: http-503, 62 × connection: ECONNRESET, 20 × connect: ECONNREFUSED',
    'fidelity: 95.2 of 100 over 20 devices and 6,900 messages (KS of gaps 0.048, of sizes 0.005)',
    'outage: 60.0 s to 73.0 s, 84 devices missing, mostly connection: ECONNRESET',
    '✓ latency.p99 < 200ms: 45.0 ms',
    '✗ hub: errors.share < 0.1%: 1.9 %',
    '✓ acknowledged.rate > 100/s: 439/s',
    'memory: 40.0 KiB per device, 172 MiB at its peak',
    'verdict: on time: The plan was kept.',
  ]) {
    expect(lines, text).toContain(line);
  }
});

test('A run in which nothing happened has a summary too', () => {
  const text = fleetLines(emptyResult()).join('\n');
  expect(text).toContain('0 messages sent (0 B) in 0 s');
  expect(text).not.toMatch(/NaN|Infinity|undefined|latency:|memory|outage|fidelity/);
});

test('A threshold that had nothing to measure says so', () => {
  const thresholds = [thresholdOf('latency.p99 < 1s', null, false), thresholdOf('sent >= 10', 12, true)];
  expect(fleetLines(resultOf({ thresholds }))).toEqual(
    expect.arrayContaining(['✗ latency.p99 < 1s: nothing to measure', '✓ sent >= 10: 12']),
  );
});

test('Of many groups, reasons and outages the summary shows the first', () => {
  const groups = Array.from({ length: 60 }, (_, index) => groupOf({ name: `g${index}` }));
  const errors = new Map(Array.from({ length: 10 }, (_, index) => [`message: ${index}`, index + 1]));
  const outages = Array.from({ length: 12 }, (_, at) => ({
    fromSeconds: at,
    toSeconds: null,
    missing: 1,
    reason: 'connect: x',
  }));
  const result = resultOf({ groups, outages });
  const lines = fleetLines({ ...result, total: { ...result.total, errors } });
  expect(lines).toContain('… and 10 more');
  expect(lines).toContain('… and 2 outages more');
  expect(lines.join('\n')).toContain('and 2 further reasons');
  expect(lines).toContain('outage: 0 s to the end, 1 device missing, mostly connect: x'.replace('0 s', 'from 0 s'));
});

test('For programs maps are objects, and everything survives a way through JSON', () => {
  const json = fleetJson(resultOf());
  expect(JSON.parse(JSON.stringify(json))).toEqual(json);
  expect(json).toMatchObject({
    scenario: 'morning',
    groups: [{ name: 'hub', errors: { 'message: http-503': 150 }, durations: { latency: { p99Ns: 40 * MS } } }, {}],
    fidelity: { hub: { score: 93.4 } },
    thresholds: [{ threshold: { text: 'latency.p99 < 200ms' }, value: 45 * MS, passed: true }, {}, {}],
    memoryPerDeviceBytes: 41_000,
  });
  const [interval] = json['intervals'] as { groups: Record<string, { wanted: number }> }[];
  expect(Object.keys(interval!.groups)).toEqual(['hub', 'doorbell']);
});

test('No number is infinite, and no name is lost', () => {
  const errors = new Map([['__proto__', 1]]);
  const json = fleetJson(
    resultOf({
      plannedSeconds: Number.POSITIVE_INFINITY,
      memoryPerDeviceBytes: Number.NaN,
      groups: [groupOf({ errors })],
    }),
  );
  expect(json).toMatchObject({ plannedSeconds: null, memoryPerDeviceBytes: null });
  expect(JSON.stringify(json)).toContain('"errors":{"__proto__":1}');
});

const withCounts = (counts: Parameters<typeof countsOf>[0], some: Partial<FleetResult> = {}): FleetResult =>
  resultOf({
    groups: [groupOf({ counts: countsOf(counts), errors: new Map([['connect: ECONNREFUSED', 9]]) })],
    ...some,
  });

const SENT = { attempts: 1, connects: 1, planned: 5, sent: 5, acknowledged: 5 };
const PASSED = { thresholds: [thresholdOf('a < 1', 0, true)] };
const FAILED = { thresholds: [thresholdOf('a < 1', 0, true), thresholdOf('hub: latency.p99 < 10ms', 45 * MS, false)] };

test.each<[string, FleetResult, string | undefined, number, string]>([
  ['a run as planned', withCounts(SENT, PASSED), undefined, 0, ''],
  ['some messages that failed', withCounts({ ...SENT, failed: 3, unfinished: 2 }, PASSED), undefined, 0, ''],
  ['a target that is too slow', withCounts(SENT, { ...PASSED, verdict: 'target-bound' }), undefined, 0, ''],
  [
    'an interrupted run',
    withCounts({}, { ...FAILED, verdict: 'interrupted' }),
    'SYNTH_INTERRUPTED',
    130,
    'interrupted',
  ],
  [
    'no connection',
    withCounts({ attempts: 9, refused: 9, planned: 4, dropped: 4 }, FAILED),
    'SYNTH_TARGET_UNREACHABLE',
    5,
    'not one of 9 attempts to connect came to be: mostly ECONNREFUSED',
  ],
  [
    'nothing sent',
    withCounts({ attempts: 1, connects: 1 }, FAILED),
    'SYNTH_NOTHING_TO_SEND',
    3,
    'not one message came due',
  ],
  [
    'messages that could not be sent',
    withCounts({ attempts: 1, connects: 1, planned: 7, dropped: 7 }, PASSED),
    'SYNTH_NOTHING_TO_SEND',
    3,
    'not one of 7 planned messages was sent',
  ],
  [
    'nothing acknowledged',
    withCounts(
      { ...SENT, acknowledged: 0, failed: 3, unfinished: 2 },
      { thresholds: [thresholdOf('a < 1', null, false)] },
    ),
    'SYNTH_DELIVERY_FAILED',
    5,
    'not one of 5 messages was acknowledged',
  ],
  [
    'nothing acknowledged, and a threshold that was measured and failed',
    withCounts({ ...SENT, acknowledged: 0, failed: 5 }, FAILED),
    'SYNTH_THRESHOLD_FAILED',
    99,
    '1 threshold failed',
  ],
  [
    'a failed threshold',
    withCounts(SENT, FAILED),
    'SYNTH_THRESHOLD_FAILED',
    99,
    '1 threshold failed: hub: latency.p99 < 10ms (45.0 ms)',
  ],
  [
    'a failed threshold of a machine that is too slow',
    withCounts(SENT, { ...FAILED, verdict: 'generator-bound' }),
    'SYNTH_THRESHOLD_FAILED',
    99,
    '1 threshold failed',
  ],
  [
    'a run that a threshold ended',
    withCounts(SENT, { ...FAILED, verdict: 'aborted' }),
    'SYNTH_THRESHOLD_FAILED',
    99,
    '1 threshold failed',
  ],
  [
    'a machine that is too slow',
    withCounts(SENT, { ...PASSED, verdict: 'generator-bound' }),
    'SYNTH_GENERATOR_BOUND',
    6,
    'this machine could not keep to the plan',
  ],
])('The exit code of %s', (_, result, code, exitCode, message) => {
  const failure = fleetFailure(result);
  expect(failure?.code).toBe(code);
  expect(failure?.exitCode ?? 0).toBe(exitCode);
  expect(failure?.message ?? '').toContain(message);
});

test('The failure of a threshold on a machine that is too slow says so', () => {
  const hint = (verdict: FleetResult['verdict']) => fleetFailure(withCounts(SENT, { ...FAILED, verdict }))!.hint;
  expect(hint('generator-bound')).toContain('may not be to blame');
  expect(hint('on-time')).not.toContain('may not be to blame');
});

test('Of many failed thresholds three are named', () => {
  const thresholds = Array.from({ length: 5 }, (_, index) => thresholdOf(`t${index} < 1`, 2, false));
  expect(fleetFailure(withCounts(SENT, { thresholds }))!.message).toBe(
    '5 thresholds failed: t0 < 1 (2.00), t1 < 1 (2.00), t2 < 1 (2.00) and 2 more'.replaceAll('2.00', '2'),
  );
});

/** A terminal that knows what a panel needs: line feeds, first column, cursor up, clear below; and that lines wrap. */
class Terminal implements PanelStream {
  readonly isTTY: boolean;
  columns: number;
  rows = 24;
  #cells: string[][] = [[]];
  #row = 0;
  #column = 0;

  constructor(columns: number, isTTY = true) {
    this.columns = columns;
    this.isTTY = isTTY;
  }

  write(text: string | Uint8Array): boolean {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    for (const [token] of String(text).matchAll(/\u001b\[(\d*)([A-Z])|./gsu)) this.#take(token);
    return true;
  }

  #take(token: string): void {
    if (token === '\n') {
      this.#row++;
      this.#column = 0;
      this.#cells[this.#row] ??= [];
    } else if (token === '\u001b[G') {
      this.#column = 0;
    } else if (token.endsWith('A') && token.length > 1) {
      this.#row = Math.max(0, this.#row - Number(token.slice(2, -1)));
    } else if (token === '\u001b[J') {
      this.#cells.length = this.#row + 1;
      this.#cells[this.#row]!.length = this.#column;
    } else {
      this.#cells[this.#row]![this.#column++] = token;
    }
  }

  /** Lines that are longer than a row wrap, as terminals do it when they become narrower. */
  resize(columns: number): void {
    const lines = this.#cells.map((cells) => cells.join(''));
    this.columns = columns;
    this.#cells = lines.flatMap((line) =>
      line === ''
        ? [[]]
        : Array.from({ length: Math.ceil(line.length / columns) }, (_, at) => [
            ...line.slice(at * columns, (at + 1) * columns),
          ]),
    );
    this.#row = this.#cells.length - 1;
    this.#column = this.#cells.at(-1)!.length;
  }

  get lines(): readonly string[] {
    return this.#cells.map((cells) => cells.join(''));
  }
}

test('A panel is drawn over the one before, and nothing is left of it in the end', async () => {
  const terminal = new Terminal(80);
  terminal.write('before\n');
  const panel = await startPanel(true, terminal);
  panel.update('', () => ['one', 'two', 'three']);
  panel.update('', () => ['four', 'five']);
  expect(terminal.lines).toEqual(['before', 'four', 'five']);
  panel.print('a warning');
  expect(terminal.lines).toEqual(['before', 'a warning', 'four', 'five']);
  panel.stop();
  expect(terminal.lines).toEqual(['before', 'a warning', '']);
});

test('A panel fits into narrow terminals, and into those that become narrow while it is there', async () => {
  const terminal = new Terminal(60);
  terminal.write('before\n');
  const panel = await startPanel(true, terminal);
  const lines = (columns: number) => ['x'.repeat(70), `${columns} columns`, 'y'.repeat(45)];
  panel.update('', lines);
  expect(terminal.lines).toEqual(['before', 'x'.repeat(59), '59 columns', 'y'.repeat(45)]);
  terminal.resize(30);
  panel.update('', lines);
  expect(terminal.lines).toEqual(['before', 'x'.repeat(29), '29 columns', 'y'.repeat(29)]);
  terminal.resize(50);
  panel.update('', lines);
  panel.stop();
  expect(terminal.lines).toEqual(['before', '']);
});

test('A panel is not higher than the terminal', async () => {
  const terminal = new Terminal(60);
  terminal.rows = 4;
  const panel = await startPanel(true, terminal);
  panel.update('', () => ['1', '2', '3', '4', '5', '6']);
  expect(terminal.lines).toEqual(['1', '2', '3']);
});

test('Without a terminal there is no panel, and no line before ten seconds are over; what is printed is written', async () => {
  const file = new Terminal(80, false);
  const panel = await startPanel(true, file);
  panel.update('line', () => ['panel']);
  panel.print('a warning');
  panel.stop();
  expect(file.lines).toEqual(['a warning', '']);
});

test('A panel that is not wanted shows nothing', async () => {
  const terminal = new Terminal(80);
  const panel = await startPanel(false, terminal);
  panel.update('line', () => ['panel']);
  panel.stop();
  expect(terminal.lines).toEqual(['']);
});
