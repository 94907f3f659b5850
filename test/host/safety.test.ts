import { networkInterfaces } from 'node:os';
import { expect, test } from 'vitest';
import { isHarmless, isOwnAddress, requireAllowedTarget } from '../../src/host/safety.js';
import { parseRanges } from '../../src/net/address-range.js';
import { expectSynthError } from '../support/read.js';

test('loopback, private, link-local and documentation addresses are harmless, to the last address of each range', () => {
  const harmless = [
    ['127.0.0.1', '127.255.255.255', '10.0.0.0', '10.255.255.255', '172.16.0.0', '172.31.255.255'],
    ['192.168.0.0', '192.168.255.255', '169.254.0.1', '192.0.2.1', '198.51.100.255', '203.0.113.7'],
    ['::1', 'fc00::', 'fdff:ffff::1', 'fe80::1', 'fe80::1%eth0', 'febf::1', '2001:db8::1', '2001:db8:ffff::'],
  ].flat();
  for (const address of harmless) expect([address, isHarmless(address)]).toEqual([address, true]);
});

test('everything beside these ranges is not', () => {
  const others = [
    ['8.8.8.8', '126.255.255.255', '128.0.0.0', '9.255.255.255', '11.0.0.0', '172.15.255.255', '172.32.0.0'],
    ['192.167.255.255', '192.169.0.0', '169.253.0.1', '192.0.3.0', '198.51.101.0', '203.0.114.0', '0.0.0.0'],
    ['255.255.255.255', '100.64.0.1', '::', '::2', 'fbff::1', 'fe00::1', 'fec0::1', '2001:db7::1', '2001:db9::1'],
  ].flat();
  for (const address of others) expect([address, isHarmless(address)]).toEqual([address, false]);
});

test('multicast is harmless where its scope is local', () => {
  const local = ['224.0.0.251', '239.255.255.250', 'ff02::fb', 'ff01::1', 'ff05::c', 'ff12::1'];
  const wide = ['224.0.1.1', '239.254.0.1', '232.1.1.1', 'ff00::1', 'ff08::1', 'ff0e::1', 'ff1e::1'];
  expect(local.filter(isHarmless)).toEqual(local);
  expect(wide.filter(isHarmless)).toEqual([]);
});

test('an IPv4 address that is written as an IPv6 one is judged as what it is', () => {
  expect(isHarmless('::ffff:10.0.0.1')).toBe(true);
  expect(isHarmless('::ffff:8.8.8.8')).toBe(false);
});

test('an address that was named is allowed, and none beside it', async () => {
  const allowed = parseRanges('8.8.8.0/24, 2606:4700::/32,9.9.9.9');
  for (const address of ['8.8.8.8', '2606:4700::1111', '9.9.9.9', '10.0.0.1']) requireAllowedTarget(address, allowed);
  for (const address of ['8.8.9.8', '2606:4701::1', '9.9.9.10']) {
    await expectSynthError(() => requireAllowedTarget(address, allowed), 'SYNTH_TARGET_NOT_ALLOWED');
  }
});

test('what is not allowed comes with the flag that allows it', async () => {
  const error = await expectSynthError(
    () => requireAllowedTarget('2001:4860:4860::8888', []),
    'SYNTH_TARGET_NOT_ALLOWED',
  );
  expect(error.hint).toContain('`allow` 2001:4860:4860::8888');
  expect(error.exitCode).toBe(2);
});

test('what is no range of addresses is a usage error', async () => {
  for (const text of [
    '',
    '10.0.0.0/33',
    '10.0.0.0/',
    '10.0.0/8',
    '10.0.0.0/8/8',
    '::/129',
    'host',
    '02:00:00:00:00:01',
  ]) {
    await expectSynthError(() => parseRanges(text), 'SYNTH_USAGE');
  }
});

test('the addresses of the interfaces are own ones, others are not', () => {
  const own = Object.values(networkInterfaces()).flatMap((entries) => entries ?? []);
  for (const { address } of own) expect(isOwnAddress(address)).toBe(true);
  expect(isOwnAddress('127.1.2.3')).toBe(true);
  expect(isOwnAddress('192.0.2.200')).toBe(false);
  expect(isOwnAddress('2001:db8::c8')).toBe(false);
});
