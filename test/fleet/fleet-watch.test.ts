import { expect, test } from 'vitest';
import { FleetWatch } from '../../src/fleet/fleet-watch.js';
import { GROUP_COUNTS_BYTES, GroupCounts, GroupSums } from '../../src/fleet/group-counts.js';
import { History } from '../../src/fleet/history.js';
import { findOutages } from '../../src/fleet/outages.js';
import type { PreparedFleet } from '../../src/fleet/prepare-fleet.js';
import { Timeline } from '../../src/fleet/timeline.js';

const S = 1e9;
const DEVICES = 10;

test('devices that go because the run is stopped are no outage', () => {
  const phases = [
    { kind: 'ramp', durationNs: 0, toShare: 1 },
    { kind: 'hold', durationNs: 3600 * S },
  ] as const;
  const timeline = new Timeline(phases, DEVICES, Number.POSITIVE_INFINITY);
  const counts = new GroupCounts(new SharedArrayBuffer(GROUP_COUNTS_BYTES));
  const sums = () => {
    const group = new GroupSums();
    counts.addTo(group);
    return [group];
  };
  const fleet = {
    groups: [{ name: 'hub', count: DEVICES }],
    timeline,
    plan: { devices: DEVICES },
    scenario: { storms: [] },
  };
  const watch = new FleetWatch(fleet as unknown as PreparedFleet, { errors: [new Map()], sums }); // what a watch looks at
  const outagesAfter = (stopped: boolean) => {
    const history = new History();
    counts.add('up', DEVICES - counts.get('up'));
    history.add(watch.look(1 * S).interval!);
    history.add(watch.look(2 * S).interval!);
    if (stopped) watch.stop();
    counts.add('up', -DEVICES);
    history.add(watch.look(3 * S).interval!);
    return findOutages(history.intervals, new Map());
  };
  expect(outagesAfter(false)).toMatchObject([{ fromSeconds: 2, missing: DEVICES }]);
  expect(outagesAfter(true)).toEqual([]);
});
