/** Series with too little in them: a report says so, in words, where a chart would be. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { PacketSeries } from '../../src/packets/packet-series.js';
import { captureReport } from '../../src/report/capture-report.js';
import { evaluationReport } from '../../src/report/evaluation-report.js';
import { doorbellCapture, evaluationOf, seriesOf } from './sample-reports.js';

type Row = readonly [number, number, 0 | 1];
const rows = (count: number, row: (index: number) => Row): PacketSeries =>
  seriesOf(Array.from({ length: count }, (_, index) => row(index)));

const SERIES: readonly (readonly [string, PacketSeries])[] = [
  ['no packet', rows(0, () => [0, 0, 0])],
  ['one packet', rows(1, () => [0, 100, 1])],
  ['two packets, one each way', rows(2, (i) => [i * 1e6, 100, i === 0 ? 1 : 0])],
  ['outbound only', rows(600, (i) => [i * 1e6, 60 + (i % 7) * 100, 1])],
  ['inbound only, always the same', rows(600, (i) => [i * 1e6, 93, 0])],
  ['no time at all', rows(600, (i) => [0, 60 + (i % 7), i % 2 === 0 ? 1 : 0])],
  ['sizes of 0 and of 65 535', rows(600, (i) => [i * 1e3, i % 2 === 0 ? 0 : 65_535, i % 3 === 0 ? 1 : 0])],
  ['years between packets', rows(5, (i) => [i * 3e16, 60 + i, i % 2 === 0 ? 1 : 0])],
  ['gaps of fractions of a nanosecond', rows(600, (i) => [i * 0.1, 60 + (i % 9), i % 2 === 0 ? 1 : 0])],
];

// Vega tells of what it does not like on the console.
beforeEach(() => {
  vi.spyOn(console, 'warn');
  vi.spyOn(console, 'error');
});
afterEach(() => {
  expect(console.warn).not.toHaveBeenCalled();
  expect(console.error).not.toHaveBeenCalled();
  vi.restoreAllMocks();
});

/** What stands in the place of a number or a word that there is none for. */
const NONSENSE = /NaN|Infinity|undefined|\[object|null/;

function expectSound(page: string): void {
  expect(page).not.toMatch(NONSENSE);
  expect(page).toMatch(/<\/html>\s*$/);
}

for (const [name, series] of SERIES) {
  test(`A real series with ${name}`, async () => {
    const ordinary = rows(600, (i) => [i * 1e6 + (i % 5) * 1e4, 60 + (i % 7) * 100, i % 3 === 0 ? 1 : 0]);
    const page = await evaluationReport(evaluationOf(series, ordinary, Math.floor((series.length * 2) / 3)));
    expectSound(page);
    expect(page).toContain('&lt;real&gt;');
    if (series.length < 600) expect(page).toContain('not enough data: ');
  });

  test(`A synthetic series with ${name}`, async () => {
    const ordinary = rows(900, (i) => [i * 1e6 + (i % 5) * 1e4, 60 + (i % 7) * 100, i % 3 === 0 ? 1 : 0]);
    const page = await evaluationReport(evaluationOf(ordinary, series, 600));
    expectSound(page);
    if (series.length < 600) expect(page).toContain('not enough data: ');
  });

  test(`A capture whose target has ${name}`, async () => {
    const input = await doorbellCapture();
    expectSound(await captureReport({ ...input, target: { name, series } }));
  });
}

test('The sentence in the place of a chart says what there is too little of', async () => {
  const ordinary = rows(900, (i) => [i * 1e6, 60 + (i % 7) * 100, i % 3 === 0 ? 1 : 0]);
  const one = await evaluationReport(evaluationOf(ordinary, seriesOf([[0, 93, 1]]), 600));
  expect(one).toContain('not enough data: the synthetic series has no inbound packets');
  expect(one).toContain('not enough data: the synthetic series has no gaps between outbound packets');
  const same = rows(600, (i) => [i * 1e6, 93, 0]);
  expect(await evaluationReport(evaluationOf(same, same, 400))).toContain(
    'not enough data: every inbound packet has 93 bytes',
  );
});

test('Nothing is held out, or everything', async () => {
  const ordinary = rows(600, (i) => [i * 1e6, 60 + (i % 7) * 100, i % 3 === 0 ? 1 : 0]);
  for (const heldOutFrom of [0, 600])
    expectSound(await evaluationReport(evaluationOf(ordinary, ordinary, heldOutFrom)));
});

test('A capture without a target, and one without IP packets', async () => {
  const input = await doorbellCapture();
  const page = await captureReport({ ...input, target: null });
  expectSound(page);
  expect(page).toContain('doorbell.pcap');
  const empty = { ...input.survey, devices: [], flows: [], protocols: [], ipBytes: 0, firstSeconds: 0, spanSeconds: 0 };
  const report = { ...input.survey.report, ipPackets: 0 };
  expectSound(await captureReport({ ...input, survey: { ...empty, report }, target: null }));
});
