import { describe, expect, test } from 'vitest';
import { hmm } from '../../models/hmm/kind.js';
import {
  formatTimestamp,
  parseFraction,
  parsePayload,
  parsePositive,
  parseRotationLimits,
  parseSize,
  parseTimestamp,
} from '../../src/cli/parse.js';
import { parseOption } from '../../src/cli/train/training-flags.js';
import { parseDuration } from '../../src/units.js';
import fc from '../support/fast-check.js';
import { expectSynthError } from '../support/read.js';

describe('a duration', () => {
  test.each<[string, number]>([
    ['1ns', 1],
    ['7us', 7000],
    ['7µs', 7000],
    ['500ms', 500e6],
    ['10s', 10e9],
    ['0.5s', 0.5e9],
    ['2m', 120e9],
    ['1h', 3600e9],
    ['1h30m', 5400e9],
    ['1h30m15.5s', 5415.5e9],
    ['2d', 172_800e9],
    ['104d', 104 * 86_400e9],
  ])('%s is %i ns', (text, expected) => {
    expect(parseDuration(text)).toBe(expected);
  });

  test.each([
    '',
    ' ',
    '10',
    's',
    '10 s',
    '-1s',
    '1s-',
    '1x',
    '10S',
    '1.s',
    '.5s',
    '1e3s',
    '0s',
    '0.1ns',
    'infinity',
    '1s,2s',
  ])('“%s” is refused', async (text) => {
    const error = await expectSynthError(() => parseDuration(text), 'SYNTH_USAGE');
    expect(error.message).toContain(`“${text}”`);
    expect(error.hint).toBeDefined();
  });
});

test.each(['105d', '9007199254740994ns'])('the duration %s, beyond what is exact, is told the limit', async (text) => {
  const error = await expectSynthError(() => parseDuration(text), 'SYNTH_USAGE');
  expect(error.message).toContain('104 days');
});

describe('a size', () => {
  test.each<[string, number]>([
    ['1B', 1],
    ['500kB', 500_000],
    ['100MiB', 104_857_600],
    ['1.5GB', 1_500_000_000],
    ['2GiB', 2_147_483_648],
    ['1KiB', 1024],
    ['1TB', 1e12],
    ['8TiB', 8 * 2 ** 40],
  ])('%s is %i bytes', (text, expected) => {
    expect(parseSize(text)).toBe(expected);
  });

  test.each(['', 'B', '100', '100M', '0B', '0.1B', '1kb', '1KB', '-1B', '1 MB', '1e3B', '9999999TiB'])(
    '“%s” is refused',
    async (text) => {
      const error = await expectSynthError(() => parseSize(text), 'SYNTH_USAGE');
      expect(error.message).toContain(`“${text}”`);
      expect(error.hint).toContain('100MiB');
    },
  );
});

describe('what ends a file', () => {
  const never = Number.POSITIVE_INFINITY;
  test.each<[string, number, number]>([
    ['100MiB', 104_857_600, never],
    ['1h', never, 3600e9],
    ['1h30m', never, 5400e9],
    ['100MB,500ms', 100e6, 500e6],
    ['7µs,1B', 1, 7000],
  ])('%s is %d bytes or %d ns', (text, maxBytes, intervalNs) => {
    expect(parseRotationLimits(text)).toEqual({ maxBytes, intervalNs });
  });

  test.each(['', ',', '1h,', ',1MB', '1h,2h', '1MB,2MB', '1MB,1h,1m', '100', '100M', 'h', 'B', '1h 1MB', '0s', '0B'])(
    'is not “%s”',
    async (text) => {
      expect((await expectSynthError(() => parseRotationLimits(text), 'SYNTH_USAGE')).hint).toBeDefined();
    },
  );
});

describe('a fraction', () => {
  test.each<[string, number]>([
    ['0', 0],
    ['1/3', 1 / 3],
    ['0/5', 0],
    ['0.25', 0.25],
    ['.5', 0.5],
    ['1e-3', 0.001],
    ['0.999999', 0.999999],
  ])('%s is %f', (text, expected) => {
    expect(parseFraction(text)).toBe(expected);
  });

  test.each([
    '',
    ' ',
    '1',
    '3/3',
    '4/3',
    '-0.1',
    '-1/3',
    '1/0',
    '0/0',
    '1/',
    '/3',
    '1/3/3',
    'NaN',
    'Infinity',
    '25%',
    '0,5',
  ])('“%s” is refused', async (text) => {
    await expectSynthError(() => parseFraction(text), 'SYNTH_USAGE');
  });
});

describe('a time', () => {
  // 2025-01-31T12:00:00Z is 1738324800: date -u -d 2025-01-31T12:00:00Z +%s
  test.each<[string, bigint]>([
    ['0', 0n],
    ['1738324800', 1_738_324_800_000_000_000n],
    ['1738324800.5', 1_738_324_800_500_000_000n],
    ['1738324800.123456789', 1_738_324_800_123_456_789n],
    ['4294967295', 4_294_967_295_000_000_000n],
    ['1970-01-01', 0n],
    ['2025-01-31', 1_738_281_600_000_000_000n],
    ['2025-01-31T12:00', 1_738_324_800_000_000_000n],
    ['2025-01-31T12:00:00', 1_738_324_800_000_000_000n],
    ['2025-01-31T12:00:00Z', 1_738_324_800_000_000_000n],
    ['2025-01-31T12:00:00.000000001Z', 1_738_324_800_000_000_001n],
    ['2025-01-31T13:00:00.25+01:00', 1_738_324_800_250_000_000n],
    ['2025-01-31T13:00+01:00', 1_738_324_800_000_000_000n],
    ['2024-02-29', 1_709_164_800_000_000_000n], // date -u -d 2024-02-29 +%s
    ['2106-02-07T06:28:15Z', 4_294_967_295_000_000_000n], // 2^32 − 1
  ])('%s is %s ns since 1970', (text, expected) => {
    expect(parseTimestamp(text)).toBe(expected);
  });

  test('in whole nanoseconds comes back exactly', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 32n * 1_000_000_000n - 1n }), (ns) => {
        const text = `${ns / 1_000_000_000n}.${String(ns % 1_000_000_000n).padStart(9, '0')}`;
        expect(parseTimestamp(text)).toBe(ns);
      }),
      { numRuns: 200 },
    );
  });

  test.each([
    '',
    'now',
    '-1',
    '1e9',
    '1738324800.1234567890',
    '4294967296', // 2^32: beyond the seconds of a pcap
    '9999999999',
    '1969-12-31T23:59:59Z',
    '2106-02-07T06:28:16Z',
    '2025-02-30',
    '2025-02-29T12:00:00Z',
    '2025-13-01',
    '2025-01-31T25:00',
    '2025-01-31T12',
    '2025-01-31 12:00:00',
    '2025-01-31.5',
    '2025-01-31Z',
    '2025-01-31+05:00',
    '2025-01-31T12:00.5',
    '2025-1-31',
  ])('“%s” is refused', async (text) => {
    await expectSynthError(() => parseTimestamp(text), 'SYNTH_USAGE');
  });
});

describe('numbers of components', () => {
  const parseComponents = (text: string) => parseOption('components', hmm.options.components, text);

  test.each<[string, 'auto' | number[]]>([
    ['auto', 'auto'],
    ['1', [1]],
    ['12', [12]],
    ['1024', [1024]],
    ['0012', [12]],
    ['1..4', [1, 2, 3, 4]],
    ['7..7', [7]],
    ['1..9:2', [1, 3, 5, 7, 9]],
    ['1..10:4', [1, 5, 9]],
    ['2..5:1000', [2]],
    ['1023..1024', [1023, 1024]],
  ])('%s is %j', (text, expected) => {
    expect(parseComponents(text)).toEqual(expected);
  });

  test('all of a range are in it, in rising order and as far apart as asked for', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1024 }),
        fc.integer({ min: 1, max: 1024 }),
        fc.integer({ min: 1, max: 2000 }),
        (a, b, step) => {
          const [first, last] = [Math.min(a, b), Math.max(a, b)];
          const counts = parseComponents(`${first}..${last}:${step}`) as number[]; // not auto
          expect(counts[0]).toBe(first);
          expect(counts.every((count, i) => i === 0 || count - counts[i - 1]! === step)).toBe(true);
          expect(counts.at(-1)!).toBeLessThanOrEqual(last);
          expect(counts.at(-1)! + step).toBeGreaterThan(last);
        },
      ),
      { numRuns: 300 },
    );
  });

  test.each([
    '',
    ' ',
    'Auto',
    '0',
    '-1',
    '1.5',
    '1e2',
    '1025',
    '99999',
    '0..4',
    '5..4',
    '1..1025',
    '1..4:0',
    '1..4:-1',
    '1..4:',
    '1..',
    '..4',
    '1...4',
    '1,2,3',
    '1-4',
    ' 1',
    '1..4 ',
  ])('“%s” is refused', async (text) => {
    const error = await expectSynthError(() => parseComponents(text), 'SYNTH_USAGE');
    expect(error.message).toContain(`“${text}”`);
    expect(error.hint).toContain('auto');
  });
});

describe('a positive number', () => {
  test.each<[string, number]>([
    ['0.001', 0.001],
    ['1e-3', 0.001],
    ['.5', 0.5],
    ['12', 12],
    ['1e300', 1e300],
    ['5e-324', 5e-324],
  ])('%s is %d', (text, expected) => {
    expect(parsePositive(text)).toBe(expected);
  });

  test.each(['', ' ', '0', '-0', '0.0', '-1', '1e-400', '1e400', 'NaN', 'Infinity', '-Infinity', '1,5', '5%', '1 2'])(
    '“%s” is refused',
    async (text) => {
      const error = await expectSynthError(() => parsePositive(text), 'SYNTH_USAGE');
      expect(error.message).toContain(`“${text}”`);
    },
  );
});

describe('a payload', () => {
  test.each(['pattern', 'zeros', 'random', 'protocol'])('%s is a kind', (text) => {
    expect(parsePayload(text)).toBe(text);
  });

  test.each(['./random', 'readings.bin', 'Random', ' zeros', 'protocols', ''])('“%s” is a file', (text) => {
    expect(parsePayload(text)).toEqual({ file: text });
  });
});

test('a time is written so that it is read as the same', () => {
  fc.assert(
    fc.property(fc.bigInt(0n, 2n ** 32n * 10n ** 9n - 1n), (timeNs) => {
      expect(parseTimestamp(formatTimestamp(timeNs))).toBe(timeNs);
    }),
    { seed: 7 },
  );
});
