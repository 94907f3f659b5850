import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { systemClock } from '../../src/clock.js';
import { emit } from '../../src/emission/emit.js';
import { Schedule } from '../../src/emission/schedule.js';
import { type PacketSource, SourceCounts } from '../../src/emission/sources/source.js';
import { SynthError } from '../../src/errors.js';
import { OWN_TIMES } from './planned.js';

/** Of a packet. */
const MAX_BYTES = 60_000;

/** Sends from a source to a socket that takes everything. @param sourceTo makes the source */
async function send(
  sourceTo: (target: Socket) => Pick<PacketSource, 'produce'>,
  schedule: Partial<ConstructorParameters<typeof Schedule>[0]>,
) {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  try {
    return await emit({
      source: { channels: 1, maxBytes: MAX_BYTES, counts: new SourceCounts(), warnings: [], ...sourceTo(socket) },
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
  let made = 0;
  const emission = await send(
    (target) => ({
      async produce(output, signal) {
        // As much as an emission waits for before it starts.
        for (; output.fill < 0.5; made++) {
          output.begin(MAX_BYTES);
          output.commit(made * 1e5, 0);
        }
        await once(target, 'message', { signal });
        throw failure;
      },
    }),
    {},
  );
  expect(emission.sourceError).toBe(failure);
  expect([emission.planned.packets, emission.sent.packets]).toEqual([made, made]);
});

test('a source that fails at once leaves nothing to account for', async () => {
  const run = send(
    () => ({
      async produce() {
        throw failure;
      },
    }),
    {},
  );
  await expect(run).rejects.toBe(failure);
});

test('packets that all have the same time are ended by the duration too', async () => {
  const emission = await send(
    () => ({
      async produce(output, signal) {
        while (await output.room(20, 1, signal)) {
          while (output.hasRoom(20)) {
            output.begin(20);
            output.commit(0, 0);
          }
        }
      },
    }),
    { durationNs: 10e6 },
  );
  expect(emission.sent.packets).toBeGreaterThan(0);
  expect(emission.skipped.packets).toBeGreaterThan(0);
  expect(emission.interrupted).toBe(false);
});
