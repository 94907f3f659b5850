import { mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { randomStream } from '../../../src/random.js';
import {
  createPayloadSource,
  openPayloadSource,
  PAYLOAD_KINDS,
  type PayloadKind,
} from '../../../src/synthesis/payload/payload-source.js';
import type { PayloadSource, PayloadStream } from '../../../src/synthesis/payload-stream.js';
import fc from '../../support/fast-check.js';
import { expectSynthError } from '../../support/read.js';
import { Payloads } from './conversations.js';

const sourceOf = (kind: PayloadKind, seed = '1') => createPayloadSource(kind, randomStream(seed, 'payload'));

const TCP = 6;
const UDP = 17;
const begin = (source: PayloadSource, protocol: number, servicePort: number): PayloadStream =>
  source.begin({ protocol, servicePort, ipVersion: 4, multicast: false });

/** RFC 1071 §1, without folding. */
function wordSum(bytes: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < bytes.length; i++) sum += i % 2 === 0 ? bytes[i]! * 256 : bytes[i]!;
  return sum;
}

/** One of each application, and one that is not spoken, over both. */
const SERVICES = [
  ...[9, 49, 53, 67, 68, 123, 137, 213, 443, 1900, 5060, 5353, 5355, 5683].map((port) => [UDP, port] as const),
  ...[9, 53, 80, 123, 443, 502, 1883, 3452, 5060, 8883].map((port) => [TCP, port] as const),
  [1, 0] as const,
];

const turn = fc.record({
  size: fc.oneof(fc.integer({ min: 0, max: 60 }), fc.integer({ min: 0, max: 1472 }), fc.constantFrom(65_507, 262_000)),
  byOpener: fc.boolean(),
});

describe.each(PAYLOAD_KINDS)('a payload of %s', (kind) => {
  test('has the length that is asked for, and the sum that its words add up to', () => {
    const source = sourceOf(kind);
    const payloads = new Payloads(source);
    const conversations = fc.array(turn, { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(fc.constantFrom(...SERVICES), conversations, ([protocol, port], turns) => {
        const stream = begin(source, protocol, port);
        for (const next of turns) {
          const { payload, sum } = payloads.next(stream, next);
          expect(sum).toBe(wordSum(payload));
        }
      }),
      { numRuns: 300 },
    );
  });

  test('is the same for the same seed', () => {
    const once = () => {
      const source = sourceOf(kind);
      const payloads = new Payloads(source);
      return SERVICES.map(([protocol, port]) => {
        const stream = begin(source, protocol, port);
        return [300, 1300, 40, 12].map((size, i) => payloads.next(stream, { size, byOpener: i % 2 === 0 }).payload);
      });
    };
    expect(once()).toEqual(once());
  });

  test('is drawn anew for another seed, if it is drawn', () => {
    const of = (seed: string) => {
      const source = sourceOf(kind, seed);
      return new Payloads(source).next(begin(source, UDP, 53), { size: 64, byOpener: true }).payload;
    };
    expect(of('1').equals(of('2'))).toBe(kind === 'pattern' || kind === 'zeros');
  });
});

const payloadOf = (kind: PayloadKind, size: number) => {
  const source = sourceOf(kind);
  return new Payloads(source).next(begin(source, UDP, 9), { size, byOpener: true }).payload;
};

test('zeros are zeros, and the pattern is ff ff and zeros', () => {
  expect([...payloadOf('zeros', 5)]).toEqual([0, 0, 0, 0, 0]);
  expect([...payloadOf('pattern', 1)]).toEqual([0xff]);
  expect([...payloadOf('pattern', 5)]).toEqual([0xff, 0xff, 0, 0, 0]); // docs/decisions/0006-payload-pattern.md
});

test('random bytes are all bytes about as often', () => {
  const counts = new Array<number>(256).fill(0);
  for (const byte of payloadOf('random', 200_000)) counts[byte]!++;
  // χ² with 255 degrees of freedom is above 330.5 once in a thousand times: scipy.stats.chi2.ppf(0.999, 255).
  const expected = 200_000 / 256;
  expect(counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0)).toBeLessThan(330.5);
});

describe('a payload from a file', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'synth-file-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  const sourceFrom = async (name: string, content: string | Uint8Array) => {
    const file = join(folder, name);
    await writeFile(file, content);
    return openPayloadSource({ file }, randomStream('1', 'payload'));
  };

  test('is its bytes over and over, from the beginning for each end of each conversation', async () => {
    const source = await sourceFrom('abc', 'abcdefg');
    const payloads = new Payloads(source);
    const text = (stream: PayloadStream, size: number, byOpener: boolean) =>
      payloads.next(stream, { size, byOpener }).payload.toString();
    const first = begin(source, TCP, 80);
    expect(text(first, 5, true)).toBe('abcde');
    expect(text(first, 3, false)).toBe('abc');
    expect(text(first, 0, true)).toBe('');
    expect(text(first, 12, true)).toBe('fgabcdefgabc');
    expect(text(first, 4, false)).toBe('defg');
    expect(text(first, 1, false)).toBe('a');
    expect(text(begin(source, UDP, 80), 3, true)).toBe('abc');
  });

  test('has the sum that its words add up to, wherever in the file it begins', async () => {
    const source = await sourceFrom(
      'odd',
      Uint8Array.from({ length: 1001 }, (_, i) => (i * 37 + 11) & 0xff),
    );
    const payloads = new Payloads(source);
    const stream = begin(source, UDP, 80);
    for (let size = 0; size < 300; size++) {
      const { payload, sum } = payloads.next(stream, { size: size * 11, byOpener: true });
      expect(sum).toBe(wordSum(payload));
    }
  });

  test('ends after 16 MiB, and begins again', async () => {
    const file = join(folder, 'large');
    const handle = await open(file, 'w');
    await handle.write('start');
    await handle.write('beyond', 16 * 1024 * 1024); // a file with a hole
    await handle.close();
    const source = await openPayloadSource({ file }, randomStream('1', 'payload'));
    const payloads = new Payloads(source);
    const stream = begin(source, TCP, 80);
    for (let part = 0; part < 64; part++) payloads.next(stream, { size: 2 ** 18, byOpener: true });
    expect(payloads.next(stream, { size: 5, byOpener: true }).payload.toString()).toBe('start');
  });

  test('that is empty, is not there or is a folder is an error that names it', async () => {
    for (const [name, reason] of [
      ['empty', 'empty'],
      ['missing', 'no such file'],
      ['.', 'directory'],
    ] as const) {
      const file = join(folder, name);
      if (name === 'empty') await writeFile(file, '');
      const opening = () => openPayloadSource({ file }, randomStream('1', 'payload'));
      const error = await expectSynthError(opening, 'SYNTH_FILE_UNREADABLE');
      expect(error.message).toContain(file);
      expect(error.message).toContain(reason);
      expect(error.hint).toBeDefined();
    }
  });
});
