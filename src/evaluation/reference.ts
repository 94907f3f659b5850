/**
 * @module
 * What all comparisons of an evaluation share: bins, classes of packets, the bin of time, the gap that counts as idle. All of it comes from the
 * whole real series and never from a synthetic one, so that every synthetic series is measured with the same rule.
 */
import { binEdges, binOf } from '../statistics/histogram.js';
import { otsuThreshold } from '../statistics/otsu.js';
import { sortedCopy } from '../statistics/sort.js';
import type { SeriesView } from './series-view.js';

/** Bins of the histograms, about. */
const BINS = 64;
/** Classes of sizes and of gaps, about, where packets in their order are counted. */
const CLASSES = 8;
/** Widths of a bin of time to choose from, in ns. */
const TIME_BINS_NS = [1e7, 1e8, 1e9, 1e10, 6e10, 6e11, 3.6e12];
const MAX_TIME_BINS = 2 ** 20;
/** Values that bins are made from. */
const MAX_SAMPLE = 2 ** 19;

/** Of one direction. */
interface DirectionReference {
  readonly sizeBins: Float64Array;
  readonly gapBins: Float64Array;
  readonly sizeClasses: Float64Array;
  /** Of joint gaps before packets of this direction. */
  readonly gapClasses: Float64Array;
  /** A gap above this separates two bursts, in ns; undefined where all gaps are alike. */
  readonly idleNs: number | undefined;
}

export class Reference {
  readonly outbound: DirectionReference;
  readonly inbound: DirectionReference;
  /**
   * The finest bin of time in which there is a packet on average, and of which the real series does not have too many, in ns. Memory in time
   * (autocorrelation, spectrum, Hurst exponent) is looked for in bytes per such bin.
   */
  readonly timeBinNs: number;

  constructor(real: SeriesView) {
    this.outbound = directionReference(real, true);
    this.inbound = directionReference(real, false);
    const fine = (binNs: number) => real.spanNs / binNs <= MAX_TIME_BINS && (real.length * binNs) / real.spanNs >= 1;
    this.timeBinNs = TIME_BINS_NS.find(fine) ?? TIME_BINS_NS.at(-1)!;
  }

  of(outbound: boolean): DirectionReference {
    return outbound ? this.outbound : this.inbound;
  }
}

function directionReference(real: SeriesView, outbound: boolean): DirectionReference {
  const sizes = sortedSample(real.sizes(outbound));
  const gaps = sortedSample(real.gaps(outbound));
  // On a logarithmic scale: pauses are longer than the gaps of a burst by factors, not by seconds.
  const threshold = otsuThreshold(gaps.map(Math.log1p));
  return {
    sizeBins: binEdges(sizes, BINS),
    gapBins: binEdges(gaps, BINS),
    sizeClasses: binEdges(sizes, CLASSES),
    gapClasses: binEdges(sortedSample(real.jointGaps(outbound)), CLASSES),
    idleNs: threshold === undefined ? undefined : Math.expm1(threshold),
  };
}

/** Values spread evenly over those given, rising: bins need no more. */
function sortedSample(values: Float64Array): Float64Array {
  const step = Math.ceil(values.length / MAX_SAMPLE);
  if (step <= 1) return sortedCopy(values);
  return sortedCopy(values.filter((_, i) => i % step === 0));
}

/** The packets of a series as classes: of both directions together, so that the order of the directions is part of it. */
export class PacketClasses {
  readonly sizes: Classes;
  readonly gaps: Classes;

  constructor(reference: Reference) {
    this.sizes = new Classes(reference.outbound.sizeClasses, reference.inbound.sizeClasses);
    this.gaps = new Classes(reference.outbound.gapClasses, reference.inbound.gapClasses);
  }
}

/** Numbers below `count` for a direction and a value; those of inbound packets come first. */
export class Classes {
  readonly count: number;
  readonly #outbound: Float64Array;
  readonly #inbound: Float64Array;

  constructor(outbound: Float64Array, inbound: Float64Array) {
    this.#outbound = outbound;
    this.#inbound = inbound;
    this.count = outbound.length + inbound.length + 2;
  }

  of(outbound: boolean, value: number): number {
    return outbound ? this.#inbound.length + 1 + binOf(value, this.#outbound) : binOf(value, this.#inbound);
  }
}
