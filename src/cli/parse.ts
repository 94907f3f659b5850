/**
 * @module
 * Fractions, sizes and times as people type them, everywhere the same.
 */
import { SynthError } from '../errors.js';
import type { RotationLimits } from '../output/rotation.js';
import type { TimeBound } from '../rewrite/packet-range.js';
import { PAYLOAD_KINDS, type PayloadChoice } from '../synthesis/payload/payload-source.js';
import { durationParts, parseDuration } from '../units.js';

const UNITS_BYTES: Readonly<Record<string, number>> = {
  B: 1,
  kB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
};

/** `500kB`, `100MiB`, `1.5GB`, in bytes, up to 2^53. @throws SynthError `SYNTH_USAGE` */
export function parseSize(text: string): number {
  const [, value, unit] = /^(\d+(?:\.\d+)?)(B|[kMGT]B|[KMGT]iB)$/.exec(text) ?? [];
  const bytes = unit === undefined ? Number.NaN : Math.round(Number(value) * UNITS_BYTES[unit]!);
  if (bytes > 0 && bytes <= Number.MAX_SAFE_INTEGER) return bytes;
  throw new SynthError('SYNTH_USAGE', `“${text}” is not a size`, { hint: 'Write it like 500kB, 100MiB or 1GB.' });
}

/** What ends a file of a series: a size, a duration, or both with a comma between. @throws SynthError `SYNTH_USAGE` */
export function parseRotationLimits(text: string): RotationLimits {
  const parts = text.split(',');
  const sizes = parts.filter((part) => part.endsWith('B'));
  const durations = parts.filter((part) => /\d[nuµm]?[smhd]$/.test(part));
  if (sizes.length > 1 || durations.length > 1 || sizes.length + durations.length !== parts.length) {
    throw new SynthError('SYNTH_USAGE', `“${text}” is not a size, a duration or both`, {
      hint: 'Write it like 100MiB, 1h or 100MiB,1h.',
    });
  }
  const [maxBytes = Number.POSITIVE_INFINITY] = sizes.map(parseSize);
  const [intervalNs = Number.POSITIVE_INFINITY] = durations.map(parseDuration);
  return { maxBytes, intervalNs };
}

/** A duration of any length, also 0, that may have a sign: `2h`, `-30s`. In ns. @throws SynthError `SYNTH_USAGE` */
export function parseShift(text: string): bigint {
  const parts = durationParts(text.replace(/^[+-]/, ''));
  const ns = parts.reduce((sum, part) => sum + BigInt(Math.round(part)), 0n);
  return text.startsWith('-') ? -ns : ns;
}

/** A time as `parseTimestamp` takes it, or a duration since the first packet. @throws SynthError `SYNTH_USAGE` */
export function parseTimeBound(text: string): TimeBound {
  const isDuration = /^[\d.]+(?:ns|us|µs|ms|s|m|h|d)/.test(text);
  return isDuration ? { ns: parseShift(text), sinceFirst: true } : { ns: parseTimestamp(text), sinceFirst: false };
}

/** `1/3` or `0.25`: at least 0 and below 1. @throws SynthError `SYNTH_USAGE` */
export function parseFraction(text: string): number {
  const match = /^(\d+)\/(\d+)$/.exec(text);
  const value = match ? Number(match[1]) / Number(match[2]) : text.trim() === '' ? Number.NaN : Number(text);
  if (!(value >= 0 && value < 1)) {
    throw new SynthError('SYNTH_USAGE', `“${text}” is not a fraction from 0 to below 1`, {
      hint: 'Write it like 1/3 or 0.25.',
    });
  }
  return value;
}

/** An ISO 8601 date and time, or seconds since the epoch with up to nine decimals, in ns. @throws SynthError `SYNTH_USAGE` */
export function parseTimestamp(text: string): bigint {
  const seconds = /^(\d{1,10})(?:\.(\d{1,9}))?$/.exec(text);
  if (seconds && Number(seconds[1]) < 2 ** 32) {
    return BigInt(seconds[1]!) * 1_000_000_000n + BigInt((seconds[2] ?? '').padEnd(9, '0'));
  }
  const iso =
    /^(\d{4}-\d{2}-\d{2})(?:T(\d{2}:\d{2}(?::\d{2})?)(?:(?<=:\d{2}:\d{2})\.(\d{1,9}))?(Z|[+-]\d{2}:\d{2})?)?$/.exec(
      text,
    );
  const [, date = '', time = '00:00', fraction = '', zone = 'Z'] = iso ?? [];
  const ms = Date.parse(`${date}T${time}${zone}`); // without a zone it is UTC, on every machine
  // Date.parse makes a 2nd of March of the 30th of February.
  const isDay = !Number.isNaN(ms) && new Date(`${date}T00:00Z`).toISOString().startsWith(date);
  if (!isDay || ms < 0 || ms >= 2 ** 32 * 1000) {
    throw new SynthError('SYNTH_USAGE', `“${text}” is not a time`, {
      hint: 'Write it like 2025-01-31T12:00:00Z, or as seconds since 1970.',
    });
  }
  return BigInt(ms) * 1_000_000n + BigInt(fraction.padEnd(9, '0'));
}

/** A time in ns as `parseTimestamp` reads it. */
export const formatTimestamp = (timeNs: bigint): string =>
  `${timeNs / 1_000_000_000n}.${String(timeNs % 1_000_000_000n).padStart(9, '0')}`;

/** More numbers than anything is compared with. */
const MAX_NUMBERS = 10_000;

/** `12`, `1..40` or `1..40:2`; undefined for anything else. */
export function parseNumbers(text: string): number[] | undefined {
  const [, from, to, step] = /^(\d{1,9})(?:\.\.(\d{1,9})(?::(\d{1,9}))?)?$/.exec(text) ?? [];
  if (from === undefined) return undefined;
  const first = Number(from);
  const last = to === undefined ? first : Number(to);
  const width = step === undefined ? 1 : Number(step);
  const count = width >= 1 && last >= first ? Math.floor((last - first) / width) + 1 : 0;
  if (count < 1 || count > MAX_NUMBERS) return undefined;
  return Array.from({ length: count }, (_, i) => first + i * width);
}

/** A positive number such as `0.001` or `1e-3`. @throws SynthError `SYNTH_USAGE` */
export function parsePositive(text: string): number {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (value > 0 && value < Number.POSITIVE_INFINITY) return value;
  throw new SynthError('SYNTH_USAGE', `“${text}” is not a number above 0`);
}

/** A share such as `0.9`: above 0 and at most 1. @throws SynthError `SYNTH_USAGE` */
export function parseShare(text: string): number {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (value > 0 && value <= 1) return value;
  throw new SynthError('SYNTH_USAGE', `“${text}” is not a share above 0, up to 1`);
}

/** A fidelity score, 0 to 100. @throws SynthError `SYNTH_USAGE` */
export function parseScore(text: string): number {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (value >= 0 && value <= 100) return value;
  throw new SynthError('SYNTH_USAGE', `“${text}” is not a score from 0 to 100`);
}

/** One of the words, or else the path of a file; `./random` is a file. */
export function parsePayload(text: string): PayloadChoice {
  return PAYLOAD_KINDS.find((kind) => kind === text) ?? { file: text };
}
