/**
 * @module
 * How faithfully a device said what its model wants: distances between the distributions of planned and sent messages.
 */
import type { PacketRecord } from '../../emission/wire-fidelity.js';
import type { FleetFidelity } from '../account/snapshot.js';
import type { DeviceFidelity } from '../plan/shard-task.js';

/**
 * Gaps that differ by no more than this count as the same: it is what a process that does thousands of other things can keep to, and a
 * period of exactly a second would else be told from one with a jitter of microseconds.
 */
const GAP_TOLERANCE_NS = 1e6;

/** Undefined where too little was planned. */
export function deviceFidelity(group: number, plan: PacketRecord, sent: PacketRecord): DeviceFidelity | undefined {
  if (plan.packets < 2) return undefined;
  return {
    group,
    messages: plan.packets,
    gapKs: sent.packets < 2 ? 1 : distanceBeyond(gapsOf(plan), gapsOf(sent), GAP_TOLERANCE_NS),
    sizeKs: sent.packets === 0 ? 1 : distanceBeyond(plan.sizes.slice(), sent.sizes.slice(), 0),
  };
}

/** Of the devices that were observed; null where there are none. */
export function fleetFidelity(devices: readonly DeviceFidelity[]): FleetFidelity | null {
  if (devices.length === 0) return null;
  const gapKs = median(devices.map((device) => device.gapKs));
  const sizeKs = median(devices.map((device) => device.sizeKs));
  const score = median(devices.map((device) => 100 * (1 - Math.max(device.gapKs, device.sizeKs))));
  const messages = devices.reduce((sum, device) => sum + device.messages, 0);
  return { devices: devices.length, messages, score, gapKs, sizeKs };
}

const gapsOf = ({ timesNs }: PacketRecord): Float64Array => timesNs.slice(1).map((time, i) => time - timesNs[i]!);

/**
 * The largest distance of two empirical distributions F and G that shifts by up to a tolerance t do not explain, in the manner of Lévy's
 * metric: the supremum over x of F(x − t) − G(x) and G(x − t) − F(x), at least 0. With t = 0 it is the Kolmogorov–Smirnov distance.
 *
 * @param a at least one value; is sorted
 * @param b the same
 */
export function distanceBeyond(a: Float64Array, b: Float64Array, tolerance: number): number {
  a.sort();
  b.sort();
  return Math.max(excess(a, b, tolerance), excess(b, a, tolerance));
}

/** The supremum over x of F(x − t) − G(x), which is reached where F steps. */
function excess(f: Float64Array, g: Float64Array, tolerance: number): number {
  let most = 0;
  let below = 0;
  for (let i = 0; i < f.length; i++) {
    if (i + 1 < f.length && f[i + 1] === f[i]) continue;
    while (below < g.length && g[below]! <= f[i]! + tolerance) below++;
    most = Math.max(most, (i + 1) / f.length - below / g.length);
  }
  return most;
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
