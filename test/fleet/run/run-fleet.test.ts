/** Runs with real threads, whose code is that of today's sources: `support/build.ts` sees to it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { systemClock } from '../../../src/clock.js';
import type { FleetResult } from '../../../src/fleet/account/snapshot.js';
import { type PreparedFleet, prepareFleet } from '../../../src/fleet/plan/prepare-fleet.js';
import { runFleet } from '../../../src/fleet/run/run-fleet.js';
import { readScenario } from '../../../src/fleet/scenario/read-scenario.js';
import { projectRoot } from '../../support/files.js';
import { mediaServer } from '../../support/fleet-servers.js';
import { expectSynthError } from '../../support/read.js';

const folder = mkdtempSync(join(tmpdir(), 'synth-fleet-'));
afterAll(() => rmSync(folder, { recursive: true }));

const DEVICES = 4;
const MESSAGES_EACH = 3;

/** Devices that each have a few messages, which come at once, and stay up for hours after them. */
async function fleetFor(url: string): Promise<PreparedFleet> {
  const group = { name: 'hub', model: join(projectRoot, 'examples/models/telemetry.safetensors'), count: DEVICES };
  const scenario = {
    targets: { media: url },
    groups: [{ ...group, target: 'media', speed: 10_000, spread: '0s' }],
    phases: [{ ramp: '0s' }, { hold: '10h' }],
    limits: { messages_per_device: MESSAGES_EACH },
  };
  const path = join(folder, 'scenario.yaml');
  writeFileSync(path, JSON.stringify(scenario));
  return prepareFleet(await readScenario(path), {
    seed: '1',
    threads: 2,
    allowed: [],
    files: { read: () => undefined },
  });
}

function run(fleet: PreparedFleet, signal = new AbortController().signal): Promise<FleetResult> {
  return runFleet(fleet, { clock: systemClock, signal, onSnapshot: () => {}, onRecord: () => {} });
}

test('Devices on two threads send their messages, and the account is what has arrived', async () => {
  const server = await mediaServer();
  const interrupt = new AbortController();
  try {
    const messages = DEVICES * MESSAGES_EACH;
    const running = run(await fleetFor(server.url), interrupt.signal);
    const arrived = expect.poll(() => server.arrived.messages, { timeout: 120_000, interval: 5 }).toBe(messages);
    // A run that fails has nothing to wait for.
    await Promise.race([arrived, running]);
    interrupt.abort();
    const { verdict, total, groups } = await running;
    expect(verdict).toBe('interrupted');
    expect(server.senders.size).toBe(DEVICES);
    expect(total.counts).toMatchObject({
      connects: DEVICES,
      planned: messages,
      sent: messages,
      acknowledged: messages,
      failed: 0,
      dropped: 0,
      unfinished: 0,
    });
    expect(groups.map(({ name, counts }) => [name, counts.sent])).toEqual([['hub', messages]]);
  } finally {
    interrupt.abort();
    await server.close();
  }
});

test('What a thread cannot do is the error of the run', async () => {
  const fleet = await fleetFor('udp://127.0.0.1:9');
  const groups = fleet.groups.map((group) => ({ ...group, model: join(folder, 'gone.safetensors') }));
  const error = await expectSynthError(run({ ...fleet, groups }), 'SYNTH_FILE_UNREADABLE');
  expect(error.message).toContain('gone.safetensors');
});
