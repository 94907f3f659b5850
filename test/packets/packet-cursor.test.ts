import { expect, test } from 'vitest';
import { PacketCursor } from '../../src/packets/packet-cursor.js';
import type { PacketBlock } from '../../src/packets/packet-series.js';
import fc from '../support/fast-check.js';

const blockOf = (packets: readonly (readonly [number, number, number])[], spare: number): PacketBlock => {
  const column = <T>(of: (packet: readonly [number, number, number]) => T) => packets.map(of);
  const room = packets.length + spare;
  const block = {
    length: packets.length,
    offsetsNs: new Float64Array(room),
    sizes: new Uint32Array(room),
    outbound: new Uint8Array(room),
  };
  block.offsetsNs.set(column(([ns]) => ns));
  block.sizes.set(column(([, size]) => size));
  block.outbound.set(column(([, , outbound]) => outbound));
  return block;
};

test('every packet comes once and in order, however long the blocks and their arrays are', () => {
  const packet = fc.tuple(fc.nat(), fc.nat(2000), fc.integer({ min: 0, max: 1 }));
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.array(packet), fc.nat(3))), (blocks) => {
      const cursor = new PacketCursor(blocks.map(([packets, spare]) => blockOf(packets, spare)));
      const seen = [];
      while (cursor.advance()) seen.push([cursor.offsetNs, cursor.sizeBytes, cursor.outbound]);
      expect(seen).toEqual(blocks.flatMap(([packets]) => packets));
      expect(cursor.advance()).toBe(false);
    }),
  );
});
