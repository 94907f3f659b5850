/**
 * @module
 * An emission for people: while it runs, and what became of it.
 */
import type { Emission, LatenessSummary, LiveCounts } from '../../emission/emit.js';
import type { LatenessRange } from '../../emission/lateness.js';
import type { PreparedEmission } from '../../emission/prepare-emission.js';
import type { Verdict } from '../../emission/verdict.js';
import type { WireFidelity } from '../../emission/wire-fidelity.js';
import { SynthError } from '../../errors.js';
import { exactIsoTime, formatBytes, formatCount, formatCounted, formatSeconds, formatShare } from '../../format.js';
import { formatTarget } from '../../series/target.js';

const time = (ns: number): string => formatSeconds(ns / 1e9);
const rate = (pps: number): string => `${formatCount(Math.round(pps))}/s`;

export function liveText({
  elapsedNs,
  sent,
  ratePps,
  plannedPps,
  lateness,
  failed,
  errors,
  reconnects,
}: LiveCounts): string {
  const plan = plannedPps === null ? '' : ` (planned ${rate(plannedPps)})`;
  const late = plannedPps === null ? '' : `, late ${latenessText(lateness)}`;
  const lost = failed > 0 ? `, ${formatCount(failed)} failed` : '';
  const reported = errors > 0 ? `, ${formatCounted(errors, 'error')}` : '';
  const again = reconnects > 0 ? `, ${formatCounted(reconnects, 'reconnect')}` : '';
  return `${time(elapsedNs)}: ${formatCount(sent)} sent, ${rate(ratePps)}${plan}${late}${lost}${reported}${again}`;
}

const latenessText = ({ p50Ns, p99Ns, maxNs }: LatenessSummary): string =>
  `p50 ${time(p50Ns)} · p99 ${time(p99Ns)} · max ${time(maxNs)}`;

const VERDICTS: Readonly<Record<Verdict, string>> = {
  'on-time': 'on time',
  'target-bound': 'target-bound: the target took packets more slowly than planned',
  'generator-bound': 'generator-bound: this machine could not keep to the plan, so nothing is said about the target',
  unpaced: 'as fast as possible',
};

/** The lines of a summary. */
export function emissionLines(emission: Emission): readonly string[] {
  const { planned, sent, failed, skipped, received, errors, reconnects, lateness, spanNs, plannedSpanNs } = emission;
  const { verdict } = emission;
  const paced = verdict !== 'unpaced';
  return [
    `${formatCount(sent.packets)} packets sent (${formatBytes(sent.bytes)}) in ${time(spanNs)}: ${rate(sent.ratePps)}, ` +
      `${((sent.bytes * 8) / 1e6 / (spanNs / 1e9 || 1)).toFixed(2)} Mbit/s`,
    `planned ${formatCount(planned.packets)} = sent ${formatCount(sent.packets)} + failed ${formatCount(failed.packets)} + skipped ` +
      `${formatCount(skipped.packets)}${paced ? `; planned span ${time(plannedSpanNs)}` : ''}`,
    ...counted('failed', failed.reasons),
    ...counted('reported by the target', errors),
    ...(reconnects > 0 ? [formatCounted(reconnects, 'reconnect')] : []),
    ...(received.packets > 0
      ? [`received ${formatCounted(received.packets, 'packet')} (${formatBytes(received.bytes)})`]
      : []),
    ...(paced && sent.packets > 0 ? [`late: ${latenessText(lateness)}`, ...rangeLines(lateness.ranges)] : []),
    `verdict: ${VERDICTS[verdict]}`,
  ];
}

const counted = (what: string, reasons: Readonly<Record<string, number>>): readonly string[] => {
  const entries = Object.entries(reasons).sort(([, a], [, b]) => b - a);
  return entries.length === 0
    ? []
    : [`${what}: ${entries.map(([name, count]) => `${formatCount(count)} × ${name}`).join(', ')}`];
};

const BAR_WIDTH = 30;

function rangeLines(ranges: readonly LatenessRange[]): readonly string[] {
  const total = ranges.reduce((sum, { packets }) => sum + packets, 0);
  const last = ranges.findLastIndex(({ packets }) => packets > 0);
  return ranges.slice(0, last + 1).map(({ upToNs, packets }, index) => {
    const label = upToNs === null ? `> ${time(ranges[index - 1]!.upToNs!)}` : `≤ ${time(upToNs)}`;
    const bar = '█'.repeat(Math.round((packets / total) * BAR_WIDTH));
    return `  ${label.padStart(9)} ${formatShare(packets / total).padStart(7)} ${bar}`.trimEnd();
  });
}

/** What was not sent, or not as it was. */
export function sourceLines({ source, schedule, transport }: PreparedEmission): readonly string[] {
  const isWhole = transport.kind === 'frames' || transport.kind === 'raw';
  const { otherDirection, leftToStack, withoutIp, cut } = source.counts;
  const lines: readonly (readonly [number, string])[] = [
    [otherDirection, 'of the other direction, not planned'],
    [leftToStack, 'without payload, left to the network stack'],
    [withoutIp, 'without an IP packet, not planned'],
    [cut, `cut by the capture: ${isWhole ? 'sent as far as they go' : 'filled up with zeros'}`],
    [schedule.delayedPackets, 'planned later because of the ceiling; --max-pps lifts it'],
  ];
  return lines
    .filter(([packets]) => packets > 0)
    .map(([packets, what]) => `${formatCounted(packets, 'packet')} ${what}`);
}

export function wireText({ packets, missing, gapKs, durationError, deviation }: WireFidelity): string {
  const parts = [`on the wire: ${formatCounted(packets, 'packet')}`];
  if (missing !== 0)
    parts.push(missing > 0 ? `${formatCount(missing)} missing` : `${formatCount(-missing)} more than planned`);
  if (deviation !== null) {
    const { p50Ns, p99Ns, maxNs } = deviation;
    parts.push(`off the plan by ${latenessText({ p50Ns, p99Ns, maxNs })}`);
  }
  if (durationError !== null)
    parts.push(`duration ${durationError >= 0 ? '+' : ''}${(durationError * 100).toFixed(4)} %`);
  if (gapKs !== null) parts.push(`KS of gaps ${gapKs.toFixed(3)}`);
  return parts.join(', ');
}

/** What `--json` and `--summary` have. Times are in ns, sizes in bytes. */
export function emissionJson(
  { startedAtNs, ...emission }: Emission,
  { source, schedule, target }: PreparedEmission,
): Readonly<Record<string, unknown>> {
  return {
    ...emission,
    startedAt: exactIsoTime(startedAtNs),
    target: target === undefined ? null : formatTarget(target),
    channels: source.channels,
    ...source.counts,
    delayedByCeiling: schedule.delayedPackets,
    warnings: source.warnings,
  };
}

/**
 * Why a run is no success, if it is none: the first reason of those that there are.
 *
 * @throws what has ended the source, if that is a bug
 */
export function emissionFailure(
  { interrupted, sent, failed, errors, verdict }: Emission,
  sourceError: unknown,
): SynthError | undefined {
  if (sourceError instanceof SynthError) return sourceError;
  if (sourceError !== undefined) throw sourceError;
  const reported = Object.values(errors).reduce((sum, count) => sum + count, 0);
  if (interrupted) return new SynthError('SYNTH_INTERRUPTED', 'interrupted while sending');
  if (failed.packets > 0 || reported > 0) {
    const message =
      sent.packets === 0
        ? 'not one packet could be sent'
        : `not all packets have reached the target: ${formatCount(failed.packets)} failed, ${formatCounted(reported, 'error')} reported`;
    return new SynthError('SYNTH_DELIVERY_FAILED', message, { hint: 'The reasons are in the summary.' });
  }
  if (verdict !== 'generator-bound') return undefined;
  return new SynthError('SYNTH_GENERATOR_BOUND', 'this machine could not keep to the plan', {
    hint: 'Ask for a lower rate or fewer devices, or end other programs; --precision spin helps where single packets are late.',
  });
}
