/**
 * @module
 * What a sink says in the end: the stable shape of `--json` and `--summary`. Times are in ns where their names say so, else in seconds.
 */
import type { Histogram } from 'hdr-histogram-js';
import type { ArrivalFileReport } from './arrival-files.js';
import type { DialogueReport } from './dialogue.js';
import type { SinkTime } from './sink-time.js';
import type { GapReport, Source } from './source.js';
import type { StampAccount } from './stamp-account.js';

export type EndReason = 'duration' | 'packets' | 'idle' | 'signal' | 'failure';

export interface SourceReport {
  readonly remote: string;
  readonly listener: string;
  /** Of its stamps, from 0. */
  readonly device: number | null;
  readonly packets: number;
  /** IP lengths, and payloads alone. */
  readonly bytes: number;
  readonly payloadBytes: number;
  /** In ns since the Unix epoch, as text: a number would lose digits. */
  readonly firstNs: string;
  readonly lastNs: string;
  readonly gaps: GapReport;
  readonly replies: number;
}

export interface DeviceReport {
  readonly device: number;
  readonly expected: number;
  readonly received: number;
  readonly lost: number;
  readonly duplicates: number;
  readonly outOfOrder: number;
}

export interface StampReport extends Omit<DeviceReport, 'device'> {
  /** Packets of sources that never said which device they are. */
  readonly unstamped: number;
  /** Arrival minus plan, at least 0. */
  readonly delay: { readonly p50Ns: number; readonly p99Ns: number; readonly maxNs: number };
  readonly devices: readonly DeviceReport[];
}

export interface SinkReport {
  readonly listeners: readonly string[];
  readonly endedBy: EndReason;
  readonly packets: number;
  readonly bytes: number;
  readonly payloadBytes: number;
  /** From the first to the last packet. */
  readonly seconds: number;
  readonly sources: readonly SourceReport[];
  /** Sum over the sources beyond the maximum number that is counted separately. */
  readonly others: SourceReport | null;
  readonly stamp: StampReport | null;
  /** Datagrams for which the kernel had no room. */
  readonly dropped: number;
  /** What went wrong without ending anything, by its name. */
  readonly problems: Readonly<Record<string, number>>;
  readonly replies: DialogueReport | null;
  readonly files: readonly ArrivalFileReport[];
  /** Packets that are in no file: those of the sources in `others`. */
  readonly unwritten: number;
}

export interface SinkAccount {
  readonly listeners: readonly string[];
  readonly endedBy: EndReason;
  readonly sources: readonly Source[];
  readonly others: Source | undefined;
  readonly time: SinkTime;
  readonly stamp: { readonly devices: readonly StampAccount[]; readonly delays: Histogram } | undefined;
  readonly replies: DialogueReport | undefined;
  readonly problems: ReadonlyMap<string, number>;
  readonly dropped: number;
  readonly files: readonly ArrivalFileReport[];
  readonly unwritten: number;
}

export function sinkReport(account: SinkAccount): SinkReport {
  const { sources, others, time, stamp } = account;
  const all = others === undefined ? sources : [...sources, others];
  const sum = (field: 'packets' | 'bytes' | 'payloadBytes') => all.reduce((total, source) => total + source[field], 0);
  const firstNs = all.reduce((first, source) => Math.min(first, source.firstNs), Number.POSITIVE_INFINITY);
  const lastNs = all.reduce((last, source) => Math.max(last, source.lastNs), 0);
  return {
    listeners: account.listeners,
    endedBy: account.endedBy,
    packets: sum('packets'),
    bytes: sum('bytes'),
    payloadBytes: sum('payloadBytes'),
    seconds: Math.max(0, lastNs - firstNs) / 1e9,
    sources: sources.map((source) => sourceReport(source, time)),
    others: others === undefined ? null : sourceReport(others, time),
    stamp: stamp === undefined ? null : stampReport(stamp.devices, stamp.delays, all),
    dropped: account.dropped,
    problems: Object.fromEntries(account.problems),
    replies: account.replies ?? null,
    files: account.files,
    unwritten: account.unwritten,
  };
}

function sourceReport(source: Source, time: SinkTime): SourceReport {
  const wallNs = (sinceNs: number) => String(time.startWallNs + BigInt(sinceNs));
  return {
    remote: source.name,
    listener: source.origin.url,
    device: source.device?.device ?? null,
    packets: source.packets,
    bytes: source.bytes,
    payloadBytes: source.payloadBytes,
    firstNs: wallNs(source.firstNs),
    lastNs: wallNs(source.lastNs),
    gaps: source.gaps(),
    replies: source.replies,
  };
}

function stampReport(accounts: readonly StampAccount[], delays: Histogram, sources: readonly Source[]): StampReport {
  const devices = accounts
    .map(({ device, expected, received, lost, duplicates, outOfOrder }) => {
      return { device, expected, received, lost, duplicates, outOfOrder };
    })
    .sort((a, b) => a.device - b.device);
  const sum = (field: keyof DeviceReport) => devices.reduce((total, device) => total + device[field], 0);
  return {
    expected: sum('expected'),
    received: sum('received'),
    lost: sum('lost'),
    duplicates: sum('duplicates'),
    outOfOrder: sum('outOfOrder'),
    unstamped: sources.reduce((total, source) => total + source.unassigned, 0),
    delay: {
      p50Ns: delays.getValueAtPercentile(50),
      p99Ns: delays.getValueAtPercentile(99),
      maxNs: delays.maxValue,
    },
    devices,
  };
}
