/**
 * @module
 * What a sink has received, for people.
 */

import { formatBytes, formatCount, formatCounted, formatSeconds } from '../../format.js';
import type { DialogueReport } from '../../sink/dialogue.js';
import type { SinkReport, SourceReport, StampReport } from '../../sink/sink-report.js';
import { formatTable } from '../table.js';

const MAX_ROWS = 20;

const time = (ns: number | null): string => (ns === null ? '–' : formatSeconds(ns / 1e9));

export function sinkView(report: SinkReport): string {
  const { packets, bytes, seconds, sources, others, stamp, replies, dropped, unwritten } = report;
  const shown = [...sources].sort((a, b) => b.packets - a.packets).slice(0, MAX_ROWS);
  const hidden = sources.length - shown.length;
  const rate = seconds > 0 ? `, ${formatCount(Math.round(packets / seconds))} packets/s` : '';
  return [
    sourcesTable(others === null ? shown : [...shown, others]),
    ...(hidden > 0 ? [`… and ${formatCount(hidden)} more`] : []),
    `${formatCounted(packets, 'packet')}, ${formatBytes(bytes)} from ${formatCounted(sources.length, 'source')} in ${formatSeconds(seconds)}${rate}`,
    ...(stamp === null ? [] : [stampLine(stamp)]),
    ...(replies === null ? [] : [repliesLine(replies)]),
    ...(dropped > 0 ? [`Warning: ${formatCounted(dropped, 'datagram')} dropped by the kernel`] : []),
    ...Object.entries(report.problems).map(([name, count]) => `Warning: ${formatCount(count)} × ${name}`),
    ...(unwritten > 0
      ? [`Warning: ${formatCounted(unwritten, 'packet')} of sources beyond the ones told apart are in no file`]
      : []),
    ...filesLines(report),
  ].join('\n');
}

function sourcesTable(sources: readonly SourceReport[]): string {
  const rows = sources.map(({ remote, listener, packets, bytes, gaps }) => [
    remote,
    listener,
    formatCount(packets),
    formatBytes(bytes),
    time(gaps.minNs),
    time(gaps.p50Ns),
    time(gaps.p99Ns),
    time(gaps.maxNs),
  ]);
  return formatTable(['source', 'at', 'packets', 'bytes', 'gap min', 'p50', 'p99', 'max'], rows, [2, 3, 4, 5, 6, 7]);
}

function stampLine({ expected, received, lost, duplicates, outOfOrder, unstamped, delay }: StampReport): string {
  const counts = [
    `${formatCount(received)} of ${formatCount(expected)} stamped packets`,
    `${formatCount(lost)} lost`,
    `${formatCounted(duplicates, 'duplicate')}`,
    `${formatCount(outOfOrder)} out of order`,
    ...(unstamped > 0 ? [`${formatCount(unstamped)} without a stamp`] : []),
  ];
  return `${counts.join(', ')}; delay p50 ${time(delay.p50Ns)}, p99 ${time(delay.p99Ns)}, max ${time(delay.maxNs)}`;
}

function repliesLine({ sent, failed, failures, lateness, devices }: DialogueReport): string {
  const reasons = Object.entries(failures).map(([name, count]) => `${formatCount(count)} × ${name}`);
  const why = reasons.length === 0 ? '' : ` (${reasons.join(', ')})`;
  return (
    `${formatCount(sent)} replies to ${formatCounted(devices, 'device')}, ${formatCount(failed)} failed${why}; ` +
    `late by p50 ${time(lateness.p50Ns)}, p99 ${time(lateness.p99Ns)}, max ${time(lateness.maxNs)}`
  );
}

function filesLines({ files }: SinkReport): readonly string[] {
  const [first] = files;
  if (first === undefined) return [];
  return [files.length === 1 ? `→ ${first.path}` : `→ ${first.path} … ${files.at(-1)!.path} (${files.length} files)`];
}
