import { writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { formatAddress, parseAddress } from '../../src/net/address.js';
import { readAnonymizationKey } from '../../src/rewrite/anonymization-key.js';
import { Anonymizer } from '../../src/rewrite/anonymizer.js';
import fc from '../support/fast-check.js';
import { expectSynthError } from '../support/read.js';
import { hex, temporaryFolder } from './rewriting.js';

const KEY = Uint8Array.from({ length: 32 }, (_, i) => 7 * i + 3);
const anonymizer = new Anonymizer(KEY, { keepOui: false });

function of(text: string, by = anonymizer): string {
  const { family, bytes } = parseAddress(text);
  expect(by.apply(bytes, 0, family)).toBe(true);
  return formatAddress({ family, bytes });
}

const ipv4 = fc.uint8Array({ minLength: 4, maxLength: 4 }).map((bytes) => bytes.join('.'));

describe('an anonymisation', () => {
  test.each([
    '0.0.0.0',
    '127.0.0.1',
    '255.255.255.255',
    '224.0.0.251',
    '239.255.255.250',
    '::',
    '::1',
    'ff02::1',
    'ff02::fb',
    'ff:ff:ff:ff:ff:ff',
    '00:00:00:00:00:00',
    '01:00:5e:00:00:fb',
    '33:33:00:00:00:01',
  ])('%s names nobody, and stays', (address) => {
    expect(of(address)).toBe(address);
  });

  test('link-local addresses keep their prefix and get another host', () => {
    expect(of('169.254.7.9')).toMatch(/^169\.254\./);
    expect(of('169.254.7.9')).not.toBe('169.254.7.9');
    expect(of('fe80::1234:5678:9abc:def0')).toMatch(/^fe80::/);
    expect(of('fe80::1234:5678:9abc:def0')).not.toBe('fe80::1234:5678:9abc:def0');
  });

  test('a solicited-node group tells the end of an address, which changes, in the frame as in the packet', () => {
    const group = of('ff02::1:ff12:3456');
    expect(group).toMatch(/^ff02::1:ff/);
    expect(group).not.toBe('ff02::1:ff12:3456');
    const end = hex(parseAddress(group).bytes).slice(-6);
    expect(of('33:33:ff:12:34:56').replaceAll(':', '')).toBe(`3333ff${end}`);
  });

  test('never makes an address that names nobody, nor one of another kind', () => {
    const special = /^(0\.0\.0\.0|255\.255\.255\.255|127\..*|169\.254\..*|2(2[4-9]|3\d)\..*)$/;
    fc.assert(fc.property(ipv4, (address) => special.test(of(address)) === special.test(address)));
  });

  test('no two addresses become one', () => {
    // Every 1/16 of the space, where the multicast addresses are one that others must not move into; and one /24.
    const spread = Array.from({ length: 4096 }, (_, i) => `${i >> 4}.${(i & 15) * 16}.7.7`);
    const near = Array.from({ length: 256 }, (_, i) => `198.51.100.${i}`);
    const all = [...spread, ...near];
    expect(new Set(all.map((address) => of(address))).size).toBe(all.length);
  });

  test('addresses of one network stay in one network', () => {
    const network = (text: string) => text.split('.').slice(0, 3).join('.');
    const networks = Array.from({ length: 256 }, (_, i) => network(of(`203.0.113.${i}`)));
    expect(new Set(networks).size).toBe(1);
    expect(networks[0]).not.toBe('203.0.113');
  });

  test('MAC addresses keep their two kinds, and their maker only if asked to', () => {
    for (const address of ['02:00:00:00:00:17', '44:65:0d:56:cc:d3', '46:65:0d:56:cc:d3']) {
      const [before, after] = [address, of(address)].map((text) => parseAddress(text).bytes);
      expect(after![0]! & 3).toBe(before![0]! & 3);
      expect(hex(after!)).not.toBe(hex(before!));
    }
    expect(of('44:65:0d:56:cc:d3').slice(0, 8)).not.toBe('44:65:0d');
    const kept = of('44:65:0d:56:cc:d3', new Anonymizer(KEY, { keepOui: true }));
    expect(kept.slice(0, 8)).toBe('44:65:0d');
    expect(kept.slice(8)).not.toBe(':56:cc:d3');
  });

  test('what is remembered of an address is what is computed', () => {
    // More addresses than there are places to remember them, each asked for twice.
    const some = Array.from({ length: 50_000 }, (_, i) => Uint8Array.of(10, i >> 16, (i >> 8) & 255, i & 255));
    const change = (address: Uint8Array) => {
      const copy = Uint8Array.from(address);
      anonymizer.apply(copy, 0, 'ipv4');
      return hex(copy);
    };
    const first = some.map(change);
    expect(some.map(change)).toEqual(first);
    expect(new Set(first).size).toBe(some.length);
  });

  test('another key makes something else of an address', () => {
    const other = new Anonymizer(
      Uint8Array.from(KEY, (byte) => byte ^ 1),
      { keepOui: false },
    );
    expect(of('198.51.100.7', other)).not.toBe(of('198.51.100.7'));
  });
});

describe('the key of an anonymisation', () => {
  const file = temporaryFolder();
  const digits = '000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f';

  test('is 64 hexadecimal digits, or a file with them or with 32 bytes', async () => {
    writeFileSync(file('digits'), `${digits}\n`);
    writeFileSync(file('bytes'), Buffer.from(digits, 'hex'));
    const keys = await Promise.all([digits, file('digits'), file('bytes')].map(readAnonymizationKey));
    expect(keys.map(hex)).toEqual([digits, digits, digits]);
  });

  test('is made of any other secret, the same one each time', async () => {
    writeFileSync(file('words'), 'correct horse\n');
    // python3 -c 'import hashlib; print(hashlib.scrypt(b"correct horse", salt=b"synth anonymisation", n=16384, r=8, p=1, dklen=32).hex())'
    const expected = '57c1db6c7c4703329c80dc173b78251cfedaf8db67a144abf6e7f8ecb94f1a11';
    expect(hex(await readAnonymizationKey('correct horse'))).toBe(expected);
    expect(hex(await readAnonymizationKey(file('words')))).toBe(expected);
  });

  test('may not be empty', async () => {
    writeFileSync(file('empty'), '\n');
    await expectSynthError(readAnonymizationKey(file('empty')), 'SYNTH_USAGE');
    await expectSynthError(readAnonymizationKey(''), 'SYNTH_USAGE');
    // The name of a file that is not there is no secret.
    for (const name of ['no-such-file-here.txt', 'folder/no-such-file', 'key']) {
      await expectSynthError(readAnonymizationKey(name), 'SYNTH_USAGE');
    }
  });
});
