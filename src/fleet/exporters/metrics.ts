/**
 * @module
 * What exporters tell of a run: which numbers there are, what they are called, and where in a snapshot they stand.
 */
import type { CountName, Counts, DurationName, DurationSummary, FleetSnapshot } from '../account/snapshot.js';

/** A counter: it only grows while a run lasts. */
export interface CounterMetric {
  /** With dots between the words; `prometheusName` makes the other form of it. */
  readonly name: string;
  readonly unit: 'messages' | 'bytes' | 'connections' | 'packets';
  readonly help: string;
  readonly count: CountName;
}

const counter = (name: string, unit: CounterMetric['unit'], count: CountName, help: string): CounterMetric => ({
  name,
  unit,
  count,
  help,
});

export const COUNTERS: readonly CounterMetric[] = [
  counter('connect.attempts', 'connections', 'attempts', 'Connections begun.'),
  counter('connects', 'connections', 'connects', 'Connections that came to be.'),
  counter('reconnects', 'connections', 'reconnects', 'Connections of devices that had been connected before.'),
  counter('connects.refused', 'connections', 'refused', 'Attempts to connect that failed.'),
  counter('connections.lost', 'connections', 'lost', 'Connections that ended and were not meant to.'),
  counter('messages.planned', 'messages', 'planned', 'Messages that came due.'),
  counter('messages.sent', 'messages', 'sent', 'Messages handed to the connection for the first time.'),
  counter('messages.resent', 'messages', 'resent', 'Messages sent again after a lost connection.'),
  counter('messages.acknowledged', 'messages', 'acknowledged', 'Messages that the target has acknowledged.'),
  counter('messages.failed', 'messages', 'failed', 'Messages that the target refused, or that were given up.'),
  counter('messages.dropped', 'messages', 'dropped', 'Messages that came due and could not be kept.'),
  counter('messages.received', 'messages', 'received', 'Messages and answers from targets.'),
  counter('sent.bytes', 'bytes', 'sentBytes', 'Payload of the messages sent.'),
  counter('received.bytes', 'bytes', 'receivedBytes', 'Payload of what targets sent.'),
  counter(
    'messages.below.overhead',
    'messages',
    'belowOverhead',
    'Messages that the model wants shorter than the headers of the protocol.',
  ),
  counter(
    'left.to.stack',
    'packets',
    'leftToStack',
    'Packets of the model that carry nothing, left to the stack of the system.',
  ),
];

export const ERRORS = { name: 'errors', help: 'What failed, by reason.' } as const;

/** A number of devices. */
export interface DeviceGauge {
  readonly name: string;
  readonly help: string;
  /** Undefined while it is not known. */
  readonly value: (snapshot: FleetSnapshot, group: number) => number | undefined;
}

export const DEVICE_GAUGES: readonly DeviceGauge[] = [
  { name: 'devices', help: 'Devices that there are.', value: ({ groups }, group) => groups[group]!.devices },
  {
    name: 'devices.up',
    help: 'Devices that are connected.',
    value: ({ groups }, group) => groups[group]!.counts.up,
  },
  {
    name: 'devices.wanted',
    help: 'Devices that ought to be connected.',
    value: ({ interval }, group) => interval?.groups[group]?.wanted,
  },
];

export interface DurationMetric {
  readonly name: string;
  readonly help: string;
  readonly duration: DurationName;
}

export const DURATION_METRICS: readonly DurationMetric[] = [
  { name: 'connect', help: 'From the attempt to the connection.', duration: 'connect' },
  {
    name: 'latency',
    help: 'From the planned time of a message to its acknowledgement, corrected for coordinated omission.',
    duration: 'latency',
  },
  { name: 'service.time', help: 'From sending to acknowledgement.', duration: 'serviceTime' },
  { name: 'lateness', help: 'From the planned time of a message to sending it.', duration: 'lateness' },
];

/** Quantiles in seconds; 1 is the maximum. */
export const quantilesOf = (summary: DurationSummary): readonly (readonly [quantile: string, seconds: number])[] => [
  ['0.5', summary.p50Ns / 1e9],
  ['0.9', summary.p90Ns / 1e9],
  ['0.95', summary.p95Ns / 1e9],
  ['0.99', summary.p99Ns / 1e9],
  ['0.999', summary.p999Ns / 1e9],
  ['1', summary.maxNs / 1e9],
];

/** A number of the run itself. */
export interface RunGauge {
  readonly name: string;
  readonly help: string;
  readonly seconds: (snapshot: FleetSnapshot) => number;
}

export const RUN_GAUGES: readonly RunGauge[] = [
  { name: 'elapsed', help: 'Since the beginning of the run.', seconds: ({ elapsedSeconds }) => elapsedSeconds },
  { name: 'planned', help: 'How long the run is planned to be.', seconds: ({ plannedSeconds }) => plannedSeconds },
];

export const countOf = (counts: Counts, { count }: CounterMetric): number => counts[count];
