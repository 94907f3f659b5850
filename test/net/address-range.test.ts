import { describe, expect, test } from 'vitest';
import { formatAddress } from '../../src/net/address.js';
import { addressesIn, hostAddresses, isInRange, parseIpAddress, parseRange } from '../../src/net/address-range.js';
import fc from '../support/fast-check.js';
import { expectSynthError } from '../support/read.js';

const holds = (range: string, address: string) => isInRange(parseRange(range), parseIpAddress(address));

describe('a range of addresses', () => {
  test.each([
    ['192.0.2.7', '192.0.2.7', true],
    ['192.0.2.7', '192.0.2.8', false],
    ['192.0.2.0/24', '192.0.2.255', true],
    ['192.0.2.77/24', '192.0.2.1', true], // the bits behind the prefix do not count
    ['192.0.2.0/23', '192.0.3.9', true],
    ['192.0.2.0/23', '192.0.4.0', false],
    ['0.0.0.0/0', '203.0.113.9', true],
    ['::/0', '203.0.113.9', false],
    ['2001:db8::/33', '2001:db8:7fff::1', true],
    ['2001:db8::/33', '2001:db8:8000::1', false],
    ['192.0.2.0/24', '::ffff:192.0.2.9', true],
    ['fe80::/10', 'fe80::1%eth0', true],
  ])('%s, and %s', (range, address, isInside) => {
    expect(holds(range, address)).toBe(isInside);
  });

  test('of IPv4 holds what is equal under its mask, by arithmetic on 32 bits', () => {
    const u32 = fc.integer({ min: 0, max: 2 ** 32 - 1 });
    const text = (value: number) => [24, 16, 8, 0].map((shift) => (value >>> shift) & 0xff).join('.');
    fc.assert(
      fc.property(u32, u32, fc.integer({ min: 0, max: 32 }), fc.boolean(), (base, other, bits, isNear) => {
        const mask = bits === 0 ? 0 : (-1 << (32 - bits)) >>> 0;
        const address = isNear ? ((base & mask) | (other & ~mask)) >>> 0 : other;
        expect(holds(`${text(base)}/${bits}`, text(address))).toBe(((base ^ address) & mask) === 0);
      }),
    );
  });

  test('begins with the address of its network, and counts its addresses', () => {
    const range = parseRange('10.1.2.3/30');
    expect([formatAddress(range.base), addressesIn(range)]).toEqual(['10.1.2.0', 4]);
    expect(hostAddresses(range)).toEqual(['10.1.2.1', '10.1.2.2']);
    expect(hostAddresses(parseRange('2001:db8::/126'))).toEqual(['2001:db8::1', '2001:db8::2', '2001:db8::3']);
  });

  test.each(['192.0.2.0/33', '2001:db8::/129', '192.0.2.0/', '192.0.2.0/8/8', '192.0.2/24', '02:00:00:00:00:01', ''])(
    '“%s” is none',
    async (text) => {
      await expectSynthError(() => parseRange(text), 'SYNTH_USAGE');
    },
  );
});
