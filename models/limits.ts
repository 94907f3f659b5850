/**
 * @module
 * What no model may hold or emit.
 */
import { MAX_SIZE_BYTES } from '../src/net/sizes.js';

/** An IPv4 header. */
export const MIN_SIZE_BYTES = 20;
/** Times are below 10^12 s in tables (table-reader.ts) and below 2^63 ns in captures. */
export const MAX_GAP_NS = 2e21;

export const isPossibleSize = (sizeBytes: number): boolean =>
  sizeBytes >= MIN_SIZE_BYTES && sizeBytes <= MAX_SIZE_BYTES && Number.isInteger(sizeBytes);

export const isPossibleGap = (gapNs: number): boolean => gapNs >= 0 && gapNs <= MAX_GAP_NS && Number.isInteger(gapNs);

/** States of a direction, or components of its mixture. */
export const MAX_COMPONENTS = 1024;

/** Of networks: what SIMD takes at once, and what fits into the memory of WebAssembly. */
export const LANES = 8;
export const MAX_UNITS = 1024;
export const MAX_LAYERS = 12;
export const MAX_KERNEL_SIZE = 16;
export const MAX_BATCH = 4096;
export const MAX_WINDOW = 4096;
/** Numbers that a network learns: a training that can be resumed keeps four of each, and all that has to fit into a file. */
export const MAX_PARAMETERS = 2 ** 25;
/** Tokens that a network can tell apart. */
export const MAX_NETWORK_TOKENS = 4096;
