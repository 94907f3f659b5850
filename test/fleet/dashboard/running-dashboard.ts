/** The dashboard of an invented fleet. */

import type { FleetSnapshot } from '../../../src/fleet/account/snapshot.js';
import { type Dashboard, startDashboard } from '../../../src/fleet/dashboard/dashboard.js';
import { movingInterval, snapshotOf } from '../sample-fleet.js';

/** What is to be closed after a test, the last first. */
export const endings: (() => Promise<unknown>)[] = [];

export async function endAll(): Promise<void> {
  for (const end of endings.splice(0).reverse()) await end();
}

const GROUPS = [
  { name: 'hub', devices: 100, target: 'mqtts://broker.example:8883' },
  { name: 'doorbell', devices: 20, target: 'https://api.example/v1' },
];

export async function start(some: { scenario?: string; port?: number } = {}): Promise<Dashboard> {
  const options = { host: '127.0.0.1', port: 0, scenario: 'morning', seed: 'seed-7', groups: GROUPS, ...some };
  const dashboard = await startDashboard(options);
  endings.push(() => dashboard.close());
  return dashboard;
}

export const second = (at: number, some: Partial<FleetSnapshot> = {}): FleetSnapshot =>
  snapshotOf({ elapsedSeconds: at, interval: movingInterval(at), ...some });

export function run(dashboard: Dashboard, from: number, to: number): void {
  for (let at = from; at <= to; at++) dashboard.update(second(at));
}
