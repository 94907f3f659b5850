/**
 * @module
 * An emission from beginning to end: packets are made on this thread and sent on another, from an agreed moment on, with an account in
 * which every packet of the plan is found again. What `synth emit` calls.
 */
import { encodeIntoCompressedBase64, type Histogram } from 'hdr-histogram-js';
import type { Clock } from '../clock.js';
import { throwIfInterrupted } from '../errors.js';
import type { AddressGuard } from '../host/address-guard.js';
import { preflight, thisSystem } from '../host/preflight.js';
import type { TransportSpec } from '../host/transport-spec.js';
import type { LatenessRange } from './lateness.js';
import { requireFuture } from './prepare-emission.js';
import { createRing, RingWriter } from './ring.js';
import type { Schedule } from './schedule.js';
import { ScheduledOutput } from './scheduled-output.js';
import type { SendCounts } from './send-counts.js';
import type { SenderDone } from './sender-task.js';
import { SendingThread } from './sending-thread.js';
import type { PacketSource } from './sources/source.js';
import { type Verdict, verdictOf } from './verdict.js';
import type { Precision } from './waiter.js';

export interface EmitOptions {
  readonly source: PacketSource;
  readonly schedule: Schedule;
  readonly transport: TransportSpec;
  /** Looks at packets that carry addresses of their own. */
  readonly guard: AddressGuard | undefined;
  readonly precision: Precision;
  /** Whether payloads begin with sequence and time; never of frames and IP packets, see `prepareEmission`. */
  readonly stamp: boolean;
  /** When the first packet leaves, in ns since the Unix epoch; undefined for at once. */
  readonly startAtNs: bigint | undefined;
  /** How long what is under way may take at the end, in ms. */
  readonly drainMs: number;
  readonly clock: Clock;
  readonly signal?: AbortSignal | undefined;
  /** Told of each packet of the plan. */
  readonly onPlanned?: ((dueNs: number, length: number) => void) | undefined;
  /** Told twice a second. */
  readonly onProgress?: ((live: LiveCounts) => void) | undefined;
}

/** How far a run is. */
export interface LiveCounts {
  /** Since the start; negative before it. */
  readonly elapsedNs: number;
  readonly sent: number;
  readonly failed: number;
  readonly bytes: number;
  /** In the last interval. */
  readonly ratePps: number;
  /** Of the plan, as far as it has been made; null without times to keep. */
  readonly plannedPps: number | null;
  readonly lateness: LatenessSummary;
  /** Errors that the target has reported, and connections that were lost. */
  readonly errors: number;
  readonly reconnects: number;
}

/** In ns; of the whole run so far. All 0 without times to keep. */
export interface LatenessSummary {
  readonly p50Ns: number;
  readonly p99Ns: number;
  readonly maxNs: number;
}

export interface Emission {
  readonly planned: { readonly packets: number; readonly bytes: number };
  /** Bytes as they were handed over: frames, IP packets or payloads. The rate is from the start to the last packet. */
  readonly sent: { readonly packets: number; readonly bytes: number; readonly ratePps: number };
  readonly failed: { readonly packets: number; readonly reasons: Readonly<Record<string, number>> };
  /** Planned, and not tried before the run was ended. */
  readonly skipped: { readonly packets: number };
  /** What the target has reported of packets that had been sent, and connections that were lost. */
  readonly errors: Readonly<Record<string, number>>;
  readonly reconnects: number;
  readonly received: { readonly packets: number; readonly bytes: number };
  /** `histogram` is an HdrHistogram (V2, compressed, base64), which others can read and add up; null without times to keep. */
  readonly lateness: LatenessSummary & {
    readonly meanNs: number;
    readonly ranges: readonly LatenessRange[];
    readonly histogram: string | null;
  };
  readonly verdict: Verdict;
  /** Where the time went, in ns: packets not made in time, a transport that took nothing, calls that send. */
  readonly time: { readonly starvedNs: number; readonly blockedNs: number; readonly sendingNs: number };
  /** From the start to the last packet, and to the last deadline. */
  readonly spanNs: number;
  readonly plannedSpanNs: number;
  readonly startedAtNs: bigint;
  readonly interrupted: boolean;
}

/** An emission, and what has ended its source before the end of the plan, if anything has. */
export type EmissionEnd = Emission & { readonly sourceError: unknown };

/** 16 MiB hold 40 ms of packets at the highest rate there is. */
const RING_BYTES = 16 * 2 ** 20;
const LIVE_MS = 500;
/** Before the start so much of the ring is filled, or what can be made in this time. */
const FIRST_FILL = 0.5;
const MAX_PREPARATION_MS = 2000;
const LOOK_MS = 2;
/** For packets that are late at the end of `--duration`. */
const GRACE_NS = 1e9;
const LONGEST_TIMER_MS = 2 ** 31 - 1;
/** Between the word to start and the start. */
const START_DELAY_NS = 20e6;

/**
 * Sends what a source makes. Packets that fail do not end it; the account has them.
 *
 * @throws SynthError of the transport and of the source before anything was sent; `SYNTH_USAGE` for a start in the past
 * @throws Error if the account does not add up
 */
export async function emit(options: EmitOptions): Promise<EmissionEnd> {
  const { source, schedule, transport, guard, precision, stamp, drainMs, signal } = options;
  const ring = createRing(RING_BYTES);
  const { paced } = schedule;
  const thread = new SendingThread({ ring, transport, precision, stamp, channels: source.channels, paced, drainMs });
  const stop = new AbortController();
  const output = new ScheduledOutput(new RingWriter(ring), schedule, {
    check: guard && ((bytes, at, length) => guard.check(bytes, at, length)),
    onPlanned: options.onPlanned,
  });
  const interrupt = () => {
    thread.stop();
    stop.abort();
  };
  let end: NodeJS.Timeout | undefined;
  try {
    await opened(thread, signal);
    signal?.addEventListener('abort', interrupt, { once: true });
    const produced = produce(source, output, stop.signal);
    await filled(output, produced, options);
    // Now that packets are known, so is the longest of them, or nearly so.
    preflight({ spec: transport, maxBytes: output.longestBytes }, await thisSystem());
    const start = await begin(thread, options);
    const live = watch(thread.counts, output, start, options);
    end = endAfterDuration(start, options, interrupt);
    // A sending thread that dies leaves nobody to make room.
    const done = thread.done().finally(() => stop.abort());
    const [account, sourceError] = await Promise.all([done, produced]).finally(live);
    return { ...emissionOf(account, thread.counts, output, start, options), sourceError };
  } finally {
    clearTimeout(end);
    stop.abort();
    signal?.removeEventListener('abort', interrupt);
    await thread.terminate();
  }
}

/** Resolves when the transport is open; not later than an interrupt. @throws SynthError of the transport, `SYNTH_INTERRUPTED` */
async function opened(thread: SendingThread, signal: AbortSignal | undefined): Promise<void> {
  let onAbort = () => {};
  const aborted = new Promise<void>((resolve) => {
    onAbort = resolve;
    signal?.addEventListener('abort', onAbort);
  });
  throwIfInterrupted(signal, 'opening the transport');
  await Promise.race([thread.opened(), aborted]).finally(() => signal?.removeEventListener('abort', onAbort));
  throwIfInterrupted(signal, 'opening the transport');
}

/** Fills the ring until the plan ends or is given up. @returns the error that has ended it: what was made before is sent nevertheless */
async function produce(source: PacketSource, output: ScheduledOutput, signal: AbortSignal): Promise<unknown> {
  try {
    await source.produce(output, signal);
    return undefined;
  } catch (error) {
    return signal.aborted ? undefined : error;
  } finally {
    output.end();
  }
}

/** Resolves when there is something to begin with. @throws what the source does before that */
async function filled(output: ScheduledOutput, produced: Promise<unknown>, { clock }: EmitOptions): Promise<void> {
  let ended = false;
  const end = produced.then((error) => {
    ended = true;
    if (error !== undefined) throw error;
  });
  const since = clock.nowNs();
  while (!ended && output.fill < FIRST_FILL && clock.nowNs() - since < MAX_PREPARATION_MS * 1e6) {
    await Promise.race([end, new Promise((resolve) => setTimeout(resolve, LOOK_MS))]);
  }
  // From here on an error is part of the account.
  end.catch(() => {});
}

/** Ends a run whose deadlines do not: there are none, or the machine is behind, or all packets have the same time. */
function endAfterDuration({ startNs }: Start, { schedule, clock }: EmitOptions, interrupt: () => void) {
  const { paced, durationNs } = schedule;
  if (durationNs === Number.POSITIVE_INFINITY) return undefined;
  const inMs = (startNs + durationNs + (paced ? GRACE_NS : 0) - clock.nowNs()) / 1e6;
  return setTimeout(interrupt, Math.min(inMs, LONGEST_TIMER_MS));
}

interface Start {
  /** By the monotonic clock. */
  readonly startNs: number;
  /** The same, since the Unix epoch. */
  readonly startWallNs: bigint;
}

async function begin(thread: SendingThread, { startAtNs, clock }: EmitOptions): Promise<Start> {
  const now = clock.nowNs();
  const wall = clock.wallNs();
  if (startAtNs !== undefined) requireFuture(startAtNs, clock); // preparing has taken its time
  const inNs = startAtNs === undefined ? START_DELAY_NS : Math.max(0, Number(startAtNs - wall));
  const start = { startNs: now + inNs, startWallNs: wall + BigInt(Math.round(inNs)) };
  thread.start(start);
  return start;
}

/** Tells how far a run is. @returns a function that ends it */
function watch(
  counts: SendCounts,
  output: ScheduledOutput,
  { startNs }: Start,
  { clock, onProgress, schedule }: EmitOptions,
): () => void {
  if (onProgress === undefined) return () => {};
  let before = { elapsedNs: 0, sent: 0 };
  const timer = setInterval(() => {
    const elapsedNs = clock.nowNs() - startNs;
    if (elapsedNs <= 0) return;
    const { packets: sent, failed, bytes, errors, reconnects } = counts;
    onProgress({
      elapsedNs,
      sent,
      failed,
      bytes,
      ratePps: ((sent - before.sent) / (elapsedNs - before.elapsedNs)) * 1e9,
      plannedPps: schedule.paced && output.lastDueNs > 0 ? (output.packets / output.lastDueNs) * 1e9 : null,
      lateness: latenessOf(counts.lateness.histogram()),
      errors,
      reconnects,
    });
    before = { elapsedNs, sent };
  }, LIVE_MS);
  return () => clearInterval(timer);
}

function latenessOf(histogram: Histogram): LatenessSummary {
  const maxNs = histogram.maxValue;
  // The upper end of a range, which may lie above the largest value in it.
  const percentile = (one: number) => Math.min(maxNs, histogram.getValueAtPercentile(one));
  return { p50Ns: percentile(50), p99Ns: percentile(99), maxNs };
}

/** @throws Error if the account does not add up, which would be a bug */
function emissionOf(
  done: SenderDone,
  counts: SendCounts,
  output: ScheduledOutput,
  { startWallNs }: Start,
  { schedule, signal }: EmitOptions,
): Emission {
  const { packets, bytes, failed, skipped, blockedNs, starvedNs, sendingNs, lastNs } = counts;
  if (output.packets !== packets + failed + skipped) {
    throw new Error(`${output.packets} packets planned, but ${packets} sent, ${failed} failed and ${skipped} skipped`);
  }
  const { paced } = schedule;
  const histogram = counts.lateness.histogram();
  const lateness = latenessOf(histogram);
  return {
    planned: { packets: output.packets, bytes: output.plannedBytes },
    sent: { packets, bytes, ratePps: lastNs > 0 ? packets / (lastNs / 1e9) : 0 },
    failed: { packets: failed, reasons: Object.fromEntries(done.failures) },
    skipped: { packets: skipped },
    errors: Object.fromEntries(done.errors),
    reconnects: done.reconnects,
    received: { packets: done.receivedPackets, bytes: done.receivedBytes },
    lateness: {
      ...lateness,
      meanNs: paced && packets > 0 ? histogram.mean : 0,
      ranges: counts.lateness.ranges(),
      histogram: paced && packets > 0 ? encodeIntoCompressedBase64(histogram) : null,
    },
    verdict: verdictOf({ paced, ...lateness, blockedNs }),
    time: { starvedNs, blockedNs, sendingNs },
    spanNs: lastNs,
    plannedSpanNs: output.lastDueNs,
    startedAtNs: startWallNs,
    interrupted: signal?.aborted ?? false,
  };
}
