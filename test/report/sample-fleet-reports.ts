/** Results of fleets, from an ordinary one to those that a report could stumble over, and their reports. */
import type { FleetResult } from '../../src/fleet/account/snapshot.js';
import { fleetReport } from '../../src/report/fleet-report.js';
import {
  countsOf,
  durationsOf,
  emptyResult,
  groupOf,
  intervalOf,
  movingInterval,
  resultOf,
  thresholdOf,
} from '../fleet/sample-fleet.js';

export const INFO = {
  version: '0.2.0',
  created: '2026-03-01T08:02:00Z',
  command: 'synth fleet run "a & b.yaml" --seed seed-7',
};
export const EVIL = '<script>throw new Error("ran")</script> & "x"';

const evilGroup = groupOf({
  name: EVIL,
  counts: countsOf({ attempts: 1, sent: 1, acknowledged: 1, failed: 1 }),
  durations: durationsOf(1, 3),
  errors: new Map([[`message: ${EVIL}`, 1]]),
});

const manyGroups = Array.from({ length: 100 }, (_, index) =>
  groupOf({
    name: `group-${index}-${'long'.repeat(8)}`,
    counts: countsOf({ planned: index, sent: index, acknowledged: index }),
    durations: durationsOf(index, index),
  }),
);

export const RESULTS: Readonly<Record<string, FleetResult>> = {
  whole: resultOf(),
  empty: emptyResult(),
  // Devices that connect and say nothing.
  silent: emptyResult({
    groups: [groupOf({ counts: countsOf({ up: 5, attempts: 5, connects: 5 }) })],
    intervals: [1, 2, 3].map((at) => intervalOf(at, { up: 5, wanted: 5 })),
    verdict: 'interrupted',
  }),
  // Sent, and never acknowledged; nobody up.
  unanswered: resultOf({
    groups: [groupOf({ counts: countsOf({ planned: 9, sent: 9, unfinished: 9 }) })],
    intervals: [1, 2].map((at) => intervalOf(at, { wanted: 5, planned: 4, sent: 4 })),
    outages: [{ fromSeconds: 0, toSeconds: null, missing: 5, reason: 'connect: ECONNREFUSED' }],
    verdict: 'target-bound',
  }),
  single: resultOf({ intervals: [movingInterval(5)], outages: [], verdict: 'aborted' }),
  many: resultOf({
    groups: manyGroups,
    outages: Array.from({ length: 30 }, (_, at) => ({
      fromSeconds: at * 4,
      toSeconds: at * 4 + 2,
      missing: 3,
      reason: 'connection: ECONNRESET',
    })),
    verdict: 'generator-bound',
  }),
  evil: resultOf({
    scenario: EVIL,
    seed: EVIL,
    groups: [evilGroup],
    total: { ...evilGroup, name: 'total' },
    warnings: [EVIL],
    thresholds: [thresholdOf(`${EVIL}: latency.p99 < 1s`, null, false)],
    outages: [{ fromSeconds: 1, toSeconds: 2, missing: 1, reason: EVIL }],
    fidelity: new Map([[EVIL, { devices: 1, messages: 2, score: 50, gapKs: 0.5, sizeKs: 0.1 }]]),
  }),
};

/** The pages by the names of the results. */
export async function sampleFleetReports(): Promise<ReadonlyMap<string, string>> {
  const pages = new Map<string, string>();
  for (const [name, result] of Object.entries(RESULTS)) {
    pages.set(name, await fleetReport(result, { ...INFO, scenarioText: `# ${EVIL}\nname: x` }));
  }
  return pages;
}
