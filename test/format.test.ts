import { expect, test } from 'vitest';
import { commandLine } from '../src/cli/command-line.js';
import {
  formatBytes,
  formatCounted,
  formatNumber,
  formatQuantity,
  formatSeconds,
  formatWidth,
  joinQuantities,
  shortNames,
} from '../src/format.js';
import { formatInterval, formatPoints, formatQuantity as reportQuantity, trueMinus } from '../src/report/numbers.js';

test.each([
  [0, '0'],
  [1, '1'],
  [-12, '-12'],
  [0.1234, '0.123'],
  [0.00086, '0.00086'],
  [-0.00043, '-0.00043'],
  [8.6e-5, '8.6e-5'],
  [-8.6e-5, '-8.6e-5'],
  [1.2345, '1.23'],
  [12.345, '12.3'],
  [123.45, '123'],
  [12_345.6, '12,346'],
  [125_304_500, '1.3e8'],
])('%d is %s', (value, text) => {
  expect(formatNumber(value)).toBe(text);
});

test.each([
  [0, '0 B'],
  [1023, '1023 B'],
  [1024, '1.00 KiB'],
  [999 * 1024, '999 KiB'],
  [1020 * 1024, '1020 KiB'],
  [1024 * 1024 - 1, '1.00 MiB'], // 1023.999 KiB
  [12.34 * 2 ** 30, '12.3 GiB'],
  [5000 * 2 ** 40, '5000 TiB'],
])('%d bytes are %s', (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text);
});

test('Seconds are never told with an exponent either', () => {
  expect([0.000_999_6, 0.9996, 119.9, 2000 * 86_400].map(formatSeconds)).toEqual([
    '1000 µs',
    '1000 ms',
    '120 s',
    '2000 d',
  ]);
});

test('A quantity has its unit, and seconds the one that suits them', () => {
  expect(formatQuantity(0.00859, 's')).toBe('8.59 ms');
  expect(formatQuantity(-0.000368, 's')).toBe('-368 µs');
  expect(formatQuantity(0.02, 'bit')).toBe('0.020 bit');
  expect([1, 2, 1.5].map((value) => formatQuantity(value, 'packets'))).toEqual([
    '1 packet',
    '2 packets',
    '1.50 packets',
  ]);
  expect([0, 1, 7588].map((count) => formatCounted(count, 'packet'))).toEqual([
    '0 packets',
    '1 packet',
    '7,588 packets',
  ]);
  expect([2, 0.2, 20, 5400].map(formatWidth)).toEqual(['2 s', '200 ms', '20 s', '90 min']);
});

test('Two quantities of one unit have it once', () => {
  expect(joinQuantities('1.46 ms', '…', '14.9 ms')).toBe('1.46…14.9 ms');
  expect(joinQuantities('0 s', '…', '14.9 ms')).toBe('0 s…14.9 ms');
  expect(joinQuantities('0.1', '…', '0.2')).toBe('0.1…0.2');
});

test('In a report a minus is one, what is missing is a dash, and an interval of one number is that number', () => {
  expect([-0.5, null, Number.NaN].map((value) => reportQuantity(value, 'bit'))).toEqual(['−0.500 bit', '–', '–']);
  expect([-8.6e-5, 96.24].map((value) => reportQuantity(value, ''))).toEqual(['−8.6e−5', '96.2']);
  expect(trueMinus('order 6 (-9.983 nats), 2025-01-02, --holdout, sha-256')).toBe(
    'order 6 (−9.983 nats), 2025-01-02, --holdout, sha-256',
  );
  expect(formatInterval({ low: 94.31, high: 98.2 }, formatPoints)).toBe('94.3–98.2');
  expect(formatInterval({ low: 94.31, high: 94.3 }, formatPoints)).toBe('94.3');
});

test('Names are as short as they can be told apart by', () => {
  expect(shortNames(['a/model.safetensors', 'b/fake.pcap'])).toEqual(['model.safetensors', 'fake.pcap']);
  expect(shortNames(['a/model.safetensors', 'b/model.safetensors'])).toEqual([
    'a/model.safetensors',
    'b/model.safetensors',
  ]);
  expect(shortNames(['standard input', 'a/b'])).toEqual(['standard input', 'b']);
});

test('A command line can be typed again: what a shell would take apart is quoted, flags come before a --', () => {
  expect(commandLine('model:info', ['a.safetensors', '--json'])).toBe('synth model info a.safetensors --json');
  expect(commandLine('evaluate', ['--flow', 'UDP 1.1.1.1:1 2.2.2.2:2', "it's"], ['--seed', '1'])).toBe(
    String.raw`synth evaluate --flow 'UDP 1.1.1.1:1 2.2.2.2:2' 'it'\''s' --seed 1`,
  );
  expect(commandLine('evaluate', ['--', '-a', 'b'], ['--seed', '1'])).toBe('synth evaluate --seed 1 -- -a b');
});
