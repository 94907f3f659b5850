/**
 * @module
 * Numbers for people, as the rest of the program writes them (src/format.ts).
 */

export const NOTHING = '–';

const threeDigits = (value) => (value < 999.5 ? value.toPrecision(3) : value.toFixed(0));

export const formatCount = (value) => Math.round(value).toLocaleString('en-US');

export function formatRate(value) {
  if (value === null) return NOTHING;
  return value > 0 && value < 10 && !Number.isInteger(value) ? value.toFixed(1) : formatCount(value);
}

export function formatNs(ns) {
  if (ns === null) return NOTHING;
  if (ns === 0) return '0 s';
  if (ns < 1e6) return `${threeDigits(ns / 1e3)} µs`;
  if (ns < 1e9) return `${threeDigits(ns / 1e6)} ms`;
  return ns < 120e9 ? `${threeDigits(ns / 1e9)} s` : `${threeDigits(ns / 60e9)} min`;
}

export function formatBytes(bytes) {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let value = bytes;
  let unit = 0;
  while (Math.round(value) >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${unit === 0 ? Math.round(value) : threeDigits(value)} ${units[unit]}`;
}

/** Seconds as a clock has them: `1:05`, `2:00:00`. */
export function formatClock(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  const two = (value) => String(value).padStart(2, '0');
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes}:${two(whole % 60)}`;
  return `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(whole % 60)}`;
}
