/**
 * @module
 * The account of one source: what has arrived from one remote endpoint at one listener.
 */

import { build, type Histogram } from 'hdr-histogram-js';
import { IP_HEADER_BYTES, TCP_HEADER_BYTES, UDP_HEADER_BYTES } from '../net/header-bytes.js';
import { endpointText } from './listen-address.js';
import type { SourceOrigin } from './source-origin.js';
import type { StampAccount } from './stamp-account.js';

/** Transport header, TCP without options. */
const HEADER_BYTES = { udp: UDP_HEADER_BYTES, tcp: TCP_HEADER_BYTES } as const;
/** Gaps above 39 hours count as that. */
const MAX_GAP_NS = 2 ** 47 - 1;
/** Of so many sources the gaps are also kept as a histogram, which takes 22 kB. */
const DETAILED_SOURCES = 4096;

export class Source {
  /** By order of arrival, from 0. */
  readonly index: number;
  readonly origin: SourceOrigin;
  readonly ipVersion: 4 | 6;
  /** What packets have beside what arrives of them. */
  readonly overheadBytes: number;
  /** Whether this stands for all sources beyond those that are told apart. */
  readonly isOthers: boolean;

  packets = 0;
  /** Sum of the IP lengths, and of the payloads alone. */
  bytes = 0;
  payloadBytes = 0;
  firstNs = 0;
  lastNs = 0;
  minGapNs = Number.POSITIVE_INFINITY;
  maxGapNs = 0;
  #gaps: Histogram | undefined;
  /** Replies that were sent to it. */
  replies = 0;

  /** Whose packets these are, by the latest stamp, and how many arrived before it was known. */
  device: StampAccount | undefined;
  unassigned = 0;
  /** Device of the dialogue that it takes part in, or -1. */
  partner = -1;

  constructor(index: number, origin: SourceOrigin, isOthers: boolean) {
    this.index = index;
    this.origin = origin;
    this.isOthers = isOthers;
    this.ipVersion = origin.remote?.address.includes(':') ? 6 : 4;
    this.overheadBytes = IP_HEADER_BYTES[this.ipVersion] + HEADER_BYTES[origin.transport] + origin.framingBytes;
  }

  /** `192.0.2.1:4000`; sockets without addresses are numbered. */
  get name(): string {
    if (this.isOthers) return 'others';
    const { remote } = this.origin;
    return remote === undefined ? `client ${this.index + 1}` : endpointText(remote);
  }

  /** @param length of the payload. @returns the IP length */
  count(length: number, sinceNs: number): number {
    const sizeBytes = this.overheadBytes + length;
    if (this.packets === 0) this.firstNs = sinceNs;
    else this.#countGap(Math.max(0, sinceNs - this.lastNs));
    this.packets++;
    this.bytes += sizeBytes;
    this.payloadBytes += length;
    this.lastNs = sinceNs;
    return sizeBytes;
  }

  #countGap(gapNs: number): void {
    if (gapNs < this.minGapNs) this.minGapNs = gapNs;
    if (gapNs > this.maxGapNs) this.maxGapNs = gapNs;
    if (this.index >= DETAILED_SOURCES) return;
    this.#gaps ??= build({
      lowestDiscernibleValue: 1,
      highestTrackableValue: MAX_GAP_NS,
      numberOfSignificantValueDigits: 2,
      bitBucketSize: 32,
    });
    this.#gaps.recordValue(Math.min(gapNs, MAX_GAP_NS));
  }

  /** Time between its packets; null where there are none, or, of percentiles, where they were not kept. */
  gaps(): GapReport {
    const isAlone = this.packets < 2;
    const percentile = (share: number) =>
      this.#gaps === undefined ? null : Math.min(this.#gaps.getValueAtPercentile(share), this.maxGapNs);
    return {
      minNs: isAlone ? null : this.minGapNs,
      meanNs: isAlone ? null : (this.lastNs - this.firstNs) / (this.packets - 1),
      maxNs: isAlone ? null : this.maxGapNs,
      p50Ns: percentile(50),
      p99Ns: percentile(99),
    };
  }
}

export interface GapReport {
  readonly minNs: number | null;
  readonly meanNs: number | null;
  readonly maxNs: number | null;
  readonly p50Ns: number | null;
  readonly p99Ns: number | null;
}
