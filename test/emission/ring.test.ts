import { expect, test } from 'vitest';
import { Batch } from '../../src/emission/batch.js';
import { NONE_YET } from '../../src/emission/packet-queue.js';
import { createRing, RingReader, RingWriter } from '../../src/emission/ring.js';
import fc from '../support/fast-check.js';

interface Written {
  readonly length: number;
  readonly channel: number;
}

/** Writes packets whenever there is room, and reads them in batches in between. */
function passThrough(
  packets: readonly Written[],
  ringBytes: number,
): { length: number; channel: number; ok: boolean; deadlineNs: number }[] {
  const memory = createRing(ringBytes);
  const writer = new RingWriter(memory);
  const reader = new RingReader(memory);
  const batch = new Batch();
  const read: { length: number; channel: number; ok: boolean; deadlineNs: number }[] = [];
  let next = 0;
  while (read.length < packets.length) {
    while (next < packets.length && writer.hasRoom(packets[next]!.length)) {
      const { length, channel } = packets[next]!;
      const at = writer.begin(length);
      writer.bytes.fill(next % 251, at, at + length);
      writer.commit(next * 10, channel);
      next++;
    }
    reader.collect(batch, Number.POSITIVE_INFINITY);
    if (batch.count === 0) throw new Error('nobody goes on');
    for (let i = 0; i < batch.count; i++) {
      const at = batch.at[i]!;
      const bytes = batch.bytes.subarray(at, at + batch.length[i]!);
      const ok = bytes.every((byte) => byte === read.length % 251);
      read.push({ length: bytes.length, channel: batch.channel[i]!, ok, deadlineNs: batch.deadlineNs[i]! });
    }
    reader.release();
  }
  expect(reader.nextDeadlineNs()).toBe(NONE_YET);
  return read;
}

test('packets of any lengths come out as they went in, however often the ring wraps', () => {
  const packet = fc.record({ length: fc.integer({ min: 0, max: 1000 }), channel: fc.integer({ min: 0, max: 99_999 }) });
  fc.assert(
    fc.property(
      fc.array(packet, { minLength: 1, maxLength: 300 }),
      fc.constantFrom(4096, 8192, 65_536),
      (packets, bytes) => {
        const expected = packets.map(({ length, channel }, i) => ({ length, channel, ok: true, deadlineNs: i * 10 }));
        expect(passThrough(packets, bytes)).toEqual(expected);
      },
    ),
  );
});

test('the longest packet that a ring says it takes has room once the ring is empty, wherever it stands', () => {
  const memory = createRing(4096);
  const longest = new RingWriter(memory).maxBytes;
  const packets = Array.from({ length: 50 }, (_, i) => ({ length: i % 2 ? longest : 33, channel: 0 }));
  expect(passThrough(packets, 4096)).toHaveLength(50);
});

test('a batch takes only what is due, and the end is seen after the last packet', () => {
  const memory = createRing(4096);
  const writer = new RingWriter(memory);
  const reader = new RingReader(memory);
  const batch = new Batch();
  for (const deadlineNs of [5, 10, 20]) {
    writer.begin(1);
    writer.commit(deadlineNs, 0);
  }
  writer.end();
  reader.collect(batch, 10);
  expect([...batch.deadlineNs.subarray(0, batch.count)]).toEqual([5, 10]);
  expect(reader.ended).toBe(false);
  reader.release();
  reader.collect(batch, 19.9);
  expect(batch.count).toBe(0);
  reader.collect(batch, 20);
  expect(batch.count).toBe(1);
  expect(reader.ended).toBe(true);
});
