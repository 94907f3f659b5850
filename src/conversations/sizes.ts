/**
 * @module
 * Sizes of packets by service, step and place in the conversation.
 */
import { STEPS } from './role.js';

/** Places that sizes are told apart by: first, second, third packet, all others. */
export const SIZE_PLACES = 4;

/** @param place of `placeOf` */
export const sizeRow = (service: number, step: number, place: number): number =>
  (service * STEPS + step) * SIZE_PLACES + Math.min(SIZE_PLACES - 1, place);

export function partsOfSizeRow(row: number): { service: number; step: number; place: number } {
  const serviceAndStep = Math.floor(row / SIZE_PLACES);
  return { service: Math.floor(serviceAndStep / STEPS), step: serviceAndStep % STEPS, place: row % SIZE_PLACES };
}

/** For each row how often each size was seen. */
export type SizeCounts = Map<number, Map<number, number>>;
