import { describe, expect, test } from 'vitest';
import { formatAddress, parseAddress } from '../../src/net/address.js';
import { parseAddressMaps, parseMacMaps } from '../../src/rewrite/address-map.js';
import { parseNumberMaps } from '../../src/rewrite/number-map.js';
import fc from '../support/fast-check.js';
import { expectSynthError } from '../support/read.js';

const mapped = (maps: readonly string[], address: string) =>
  formatAddress(parseAddressMaps(maps).map(parseAddress(address)));

describe('a map of addresses', () => {
  test.each([
    ['replaces the network and keeps the host', '10.0.0.0/8=192.0.0.0/8', '10.1.2.3', '192.1.2.3'],
    ['to a smaller network keeps the bits that are left', '10.0.0.0/8=192.168.0.0/16', '10.1.2.3', '192.168.2.3'],
    ['to a larger network keeps the bits between', '192.168.7.0/24=10.0.0.0/8', '192.168.7.3', '10.168.7.3'],
    ['of a plain address is of that address alone', '10.0.0.7=192.0.2.1', '10.0.0.7', '192.0.2.1'],
    ['leaves others', '10.0.0.7=192.0.2.1', '10.0.0.8', '10.0.0.8'],
    ['takes prefixes that do not end at a byte', '10.0.0.0/9=10.128.0.0/9', '10.127.2.3', '10.255.2.3'],
    ['takes the host bits of a prefix for nothing', '10.9.9.9/8=192.9.9.9/8', '10.1.2.3', '192.1.2.3'],
    ['takes the whole space', '0.0.0.0/0=10.0.0.0/8', '203.0.113.9', '10.0.113.9'],
    ['takes IPv6', '2001:db8::/32=fd00::/8', '2001:db8::1', 'fd01:db8::1'],
    ['takes IPv6 prefixes of odd lengths', 'fe80::/10=fd00::/7', 'fe80::7', 'fc80::7'],
  ])('%s', (_, map, from, to) => {
    expect(mapped([map], from)).toBe(to);
  });

  test('the first one that names an address counts', () => {
    const maps = ['10.0.0.7=192.0.2.1', '10.0.0.0/8=172.16.0.0/16', '0.0.0.0/0=1.0.0.0/8'];
    expect(['10.0.0.7', '10.0.0.8', '9.9.9.9'].map((one) => mapped(maps, one))).toEqual([
      '192.0.2.1',
      '172.16.0.8',
      '1.9.9.9',
    ]);
  });

  test('there and back is where it began, for prefixes of equal length', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 4, maxLength: 4 }),
        fc.uint8Array({ minLength: 4, maxLength: 4 }),
        fc.integer({ min: 0, max: 32 }),
        (from, to, bits) => {
          const [a, b] = [from, to].map((bytes) => `${bytes.join('.')}/${bits}`);
          const away = mapped([`${a}=${b}`], from.join('.'));
          expect(mapped([`${b}=${a}`], away)).toBe(from.join('.'));
        },
      ),
      { numRuns: 200 },
    );
  });

  test.each([
    ['10.0.0.0/8', 'SYNTH_USAGE'],
    ['10.0.0.0/8=2001:db8::/32', 'SYNTH_USAGE'],
    ['10.0.0.0/33=1.0.0.0/8', 'SYNTH_USAGE'],
    ['10.0.0.0/=1.0.0.0/8', 'SYNTH_USAGE'],
    ['a=b=c', 'SYNTH_USAGE'],
    ['02:00:00:00:00:01=02:00:00:00:00:02', 'SYNTH_USAGE'],
    ['10.0.0=1.0.0.0', 'SYNTH_TARGET_INVALID'],
  ] as const)('%s is refused', async (text, code) => {
    const { hint } = await expectSynthError(() => parseAddressMaps([text]), code);
    expect(hint).toBeDefined();
  });

  test('MAC addresses have maps of their own, also of makers', () => {
    const maps = parseMacMaps(['02:00:00:00:00:01=02:00:00:00:00:99', '44:65:0d:00:00:00/24=02:aa:bb:00:00:00/24']);
    const of = (text: string) => formatAddress(maps.map(parseAddress(text)));
    expect(of('02:00:00:00:00:01')).toBe('02:00:00:00:00:99');
    expect(of('44:65:0d:56:cc:d3')).toBe('02:aa:bb:56:cc:d3');
    expect(() => parseMacMaps(['10.0.0.1=10.0.0.2'])).toThrow('MAC');
  });
});

describe('a map of numbers', () => {
  test('the first one that names a number counts, and others stay', () => {
    const ports = parseNumberMaps(['80=8080', '80=9', '443=80'], 'port', 65_535)!;
    expect([80, 443, 22].map((port) => ports[port])).toEqual([8080, 80, 22]);
  });

  test.each(['80', '80=', '80=65536', 'http=80', '-1=2'])('%s is refused', async (text) => {
    await expectSynthError(() => parseNumberMaps([text], 'port', 65_535), 'SYNTH_USAGE');
  });
});
