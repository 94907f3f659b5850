/**
 * @module
 * Times of day for people and programs.
 */

/** @param timeNs since the Unix epoch */
export const isoTime = (timeNs: bigint): string => new Date(Number(timeNs / 1_000_000n)).toISOString();
