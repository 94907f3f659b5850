/**
 * @module
 * Finds the times in which devices were down that ought to have been up.
 */
import type { GroupInterval, Interval, Outage } from './snapshot.js';

/** An outage begins when this share of the devices that were up is lost, or of the attempts is refused … */
const LOST_SHARE = 0.5;
/** … and ends when this share of the devices that ought to be up is. */
const BACK_SHARE = 0.9;

/**
 * Outages of the whole fleet, in the order of time. Devices that are down by the plan – a ramp that goes down, a storm that keeps them
 * away – are not wanted, and so not missed.
 *
 * An interval does not tell refused attempts from other errors. They are taken to have the share in its errors that they have in all
 * errors of the run.
 *
 * @param intervals in the order of time
 * @param errors of the run by reason, as in `GroupSnapshot.errors`
 */
export function findOutages(intervals: readonly Interval[], errors: ReadonlyMap<string, number>): Outage[] {
  const reason = reasonOf(errors);
  const refusedShare = shareOfRefused(errors);
  const outages: Outage[] = [];
  let open: { readonly fromSeconds: number; missing: number } | undefined;
  /** Most devices that were up, as far as they are still wanted. */
  let wereUp = 0;
  for (const { atSeconds, seconds, total } of intervals) {
    const { up, wanted } = total;
    wereUp = Math.min(wereUp, wanted);
    if (open === undefined) {
      if (begins(total, wereUp, refusedShare)) open = { fromSeconds: atSeconds - seconds, missing: wanted - up };
      else wereUp = Math.max(wereUp, Math.min(up, wanted));
    } else if (up >= BACK_SHARE * wanted) {
      outages.push({ ...open, toSeconds: wanted === 0 ? atSeconds - seconds : atSeconds, reason });
      open = undefined;
      wereUp = Math.min(up, wanted);
    } else {
      open.missing = Math.max(open.missing, wanted - up);
    }
  }
  if (open !== undefined) outages.push({ ...open, toSeconds: null, reason });
  return outages;
}

function begins({ up, wanted, connects, errors }: GroupInterval, wereUp: number, refusedShare: number): boolean {
  if (wanted === 0 || up >= BACK_SHARE * wanted) return false;
  const isLost = wereUp > 0 && up <= wereUp * (1 - LOST_SHARE);
  const refused = errors * refusedShare;
  return isLost || (refused > 0 && refused >= (refused + connects) * LOST_SHARE);
}

const isOfConnecting = (reason: string): boolean => reason.startsWith('connect: ');
const isOfConnections = (reason: string): boolean => isOfConnecting(reason) || reason.startsWith('connection: ');

function shareOfRefused(errors: ReadonlyMap<string, number>): number {
  let all = 0;
  let refused = 0;
  for (const [reason, count] of errors) {
    all += count;
    if (isOfConnecting(reason)) refused += count;
  }
  return all === 0 ? 0 : refused / all;
}

/** The most frequent reason of connections that ended or did not come to be; of anything, where no such thing was told. */
function reasonOf(errors: ReadonlyMap<string, number>): string {
  const byCount = [...errors].sort(([, a], [, b]) => b - a);
  const [reason] = byCount.find(([name]) => isOfConnections(name)) ?? byCount[0] ?? ['unknown'];
  return reason;
}
