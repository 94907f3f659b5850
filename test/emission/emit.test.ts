import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { systemClock } from '../../src/clock.js';
import { emit } from '../../src/emission/emit.js';
import { Schedule } from '../../src/emission/schedule.js';
import { type PacketSource, SourceCounts } from '../../src/emission/sources/source.js';
import { SynthError } from '../../src/errors.js';
import { OWN_TIMES } from './planned.js';

/** Sends from a source to a socket that takes everything. */
async function send(
  source: Pick<PacketSource, 'produce'>,
  schedule: Partial<ConstructorParameters<typeof Schedule>[0]>,
) {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  try {
    return await emit({
      source: { channels: 1, mostBytes: 100, counts: new SourceCounts(), warnings: [], ...source },
      schedule: new Schedule({ ...OWN_TIMES, ...schedule }),
      transport: { kind: 'udp', target: { address: '127.0.0.1', port: socket.address().port }, channels: 1, bind: [] },
      guard: undefined,
      precision: 'fine',
      stamp: false,
      startAtNs: undefined,
      drainMs: 100,
      clock: systemClock,
    });
  } finally {
    socket.close();
  }
}

const failure = new SynthError('SYNTH_CAPTURE_DAMAGED', 'the source cannot go on');

test('what a source made before it failed is sent, and the account has it and the error', async () => {
  const emission = await send(
    {
      async produce(output) {
        for (let i = 0; i < 50; i++) {
          output.begin(20);
          output.commit(i * 1e6, 0);
        }
        // After the start, which does not wait for a source that is slow.
        await new Promise((resolve) => setTimeout(resolve, 2500));
        throw failure;
      },
    },
    {},
  );
  expect(emission.sourceError).toBe(failure);
  expect([emission.planned.packets, emission.sent.packets]).toEqual([50, 50]);
});

test('a source that fails at once leaves nothing to account for', async () => {
  const run = send(
    {
      async produce() {
        throw failure;
      },
    },
    {},
  );
  await expect(run).rejects.toBe(failure);
});

test('packets that all have the same time are ended by the duration too', async () => {
  const emission = await send(
    {
      async produce(output, signal) {
        while (await output.room(20, 1, signal)) {
          while (output.hasRoom(20)) {
            output.begin(20);
            output.commit(0, 0);
          }
        }
      },
    },
    { durationNs: 100e6 },
  );
  expect(emission.sent.packets).toBeGreaterThan(0);
  expect(emission.skipped.packets).toBeGreaterThan(0);
  expect(emission.interrupted).toBe(false);
});
