/**
 * @module
 * Whether a service opens a connection soon: packets ahead whose direction and size mostly open one. A connection that is closed is often
 * followed by the next one, which tells its last packets from others of the same size.
 */
import { MAX_SIZE_BYTES } from '../net/sizes.js';
import { ROLES } from './role.js';
import { partsOfSizeRow, type SizeCounts } from './sizes.js';

/** Before the next opening come at most so many other packets of the service; or more. */
const HORIZONS = [2, 8, 32] as const;
export const SOON_CLASSES = HORIZONS.length + 1;
export const FAR = HORIZONS.length;

/** Nobody looks further ahead, in packets of all services: so it does not matter how many are known. */
export const MAX_AHEAD = 256;

/** A packet's direction and size in one number, below `MARKS`. */
export const markOf = (outbound: number, sizeBytes: number): number => 2 * sizeBytes + outbound;

export const MARKS = 2 * (MAX_SIZE_BYTES + 1);

/** Columns of packets; a block or a whole series. */
interface Packets {
  readonly length: number;
  readonly sizes: Uint32Array;
  readonly outbound: Uint8Array;
}

/** How the packets of a service look, by `markOf`. */
export interface ServiceMarks {
  /** Those that mostly open one of its connections. */
  readonly openers: ReadonlySet<number>;
  /** Those that are mostly its own. */
  readonly own: ReadonlySet<number>;
}

/**
 * For each packet how soon after it a service opens: how many packets of its own come before, in classes.
 *
 * @returns indices of `HORIZONS`, or `FAR`
 */
export function soonness({ length, sizes, outbound }: Packets, { openers, own }: ServiceMarks): Uint8Array {
  const soon = new Uint8Array(length).fill(FAR);
  let before = Number.POSITIVE_INFINITY;
  let opener = Number.POSITIVE_INFINITY;
  for (let i = length - 1; i >= 0; i--) {
    if (opener - i > MAX_AHEAD) before = Number.POSITIVE_INFINITY;
    for (let horizon = 0; horizon < FAR; horizon++) {
      if (before > HORIZONS[horizon]!) continue;
      soon[i] = horizon;
      break;
    }
    const mark = markOf(outbound[i]!, sizes[i]!);
    if (openers.has(mark)) {
      before = 0;
      opener = i;
    } else if (own.has(mark)) before++;
  }
  return soon;
}

/**
 * How the packets of each service look; undefined where nothing tells an opening from other packets.
 *
 * @param sizes for each row of `sizeRow` how often each size was seen
 */
export function serviceMarks(services: number, sizes: SizeCounts): readonly (ServiceMarks | undefined)[] {
  const all = new Map<number, number>();
  const own = Array.from({ length: services }, () => new Map<number, number>());
  const opening = Array.from({ length: services }, () => new Map<number, number>());
  const add = (counts: Map<number, number>, mark: number, count: number) =>
    counts.set(mark, (counts.get(mark) ?? 0) + count);
  for (const [row, counts] of sizes) {
    const { service, step, place } = partsOfSizeRow(row);
    for (const [sizeBytes, count] of counts) {
      const mark = markOf(step < ROLES ? 0 : 1, sizeBytes);
      add(all, mark, count);
      add(own[service]!, mark, count);
      if (place === 0) add(opening[service]!, mark, count);
    }
  }
  const mostly = (counts: ReadonlyMap<number, number>) =>
    new Set([...counts].filter(([mark, count]) => 2 * count > all.get(mark)!).map(([mark]) => mark));
  return opening.map((counts, service) => {
    const openers = mostly(counts);
    return openers.size === 0 ? undefined : { openers, own: mostly(own[service]!) };
  });
}
