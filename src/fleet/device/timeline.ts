/**
 * @module
 * When a device is up and when it may talk: phases, seen from one device. Pure arithmetic, so that a device does the same wherever it runs.
 *
 * Devices of a group come up in the order of their index. A device's *place* is where in that order it stands, between 0 and 1; it is up
 * while the share of devices that are wanted up is above its place.
 */
import type { Phase } from '../scenario/scenario.js';

/** From `startNs` to before `endNs`, since the beginning of the run. */
export interface Span {
  readonly startNs: number;
  readonly endNs: number;
}

/** A phase with its times and the shares between which it goes. */
interface Stretch extends Span {
  readonly kind: Phase['kind'];
  readonly fromShare: number;
  readonly toShare: number;
  /** When `toShare` is reached: at its end, or before. */
  readonly reachedNs: number;
}

export class Timeline {
  readonly totalNs: number;
  readonly #stretches: readonly Stretch[];

  /**
   * @param devices of all groups, which rates of arrival are for
   * @param maxNs ends the run, whatever the phases say
   */
  constructor(phases: readonly Phase[], devices: number, maxNs: number) {
    const stretches: Stretch[] = [];
    for (const phase of phases) {
      const before = stretches.at(-1);
      stretches.push(stretchOf(phase, before?.endNs ?? 0, before?.toShare ?? 0, devices));
    }
    this.#stretches = stretches;
    this.totalNs = Math.min(stretches.at(-1)?.endNs ?? 0, maxNs);
  }

  /** The phase at a time; undefined behind the last. */
  phaseAt(ns: number): Phase['kind'] | undefined {
    return this.#at(ns)?.kind;
  }

  /** The share of devices that are wanted up at a time; 0 behind the end. */
  wantedShare(ns: number): number {
    const stretch = this.#at(ns);
    if (stretch === undefined) return 0;
    const { startNs, reachedNs, fromShare, toShare } = stretch;
    if (ns >= reachedNs) return toShare;
    return fromShare + ((ns - startNs) / (reachedNs - startNs)) * (toShare - fromShare);
  }

  /** When a device is up, in order. @param place above 0, below 1 */
  upSpans(place: number): readonly Span[] {
    const spans: Span[] = [];
    let upSinceNs: number | undefined;
    for (const stretch of this.#stretches) {
      const isWanted = stretch.toShare > place;
      if (isWanted === (upSinceNs !== undefined)) continue;
      const atNs = crossingNs(stretch, place);
      if (upSinceNs !== undefined) spans.push({ startNs: upSinceNs, endNs: atNs });
      upSinceNs = isWanted ? atNs : undefined;
    }
    if (upSinceNs !== undefined) spans.push({ startNs: upSinceNs, endNs: Number.POSITIVE_INFINITY });
    return spans.flatMap((span) => part(span, 0, this.totalNs));
  }

  /** When a device may talk: while it is up, and there is no pause. */
  talkSpans(up: readonly Span[]): readonly Span[] {
    const pauses = this.#stretches.filter(({ kind }) => kind === 'pause');
    return pauses.reduce(
      (spans, pause) =>
        spans.flatMap((span) => [
          ...part(span, 0, pause.startNs),
          ...part(span, pause.endNs, Number.POSITIVE_INFINITY),
        ]),
      up,
    );
  }

  #at(ns: number): Stretch | undefined {
    if (ns >= this.totalNs) return undefined;
    return this.#stretches.find(({ startNs, endNs }) => ns >= startNs && ns < endNs);
  }
}

/** Where a device stands in the order of its group. */
export const placeOf = (index: number, count: number): number => (index + 0.5) / count;

function stretchOf(phase: Phase, startNs: number, fromShare: number, devices: number): Stretch {
  const endNs = startNs + phase.durationNs;
  const { kind } = phase;
  if (kind !== 'arrive') {
    const toShare = kind === 'ramp' ? phase.toShare : fromShare;
    return { kind, startNs, endNs, fromShare, toShare, reachedNs: endNs };
  }
  const sharePerNs = phase.perSecond / devices / 1e9;
  const toShare = Math.min(1, fromShare + sharePerNs * phase.durationNs);
  return { kind, startNs, endNs, fromShare, toShare, reachedNs: startNs + (toShare - fromShare) / sharePerNs };
}

/** When the share of a stretch passes a place that lies between its shares. */
function crossingNs({ startNs, reachedNs, fromShare, toShare }: Stretch, place: number): number {
  return startNs + ((place - fromShare) / (toShare - fromShare)) * (reachedNs - startNs);
}

/** What of a span lies between two times. */
function part(span: Span, fromNs: number, toNs: number): readonly Span[] {
  const startNs = Math.max(span.startNs, fromNs);
  const endNs = Math.min(span.endNs, toNs);
  return startNs < endNs ? [{ startNs, endNs }] : [];
}
