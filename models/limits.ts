/**
 * @module
 * What no model may hold or emit.
 */

/** An IPv4 header. */
export const MIN_SIZE_BYTES = 20;
/** Times are below 10^12 s in tables (table-reader.ts) and below 2^63 ns in captures. */
export const MAX_GAP_NS = 2e21;
