/**
 * @module
 * An emission for people: while it runs, and what became of it.
 */
import type { Emission, LatenessSummary, LiveCounts } from '../emission/emit.js';
import type { LatenessRange } from '../emission/lateness.js';
import type { Verdict } from '../emission/verdict.js';
import { formatBytes, formatCount, formatCounted, formatSeconds, formatShare } from '../format.js';

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
