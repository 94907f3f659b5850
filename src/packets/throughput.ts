/**
 * @module
 * Throughput as a sequence of bytes per bin of time.
 */
import type { PacketBlock } from './packet-series.js';

/**
 * Bytes of one direction in each bin of `binNs`, from the first packet of the series (of either direction) on. Bins without a
 * packet count as 0; the last one, which the series does not fill, is left out.
 *
 * @returns as many values as the series has full bins
 */
export function throughputBytes(series: PacketBlock, outbound: boolean, binNs: number): Float64Array {
  if (series.length === 0) return new Float64Array(0);
  const origin = series.offsetsNs[0]!;
  const bins = new Float64Array(Math.floor((series.offsetsNs[series.length - 1]! - origin) / binNs));
  const wanted = outbound ? 1 : 0;
  for (let i = 0; i < series.length; i++) {
    if (series.outbound[i] !== wanted) continue;
    const bin = Math.floor((series.offsetsNs[i]! - origin) / binNs);
    if (bin < bins.length) bins[bin]! += series.sizes[i]!;
  }
  return bins;
}

/** The same without the empty bins, in the order of time: as many values as there are busy bins, however long the series is. */
export function busyBins(series: PacketBlock, outbound: boolean, binNs: number): Float64Array {
  const { length, offsetsNs, sizes, outbound: directions } = series;
  if (length === 0) return new Float64Array(0);
  const origin = offsetsNs[0]!;
  const full = Math.floor((offsetsNs[length - 1]! - origin) / binNs);
  const wanted = outbound ? 1 : 0;
  const bytes = new Float64Array(Math.min(length, full));
  let busy = 0;
  let last = -1;
  for (let i = 0; i < length; i++) {
    if (directions[i] !== wanted) continue;
    const bin = Math.floor((offsetsNs[i]! - origin) / binNs);
    if (bin >= full) break;
    if (bin !== last) busy++;
    last = bin;
    bytes[busy - 1]! += sizes[i]!;
  }
  return bytes.subarray(0, busy);
}
