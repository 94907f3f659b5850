/**
 * @module
 * New series from an old one: the stationary bootstrap. Successive blocks of random length and place are put one after the other, so that what
 * follows what within a block stays as it was.
 *
 * Source: Politis & Romano, The Stationary Bootstrap, JASA 89 (1994).
 */

import type { PacketBlock } from '../packets/packet-series.js';
import type { Random } from '../random.js';

/**
 * @param series at least one packet; it is continued by its own beginning
 * @param length packets of the result
 * @param meanBlock packets of a block on average; the lengths are geometrically distributed
 */
export function resampleBlocks(series: PacketBlock, length: number, meanBlock: number, random: Random): PacketBlock {
  const offsetsNs = new Float64Array(length);
  const sizes = new Uint32Array(length);
  const outbound = new Uint8Array(length);
  let from = 0;
  let left = 0;
  let timeNs = 0;
  for (let i = 0; i < length; i++) {
    if (left === 0) {
      from = Math.floor(random.next() * series.length);
      left = Math.max(1, Math.ceil(Math.log(1 - random.next()) / Math.log(1 - 1 / meanBlock)));
    }
    // The first packet of the old series has no gap: it takes that of the second.
    const gapOf = Math.min(Math.max(1, from), series.length - 1);
    if (i > 0) timeNs += series.offsetsNs[gapOf]! - series.offsetsNs[Math.max(0, gapOf - 1)]!;
    offsetsNs[i] = timeNs;
    sizes[i] = series.sizes[from]!;
    outbound[i] = series.outbound[from]!;
    from = from + 1 === series.length ? 0 : from + 1;
    left--;
  }
  return { length, offsetsNs, sizes, outbound };
}
