import { expect, test } from 'vitest';
import type { SynOptions } from '../../src/net/syn-options.js';
import { offeredOptions, optionBytes, readSynOptions, writeOptions } from '../../src/net/tcp-options.js';
import fc from '../support/fast-check.js';

const HEADER_BYTES = 20;

const synOptions: fc.Arbitrary<SynOptions> = fc.record({
  mss: fc.option(fc.nat(0xffff)),
  windowScale: fc.option(fc.nat(14)),
  sackPermitted: fc.boolean(),
  timestamps: fc.boolean(),
});

/** A TCP header with options, as bytes. */
function headerOf(syn: SynOptions): Uint8Array {
  const options = offeredOptions(syn);
  const length = HEADER_BYTES + optionBytes(options);
  const bytes = new Uint8Array(length);
  bytes[12] = (length / 4) << 4;
  writeOptions(bytes, HEADER_BYTES, length, options, { mss: syn.mss ?? 0, windowScale: syn.windowScale ?? 0 }, 1, 2);
  return bytes;
}

test('what is written is what is read', () => {
  fc.assert(
    fc.property(synOptions, (syn) => {
      const bytes = headerOf(syn);
      expect(readSynOptions(bytes, 0, bytes.length)).toEqual(syn);
      expect(readSynOptions(bytes, 0, bytes.length - 1)).toBeUndefined();
    }),
  );
});

test('any bytes behind a header are read, or are the end of the options', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 40, maxLength: 40 }), (options) => {
      const bytes = new Uint8Array(HEADER_BYTES + options.length);
      bytes[12] = 0xf0;
      bytes.set(options, HEADER_BYTES);
      const { mss, windowScale } = readSynOptions(bytes, 0, bytes.length)!;
      expect(mss === null || mss <= 0xffff).toBe(true);
      expect(windowScale === null || windowScale <= 14).toBe(true);
    }),
  );
});
