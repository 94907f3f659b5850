/**
 * @module
 * Numbers of an evaluation as they stand in a report: with a true minus, and a dash where there is none.
 */

import { joinQuantities, formatNumber as plainNumber, formatQuantity as plainQuantity } from '../format.js';
import type { Interval } from '../statistics/confidence.js';

export const NOTHING = '–';

const orNothing = (value: number | null, format: (value: number) => string): string =>
  value === null || !Number.isFinite(value) ? NOTHING : trueMinus(format(value));

/** Of the minus before a number, and in its exponent. */
export const trueMinus = (text: string): string => text.replace(/(?<![\w)])-(?=[\d.])|(?<=\de)-(?=\d)/g, '−');

/** A number with about three digits. */
export const formatNumber = (value: number | null): string => orNothing(value, plainNumber);

/** The same with its unit. */
export const formatQuantity = (value: number | null, unit: string): string =>
  orNothing(value, (number) => plainQuantity(number, unit));

/** A score or a part of it, 0 to 100, and nats per packet: as on the terminal. */
export const formatDecimals = (value: number | null, digits: number): string =>
  orNothing(value, (number) => number.toFixed(digits));

export const formatPoints = (points: number | null): string => formatDecimals(points, 1);

/** @param format of both ends */
export function formatInterval({ low, high }: Interval, format: (value: number) => string): string {
  const ends = [format(low), format(high)];
  return ends[0] === ends[1] ? ends[0]! : joinQuantities(ends[0]!, '–', ends[1]!);
}

/** What is left of 100 points after a loss of 0 to 1. */
export const pointsLeft = (loss: number | null): number | null => (loss === null ? null : 100 * (1 - loss));
