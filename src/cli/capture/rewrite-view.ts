/**
 * @module
 * What commands say of a capture that they have rewritten.
 */
import type { WrittenCaptureFormat } from '../../capture/capture-writer.js';
import { formatBytes, formatCount } from '../../format.js';
import type { Rewritten } from '../../rewrite/rewrite.js';
import { fileJson, formatFiles, leftoverNote } from './series-output.js';

/** For people. */
export function noteRewritten(
  { report, packets, bytes, unknownFrames, orphanFragments, timesCut, files, leftover }: Rewritten,
  { format, anonymity }: { readonly format: WrittenCaptureFormat; readonly anonymity: string | undefined },
  note: (text: string) => void,
): void {
  for (const { message } of report.warnings) note(`Warning: ${message}`);
  if (timesCut > 0) {
    note(`Warning: ${timesCut} times were cut to µs; --format nsecpcap and pcapng keep the ns`);
  }
  if (unknownFrames > 0) note(`${unknownFrames} frames left out: the file does not describe their interface`);
  if (orphanFragments > 0) note(`${orphanFragments} fragments left out: their first fragment is not in the capture`);
  if (anonymity) note(anonymity);
  const of = `${formatCount(packets)} of ${formatCount(report.packets)} packets, ${formatBytes(bytes)} of ${format}`;
  note(`${of} → ${formatFiles(files)}`);
  for (const text of leftoverNote(leftover)) note(text);
}

/** For programs. */
export function rewrittenJson(
  { report, files, packets, bytes, unknownFrames, orphanFragments, timesCut, leftover }: Rewritten,
  { out, format }: { readonly out: string; readonly format: WrittenCaptureFormat },
): object {
  const { warnings, packets: packetsRead } = report;
  return {
    out,
    format,
    packets,
    bytes,
    packetsRead,
    unknownFrames,
    orphanFragments,
    timesCut,
    files: files.map(fileJson),
    leftover,
    warnings,
  };
}
