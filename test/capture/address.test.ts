import { describe, expect, test } from 'vitest';
import { formatAddress, formatEndpoint, isUnicast, parseAddress } from '../../src/net/address.js';
import fc from '../support/fast-check.js';
import { expectSynthError } from '../support/read.js';

describe('a MAC address', () => {
  test.each([
    '44:65:0d:56:cc:d3',
    '44-65-0d-56-cc-d3',
    '44-65-0D-56-CC-D3',
    '4465.0d56.ccd3',
    '44650d56ccd3',
    '44650D56CCD3',
    '44:65:d:56:cc:d3', // as BSD's arp prints it
    '  44:65:0d:56:cc:d3 ',
  ])('may be written %s', (text) => {
    expect(parseAddress(text)).toEqual({ family: 'mac', bytes: Uint8Array.of(0x44, 0x65, 0x0d, 0x56, 0xcc, 0xd3) });
    expect(formatAddress(parseAddress(text))).toBe('44:65:0d:56:cc:d3');
  });
});

describe('an IPv4 address', () => {
  test('is four decimal numbers', () => {
    expect(parseAddress('192.168.0.102')).toEqual({ family: 'ipv4', bytes: Uint8Array.of(192, 168, 0, 102) });
    expect(formatAddress(parseAddress('192.168.0.102'))).toBe('192.168.0.102');
  });
});

describe('an IPv6 address', () => {
  const bytes = Uint8Array.of(0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1);
  test.each([
    '2001:db8::1',
    '2001:DB8::1',
    '2001:0db8:0000:0000:0000:0000:0000:0001',
    '2001:db8:0:0::1',
    '[2001:db8::1]',
    '2001:db8::1%eth0',
  ])('may be written %s', (text) => {
    expect(parseAddress(text)).toEqual({ family: 'ipv6', bytes });
    expect(formatAddress(parseAddress(text))).toBe('2001:db8::1');
  });

  // RFC 5952 §4: no leading zeros, the longest run of zeros, the first of equal ones, never a single one, lower case.
  test.each([
    ['2001:0db8::0001', '2001:db8::1'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1'],
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['2001:DB8::AAAA', '2001:db8::aaaa'],
    ['::', '::'],
    ['::1', '::1'],
    ['fe80::', 'fe80::'],
  ])('%s is printed as %s', (text, canonical) => {
    expect(formatAddress(parseAddress(text))).toBe(canonical);
  });

  test('may end in an IPv4 address', () => {
    expect(parseAddress('::ffff:192.0.2.1').bytes).toEqual(
      Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 1),
    );
  });
});

test.each([
  '',
  'eth0',
  '192.168.0',
  '192.168.0.256',
  '10.1',
  '0x7f000001',
  '44:65:0d:56:cc',
  '44:65:0d:56:cc:d3:00',
  '44:65-0d:56:cc:d3',
  '44650d56ccd',
  '2001:db8:::1',
  '1:2:3:4:5:6:7',
  '192.168.0.1:53',
  'g4:65:0d:56:cc:d3',
])('“%s” is no address', async (text) => {
  const error = await expectSynthError(() => parseAddress(text), 'SYNTH_TARGET_INVALID');
  expect(error.message).toContain(text);
  expect(error.exitCode).toBe(2); // DESIGN.md: usage
});

test('what is printed is read back as the same address', () => {
  const address = fc.oneof(
    ...(
      [
        ['mac', 6],
        ['ipv4', 4],
        ['ipv6', 16],
      ] as const
    ).map(([family, length]) =>
      fc
        .uint8Array({ minLength: length, maxLength: length })
        .map((bytes) => ({ family, bytes: Uint8Array.from(bytes) })),
    ),
  );
  fc.assert(
    fc.property(address, (any) => {
      expect(parseAddress(formatAddress(any))).toEqual(any);
    }),
    { numRuns: 300 },
  );
});

test('an endpoint has brackets where the address has colons', () => {
  expect(formatEndpoint(parseAddress('192.0.2.1'), 53)).toBe('192.0.2.1:53');
  expect(formatEndpoint(parseAddress('2001:db8::1'), 53)).toBe('[2001:db8::1]:53');
  expect(formatEndpoint(parseAddress('2001:db8::1'), undefined)).toBe('2001:db8::1');
});

test.each([
  ['02:00:00:00:00:01', true],
  ['01:00:5e:00:00:fb', false], // the group bit, IEEE 802-2014 §8.2
  ['ff:ff:ff:ff:ff:ff', false],
  ['00:00:00:00:00:00', false],
  ['192.0.2.1', true],
  ['223.255.255.255', true],
  ['224.0.0.1', false], // RFC 1112 §4
  ['255.255.255.255', false],
  ['0.0.0.0', false],
  ['fe80::1', true],
  ['ff02::1', false], // RFC 4291 §2.7
  ['::', false],
])('%s can be one device: %s', (text, unicast) => {
  const { family, bytes } = parseAddress(text);
  expect(isUnicast(family, Uint8Array.of(99, ...bytes, 99), 1)).toBe(unicast);
});
