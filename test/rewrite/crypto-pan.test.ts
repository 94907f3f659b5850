import { describe, expect, test } from 'vitest';
import { formatAddress, parseAddress } from '../../src/net/address.js';
import { CryptoPan } from '../../src/rewrite/crypto-pan.js';
import fc from '../support/fast-check.js';

const key = (...bytes: number[]) => Uint8Array.from(bytes);
const text = (secret: string) => new TextEncoder().encode(secret);

/** The key of the sample trace of the reference implementation (Crypto-PAn 1.0, sample.cpp). */
const SAMPLE_KEY = key(
  ...[21, 34, 23, 141, 51, 164, 207, 128, 19, 10, 91, 22, 73, 144, 125, 16],
  ...[216, 152, 143, 131, 121, 121, 101, 39, 98, 87, 76, 45, 42, 132, 34, 2],
);
const COUNTING_KEY = key(...Array.from({ length: 32 }, (_, i) => i));

function anonymized(secret: Uint8Array, address: string): string {
  const { family, bytes } = parseAddress(address);
  new CryptoPan(secret).apply(bytes, 0, bytes.length * 8);
  return formatAddress({ family, bytes });
}

describe('Crypto-PAn', () => {
  test.each([
    // sample_trace_raw.dat and sample_trace_sanitized.dat of the reference implementation
    ['128.11.68.132', '135.242.180.132'],
    ['129.118.74.4', '134.136.186.123'],
    ['130.132.252.244', '133.68.164.234'],
    ['141.223.7.43', '141.167.8.160'],
    ['152.163.225.39', '151.140.114.167'],
    ['192.102.249.13', '252.138.62.131'],
    ['207.105.49.5', '241.118.205.138'],
    ['212.120.124.31', '228.135.163.231'],
    ['216.254.18.172', '235.7.16.162'],
    ['24.0.250.221', '100.15.198.226'],
    ['24.94.26.44', '100.88.228.35'],
    ['38.15.67.68', '64.3.66.187'],
    ['4.3.88.225', '124.60.155.63'],
    ['63.97.7.140', '95.97.9.123'],
    ['64.39.15.238', '0.219.7.41'],
    // test vectors of the implementation in Go, Yawning/cryptopan
    ['::1', '78ff:f001:9fc0:20df:8380:b1f1:704:ed'],
    ['::2', '78ff:f001:9fc0:20df:8380:b1f1:704:ef'],
    ['::ffff', '78ff:f001:9fc0:20df:8380:b1f1:704:f838'],
    ['2001:db8::1', '4401:2bc:603f:d91d:27f:ff8e:e6f1:dc1e'],
    ['2001:db8::2', '4401:2bc:603f:d91d:27f:ff8e:e6f1:dc1c'],
  ])('makes of %s what was published for the sample key', (address, published) => {
    expect(anonymized(SAMPLE_KEY, address)).toBe(published);
  });

  test.each([
    // yacryptopan.py, and its README
    [COUNTING_KEY, '192.0.2.1', '2.90.93.17'],
    [COUNTING_KEY, '2001:db8::1', 'dd92:2c44:3fc0:ff1e:7ff9:c7f0:8180:7e00'],
    [text('32-char-str-for-AES-key-and-pad.'), '192.0.2.1', '192.0.125.244'],
    [text('32-char-str-for-AES-key-and-pad.'), '2001:db8::1', '27fe:8bc7:fee:1e:1e1f:f0fe:f0e1:83fd'],
    // pycryptopan
    [text('boojahyoo3vaeToong0Eijee7Ahz3yee'), '192.0.2.1', '206.2.124.120'],
  ])('agrees with others for other keys', (secret, address, published) => {
    expect(anonymized(secret, address)).toBe(published);
  });

  test('keeps the length of the common prefix of any two addresses', () => {
    const pan = new CryptoPan(SAMPLE_KEY);
    const of = (bytes: Uint8Array) => {
      const copy = Uint8Array.from(bytes);
      pan.apply(copy, 0, copy.length * 8);
      return copy;
    };
    const address = fc.uint8Array({ minLength: 16, maxLength: 16 });
    fc.assert(
      // The second address is the first one up to some bit, and differs there.
      fc.property(address, address, fc.nat({ max: 127 }), (first, noise, common) => {
        const second = first.map((byte, i) => {
          const prefixBits = Math.min(8, Math.max(0, common - 8 * i));
          return (byte & ~(0xff >> prefixBits)) | (noise[i]! & (0xff >> prefixBits));
        });
        const bit = 0x80 >> (common & 7);
        second[common >> 3] = (second[common >> 3]! & ~bit) | (~first[common >> 3]! & bit);
        expect(commonPrefix(of(first), of(second))).toBe(common);
      }),
      { numRuns: 300 },
    );
  });
});

function commonPrefix(a: Uint8Array, b: Uint8Array): number {
  const different = a.findIndex((byte, i) => byte !== b[i]);
  return different < 0 ? a.length * 8 : different * 8 + Math.clz32(a[different]! ^ b[different]!) - 24;
}
