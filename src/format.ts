/**
 * @module
 * Numbers and names for people: on the terminal and in reports.
 */
import { basename } from 'node:path';

export const formatCount = (value: number): string => value.toLocaleString('en-US');

/** Three digits that count; of what has four before the point all four, where `toPrecision` would write an exponent. */
const threeDigits = (value: number): string => (value < 999.5 ? value.toPrecision(3) : value.toFixed(0));

/** Bytes with a binary unit. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let value = bytes;
  let unit = 0;
  while (Math.round(value) >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${unit === 0 ? value : threeDigits(value)} ${units[unit]}`;
}

/** Seconds in the largest unit that keeps three digits. */
export function formatSeconds(seconds: number): string {
  if (seconds === 0) return '0 s';
  if (seconds < 1e-3) return `${threeDigits(seconds * 1e6)} µs`;
  if (seconds < 1) return `${threeDigits(seconds * 1e3)} ms`;
  if (seconds < 120) return `${threeDigits(seconds)} s`;
  if (seconds < 7200) return `${threeDigits(seconds / 60)} min`;
  return seconds < 172_800 ? `${threeDigits(seconds / 3600)} h` : `${threeDigits(seconds / 86_400)} d`;
}

/** Seconds that were chosen, such as the width of a bin: without the zeros behind the point. */
export const formatWidth = (seconds: number): string =>
  formatSeconds(seconds)
    .replace(/(?<=\.\d*?)0+(?= )/, '')
    .replace(/\.(?= )/, '');

/** Paths by their last part, where that tells them apart. */
export function shortNames(paths: readonly string[]): readonly string[] {
  const names = paths.map((path) => basename(path));
  return new Set(names).size === new Set(paths).size ? names : paths;
}

/** A number of things, by its noun: `1 packet`, `7,588 packets`. */
export const formatCounted = (count: number, noun: string): string =>
  `${formatCount(count)} ${noun}${count === 1 ? '' : 's'}`;

/** Any number, with three digits that count and two of what is very small; a whole number as it is. */
export function formatNumber(value: number): string {
  const size = Math.abs(value);
  if (size === 0) return '0';
  if (size >= 1e7 || size < 1e-4) return value.toExponential(1).replace('+', '');
  if (size < 1e-3) return value.toFixed(5);
  const digits = Number.isInteger(value) || size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3;
  return value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/** The same with its unit; seconds in the unit that suits them. */
export function formatQuantity(value: number, unit: string): string {
  if (unit === 's') return value < 0 ? `-${formatSeconds(-value)}` : formatSeconds(value);
  if (unit === '') return formatNumber(value);
  return `${formatNumber(value)} ${unit === 'packets' && value === 1 ? 'packet' : unit}`;
}

/** Two quantities: their unit stands there once if they have the same. */
export function joinQuantities(first: string, between: string, second: string): string {
  const unit = / \S+$/.exec(second)?.[0] ?? '';
  return `${unit !== '' && first.endsWith(unit) ? first.slice(0, -unit.length) : first}${between}${second}`;
}

export const formatShare = (share: number): string => `${(share * 100).toFixed(1)} %`;

/** The numbers of a device or a flow in the columns of a table. */
export const TRAFFIC_COLUMNS = ['packets', 'out', 'in', 'bytes', 'span', 'share'] as const;

export const formatTraffic = (traffic: {
  readonly packets: number;
  readonly outboundPackets: number;
  readonly inboundPackets: number;
  readonly bytes: number;
  readonly spanSeconds: number;
  readonly share: number;
}): readonly string[] => [
  formatCount(traffic.packets),
  formatCount(traffic.outboundPackets),
  formatCount(traffic.inboundPackets),
  formatBytes(traffic.bytes),
  formatSeconds(traffic.spanSeconds),
  formatShare(traffic.share),
];

/** @param timeNs since the Unix epoch */
export const isoTime = (timeNs: bigint): string => new Date(Number(timeNs / 1_000_000n)).toISOString();

/** The same to the ns. */
export const exactIsoTime = (timeNs: bigint): string =>
  `${isoTime(timeNs).slice(0, 20)}${String(timeNs % 1_000_000_000n).padStart(9, '0')}Z`;
