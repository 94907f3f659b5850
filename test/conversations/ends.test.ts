import { describe, expect, test } from 'vitest';
import { endOf } from '../../src/conversations/ends.js';
import { parseAddress } from '../../src/net/address.js';

const of = (text: string, { broadcast = false, keep = false } = {}) => {
  const address = parseAddress(text);
  const { kind, address: kept } = endOf(address.family === 'ipv4' ? 4 : 6, address, broadcast, keep);
  return [kind, kept];
};

test.each([
  ['192.168.1.5', 'host'],
  ['8.8.8.8', 'host'],
  ['2001:db8::5', 'host'],
  ['fd00::5', 'host'],
  ['169.254.7.8', 'linkLocal'],
  ['169.253.7.8', 'host'],
  ['fe80::1', 'linkLocal'],
  ['febf::1', 'linkLocal'],
  ['fec0::1', 'host'],
])('%s is of somebody (%s), and is kept only where it is to be', (text, kind) => {
  expect(of(text)).toEqual([kind, null]);
  expect(of(text, { keep: true })).toEqual([kind, text]);
});

test.each(['224.0.0.1', '224.0.0.251', '239.255.255.250', 'ff02::1', 'ff02::fb', 'ff02::1:2', 'ff05::1:3', 'ff02::16'])(
  '%s is a group, and is always kept',
  (text) => {
    expect(of(text)).toEqual(['group', text]);
    expect(of(text, { keep: true })).toEqual(['group', text]);
    expect(of(text, { broadcast: true })).toEqual(['group', text]);
  },
);

describe('a group that gives somebody away', () => {
  test.each([
    // RFC 4291 §2.7.1: the solicited node of …:12:3456.
    ['ff02::1:ff12:3456', 'ff02::1'],
    // RFC 3306 §4: of the network 2001:db8:7:8::/64; RFC 3956 §3: whose rendezvous point is in 2001:db8::/32.
    ['ff3e:40:2001:db8:7:8:0:1', 'ff02::1'],
    ['ff7e:140:2001:db8:7:8:0:1', 'ff02::1'],
    // RFC 6034: of the network 203.0.113.0/24.
    ['234.203.0.113', '224.0.0.1'],
  ])('is %s, and is another one unless it is to be kept', (text, other) => {
    expect(of(text)).toEqual(['group', other]);
    expect(of(text, { keep: true })).toEqual(['group', text]);
  });
});

test('a broadcast is one where the link layer says so, and only that to everybody is kept', () => {
  expect(of('192.168.1.255', { broadcast: true })).toEqual(['broadcast', null]);
  expect(of('192.168.1.255', { broadcast: true, keep: true })).toEqual(['broadcast', '192.168.1.255']);
  expect(of('192.168.1.255')).toEqual(['host', null]);
  expect(of('255.255.255.255')).toEqual(['broadcast', '255.255.255.255']);
});

test('no address yet is an address of its own kind', () => {
  for (const text of ['0.0.0.0', '::']) {
    expect(of(text)).toEqual(['unspecified', null]);
    expect(of(text, { keep: true })).toEqual(['unspecified', null]);
  }
});
