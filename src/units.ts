/**
 * @module
 * Durations, rates and factors as people type them, on the command line and in files the same.
 */
import { SynthError } from './errors.js';

const UNITS_NS: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  µs: 1e3,
  ms: 1e6,
  s: 1e9,
  m: 60e9,
  h: 3600e9,
  d: 86_400e9,
};

/** Offsets are exact to here. */
const MAX_DURATION_NS = 2 ** 53;

/** `500ms`, `10s`, `2m`, `1h`, `1h30m`, in ns, up to 2^53. @throws SynthError `SYNTH_USAGE` */
export function parseDuration(text: string): number {
  const total = Math.round(durationParts(text).reduce((sum, part) => sum + part, 0));
  if (!(total > 0)) throw notDuration(text);
  if (total > MAX_DURATION_NS) {
    throw new SynthError('SYNTH_USAGE', `“${text}” is longer than 2^53 ns, about 104 days`, {
      hint: 'Generate a longer time in parts.',
    });
  }
  return total;
}

/** Each part of a duration, in ns. @throws SynthError `SYNTH_USAGE` */
export function durationParts(text: string): number[] {
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h|d)/g)];
  if (text === '' || parts.map(([part]) => part).join('') !== text) throw notDuration(text);
  return parts.map(([, value, unit]) => Number(value) * UNITS_NS[unit!]!);
}

function notDuration(text: string): SynthError {
  return new SynthError('SYNTH_USAGE', `“${text}” is not a duration`, {
    hint: 'Write it like 500ms, 10s, 2m or 1h30m.',
  });
}

const UNITS_RATE: Readonly<Record<string, number>> = { '': 1, k: 1e3, M: 1e6 };

/** A rate such as `1000`, `100/s`, `50k` or `1.5M/s`, per second. @throws SynthError `SYNTH_USAGE` */
export function parseRate(text: string): number {
  const [, value, unit] = /^(\d+(?:\.\d+)?(?:e\d+)?)([kM]?)(?:\/s)?$/.exec(text) ?? [];
  const rate = unit === undefined ? Number.NaN : Number(value) * UNITS_RATE[unit]!;
  if (rate > 0 && rate < Number.POSITIVE_INFINITY) return rate;
  throw new SynthError('SYNTH_USAGE', `“${text}” is not a rate`, { hint: 'Write it like 100/s, 50k or 0.5.' });
}

/** A factor such as `2x`, `0.5x` or `2`. @throws SynthError `SYNTH_USAGE` */
export function parseFactor(text: string): number {
  const value = /^\d+(?:\.\d+)?x?$/.test(text) ? Number(text.replace('x', '')) : Number.NaN;
  if (value > 0 && value < Number.POSITIVE_INFINITY) return value;
  throw new SynthError('SYNTH_USAGE', `“${text}” is not a factor above 0`, { hint: 'Write it like 2x or 0.5x.' });
}
