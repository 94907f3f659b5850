/** The report of a fleet, as text. */
import { beforeAll, expect, test } from 'vitest';
import { fleetReport } from '../../src/report/fleet-report.js';
import { intervalOf, movingInterval, resultOf } from '../fleet/sample-fleet.js';
import { commandOf } from '../support/report.js';
import { INFO, RESULTS, sampleFleetReports } from './sample-fleet-reports.js';

let texts: ReadonlyMap<string, string>;
beforeAll(async () => {
  texts = await sampleFleetReports();
});

test.each(Object.keys(RESULTS))(
  '%s: one page without scripts, without requests, without numbers that are none',
  (name) => {
    const text = texts.get(name)!;
    expect(text).not.toMatch(/<script|<link|<img|@import|url\(|https?:\/\//i);
    expect(text).not.toMatch(/NaN|Infinity|undefined|\[object/);
    expect(text).toContain('content="default-src &#39;none&#39;; style-src &#39;unsafe-inline&#39;"');
    expect(commandOf(text)).toBe(INFO.command);
  },
);

test('The same result makes the same page', async () => {
  expect(await fleetReport(RESULTS['whole']!, INFO)).toBe(await fleetReport(resultOf(), INFO));
});

test('Even a fleet of a hundred groups fits into a mail', () => {
  expect(Buffer.byteLength(texts.get('many')!)).toBeLessThan(600_000);
  expect(Buffer.byteLength(texts.get('whole')!)).toBeLessThan(250_000);
});

test('A latency of no time at all stands at the bottom of its axis', async () => {
  const none = { latency: { p50Ns: 0, p99Ns: 0, maxNs: 0 }, acknowledged: 1 };
  const text = await fleetReport(resultOf({ intervals: [intervalOf(1, none), intervalOf(2, none)] }), INFO);
  expect(text).not.toMatch(/NaN|Infinity/);
  expect(text).toContain('p99: at most 0 s');
});

test('A run of days has its axis in hours or days', async () => {
  const intervals = Array.from({ length: 600 }, (_, index) => ({
    ...movingInterval(index + 1),
    atSeconds: (index + 1) * 600,
    seconds: 600,
  }));
  const text = await fleetReport(resultOf({ intervals, outages: [] }), INFO);
  expect(text).toContain('time in days');
  expect(text).toContain('In intervals of 10 min');
});
