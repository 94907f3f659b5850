import { describe, expect, test } from 'vitest';
import { checksumOf, crc32c, crc32cOfZeros, sumOfWords, updateChecksum, wordChange } from '../../src/net/checksum.js';
import { updateSctpChecksum } from '../../src/net/transport-checksum.js';
import fc from '../support/fast-check.js';
import { u16 } from '../support/frames.js';

/** RFC 1071 §1, written out: words are added and carries come round. */
function plainChecksum(bytes: Uint8Array): number {
  let sum = 0n;
  for (let i = 0; i < bytes.length; i += 2) sum += BigInt(bytes[i]! * 256 + (bytes[i + 1] ?? 0));
  while (sum > 0xffffn) sum = (sum & 0xffffn) + (sum >> 16n);
  return Number(~sum & 0xffffn);
}

const word = fc.integer({ min: 0, max: 0xffff });

describe('the Internet checksum', () => {
  test('is that of RFC 1071', () => {
    // The example of RFC 1071 §3: the sum is ddf2.
    expect(checksumOf(sumOfWords(Uint8Array.of(0, 1, 0xf2, 3, 0xf4, 0xf5, 0xf6, 0xf7), 0, 8))).toBe(~0xddf2 & 0xffff);
    const bytes = fc.uint8Array({ minLength: 1, maxLength: 100 });
    fc.assert(fc.property(bytes, (some) => checksumOf(sumOfWords(some, 0, some.length)) === plainChecksum(some)));
  });

  test('does not overflow with the largest frame', () => {
    const bytes = new Uint8Array(262_143).fill(0xff);
    expect(checksumOf(sumOfWords(bytes, 0, bytes.length))).toBe(plainChecksum(bytes));
  });

  test('updated for changed words is what it is when computed anew', () => {
    const words = fc.array(word, { minLength: 2, maxLength: 12 });
    const changes = fc.array(fc.tuple(fc.nat({ max: 11 }), word), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(words, changes, (before, edits) => {
        // The first word is never zero, like that of every header: all zeros have two checksums.
        const after = [0x4500, ...before];
        const checksum = Uint8Array.from(u16(plainChecksum(Uint8Array.from(after.flatMap(u16)))));
        let change = 0;
        for (const [place, value] of edits) {
          const index = 1 + (place % before.length);
          change += wordChange(after[index]!, value);
          after[index] = value;
        }
        updateChecksum(checksum, 0, change);
        expect(sumOfWords(checksum, 0, 2)).toBe(plainChecksum(Uint8Array.from(after.flatMap(u16))));
      }),
    );
  });

  test('that was wrong stays as wrong', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 0xfffe }), word, word, (error, before, after) => {
        const right = (value: number) => plainChecksum(Uint8Array.from([0x4500, value].flatMap(u16)));
        const wrong = Uint8Array.from(u16((right(before) + error) % 0xffff));
        updateChecksum(wrong, 0, wordChange(before, after));
        const difference = sumOfWords(wrong, 0, 2) - right(after);
        expect(((difference % 0xffff) + 0xffff) % 0xffff).toBe(error);
      }),
    );
  });

  test('the change of a checksum is what covers it has to be told', () => {
    // RFC 1624 §4: HC = DD2F, m = 5555, m′ = 3285 give HC′ = 0000.
    const checksum = Uint8Array.of(0xdd, 0x2f);
    const change = updateChecksum(checksum, 0, wordChange(0x5555, 0x3285));
    expect([...checksum]).toEqual([0, 0]);
    expect(change).toBe(wordChange(0xdd2f, 0));
  });
});

describe('CRC32c', () => {
  test('is that of RFC 3720 appendix B.4', () => {
    const of = (bytes: Uint8Array) => ~crc32c(bytes, 0, bytes.length, -1) >>> 0;
    // The bytes of the RFC stand least significant first.
    expect(of(new Uint8Array(32))).toBe(0x8a9136aa);
    expect(of(new Uint8Array(32).fill(0xff))).toBe(0x62a8ab43);
    expect(of(Uint8Array.from({ length: 32 }, (_, i) => i))).toBe(0x46dd794e);
    expect(~crc32cOfZeros(32, -1) >>> 0).toBe(0x8a9136aa);
  });

  test('of an SCTP packet is updated for new ports as if it were computed anew', () => {
    const withCrc = (packet: Uint8Array) => {
      const bytes = Uint8Array.from(packet).fill(0, 8, 12);
      new DataView(bytes.buffer).setUint32(8, ~crc32c(bytes, 0, bytes.length, -1), true);
      return bytes;
    };
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 12, maxLength: 60 }), word, word, (packet, source, destination) => {
        const bytes = withCrc(packet);
        const before = new DataView(bytes.buffer).getUint32(0);
        bytes.set([...u16(source), ...u16(destination)]);
        updateSctpChecksum(bytes, 0, before, bytes.length);
        expect(bytes).toEqual(withCrc(bytes));
      }),
    );
  });
});
