import { describe, expect, test } from 'vitest';
import { Batch } from '../../src/emission/batch.js';
import { createRing, RingReader, RingWriter } from '../../src/emission/ring.js';
import { Schedule } from '../../src/emission/schedule.js';
import { ScheduledOutput } from '../../src/emission/scheduled-output.js';
import { copyBytes } from '../../src/emission/sources/copy-bytes.js';
import fc from '../support/fast-check.js';
import { expectSynthError } from '../support/read.js';
import { OWN_TIMES } from './planned.js';

const INFINITE = Number.POSITIVE_INFINITY;

function outputOf({
  limit = INFINITE,
  durationNs = INFINITE,
  isClosed = (): boolean => false,
  ringBytes = 2 ** 14,
} = {}) {
  const memory = createRing(ringBytes);
  const schedule = new Schedule({ ...OWN_TIMES, limit, durationNs });
  return {
    output: new ScheduledOutput(new RingWriter(memory), schedule, { isClosed }),
    reader: new RingReader(memory),
  };
}

function put(output: ScheduledOutput, timeNs: number, mark: number, length = 100): boolean {
  const at = output.begin(length);
  output.bytes.fill(mark, at, at + length);
  return output.commit(timeNs, 0);
}

function fillUp(output: ScheduledOutput): number {
  let packets = 0;
  for (; output.hasRoom(100); packets++) put(output, packets, 1);
  return packets;
}

function takeAll(reader: RingReader): number[] {
  const batch = new Batch();
  const marks: number[] = [];
  do {
    reader.collect(batch, INFINITE);
    for (let i = 0; i < batch.count; i++) marks.push(batch.bytes[batch.at[i]!]!);
    reader.release();
  } while (batch.count > 0);
  return marks;
}

describe('an output', () => {
  test('waits for room until packets have been taken', async () => {
    const { output, reader } = outputOf();
    const packets = fillUp(output);
    const waiting = output.room(100);
    expect(takeAll(reader)).toHaveLength(packets);
    expect(await waiting).toBe(true);
    expect(output.hasRoom(100)).toBe(true);
  });

  test('asks for a turn of the event loop now and then, though there is room', async () => {
    const { output, reader } = outputOf({ ringBytes: 2 ** 22 });
    let packets = 0;
    for (; output.hasRoom(16); packets++) put(output, packets, 1, 16);
    takeAll(reader);
    expect(output.hasRoom(16)).toBe(false);
    expect(await output.room(16)).toBe(true);
    expect(output.hasRoom(16)).toBe(true);
  });

  test('does not wait longer than somebody takes packets, or an interrupt', async () => {
    let isClosed = false;
    const { output } = outputOf({ isClosed: () => isClosed });
    fillUp(output);
    const waiting = output.room(100);
    isClosed = true;
    expect(await waiting).toBe(false);
    expect([output.closed, output.ended, output.nextRound(0)]).toEqual([true, true, false]);
    const interrupted = outputOf();
    fillUp(interrupted.output);
    const controller = new AbortController();
    const aborted = interrupted.output.room(100, 1, controller.signal);
    controller.abort();
    await expectSynthError(aborted, 'SYNTH_INTERRUPTED');
  });

  test('never waits for what cannot fit', async () => {
    const { output } = outputOf({ ringBytes: 2 ** 14 });
    await expect(output.room(2 ** 12 + 1)).rejects.toThrow('do not fit');
  });

  test('forgets packets that were begun and not committed', async () => {
    const { output, reader } = outputOf();
    const seen: number[] = [];
    for (let packet = 0; packet < 500; packet++) {
      if (!output.hasRoom(700, 2)) {
        seen.push(...takeAll(reader));
        await output.room(700, 2);
      }
      const dropped = output.begin(600);
      output.bytes.fill(0, dropped, dropped + 600);
      put(output, packet, packet & 0xff);
    }
    seen.push(...takeAll(reader));
    expect(seen).toEqual(Array.from({ length: 500 }, (_, packet) => packet & 0xff));
  });

  test('counts what belongs to the plan', () => {
    const { output, reader } = outputOf({ durationNs: 10 });
    expect([put(output, 0, 1, 60), put(output, 10, 2, 1500), put(output, 11, 3, 9000)]).toEqual([true, true, false]);
    expect([output.packets, output.plannedBytes, output.longestBytes]).toEqual([2, 1560, 1500]);
    output.end();
    expect(takeAll(reader)).toEqual([1, 2]);
    expect(reader.ended).toBe(true);
  });
});

test('bytes of any length are copied from anywhere to anywhere, and no others', () => {
  const places = fc.record({
    from: fc.integer({ min: 0, max: 40 }),
    to: fc.integer({ min: 0, max: 40 }),
    length: fc.oneof(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 1000, max: 1100 })),
  });
  fc.assert(
    fc.property(places, ({ from, to, length }) => {
      const source = Uint8Array.from({ length: 1200 }, (_, i) => (i * 31 + 7) & 0xff);
      const target = new Uint8Array(new SharedArrayBuffer(1200)).fill(0xee);
      const expected = new Uint8Array(1200).fill(0xee);
      expected.set(source.subarray(from, from + length), to);
      const viewed = (bytes: Uint8Array) => ({ bytes, view: new DataView(bytes.buffer) });
      copyBytes(viewed(source), from, viewed(target), to, length);
      expect(Buffer.compare(Buffer.from(target), Buffer.from(expected))).toBe(0);
    }),
  );
});
