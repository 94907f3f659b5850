/**
 * @module
 * Numbers of an evaluation, for people. What there is no number for is a dash.
 */
import type { Interval } from '../statistics/confidence.js';

export const NOTHING = '–';

/** A number with about three digits, and a true minus. */
export function formatNumber(value: number | null): string {
  if (value === null || !Number.isFinite(value)) return NOTHING;
  const size = Math.abs(value);
  const digits = size >= 1000 || (size >= 10 && Number.isInteger(value)) ? 0 : size >= 100 ? 1 : size >= 10 ? 2 : 3;
  return minus(value, digits);
}

/** A score or a part of it: 0 to 100. */
export function formatPoints(points: number | null): string {
  return points === null || !Number.isFinite(points) ? NOTHING : minus(points, 0);
}

/** @param format of both ends */
export function formatInterval(interval: Interval | null, format: (value: number) => string): string {
  if (interval === null) return '';
  const [low, high] = [format(interval.low), format(interval.high)];
  return low === high ? low : `${low} to ${high}`;
}

function minus(value: number, digits: number): string {
  const options = { minimumFractionDigits: digits, maximumFractionDigits: digits, signDisplay: 'negative' } as const;
  return value.toLocaleString('en-US', options).replace('-', '−');
}

/** What is left of 100 points after a loss of 0 to 1. */
export const pointsLeft = (loss: number | null): number | null => (loss === null ? null : 100 * (1 - loss));
