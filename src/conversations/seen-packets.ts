/**
 * @module
 * The packets that services have had, as far as counts tell: their roles and largest sizes.
 */
import type { ConversationCounts } from './counts.js';
import { ROLES, stepOf, stepRole } from './role.js';
import { partsOfSizeRow, SIZE_PLACES, sizeRow } from './sizes.js';

export function seenRoles({ services, sizes }: ConversationCounts): readonly (readonly number[])[] {
  return Array.from({ length: 2 * services }, (_, row) => {
    const service = row >> 1;
    const roles = Array.from({ length: ROLES }, (_, role) => role);
    return roles.filter((role) => {
      const step = stepOf(row & 1, role);
      return Array.from({ length: SIZE_PLACES }, (_, place) => sizes.has(sizeRow(service, step, place))).includes(true);
    });
  });
}

export function largestSizes({ services, sizes }: ConversationCounts): Float64Array {
  const largest = new Float64Array(2 * services);
  for (const [row, counts] of sizes) {
    const { service, step } = partsOfSizeRow(row);
    const at = 2 * service + (step < ROLES ? 0 : 1);
    for (const size of counts.keys()) largest[at] = Math.max(largest[at]!, size);
  }
  return largest;
}

/** For each service, direction and size the roles of such packets. Equal lists are one. */
export function rolesOfSizes(
  { services, sizes }: ConversationCounts,
  indices: ReadonlyMap<number, number>,
): readonly (readonly number[])[] {
  const sets = new Uint8Array(2 * services * indices.size);
  for (const [row, counts] of sizes) {
    const { service, step } = partsOfSizeRow(row);
    const at = (2 * service + (step < ROLES ? 0 : 1)) * indices.size;
    for (const size of counts.keys()) sets[at + indices.get(size)!]! |= 1 << stepRole(step);
  }
  const lists = Array.from({ length: 2 ** ROLES }, (_, set) =>
    Array.from({ length: ROLES }, (_, role) => role).filter((role) => (set & (1 << role)) !== 0),
  );
  return Array.from(sets, (set) => lists[set]!);
}
