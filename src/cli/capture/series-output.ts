/**
 * @module
 * Flags and words of commands whose output may be a series of files.
 */
import { Flags } from '@oclif/core';
import { exactIsoTime, formatCount, formatCounted } from '../../format.js';
import type { Rotation, WrittenFile } from '../../output/output-series.js';
import { commandLine } from '../command-line.js';
import { parseRotationLimits } from '../parse.js';

export const seriesFlags = {
  rotate: Flags.string({
    summary: 'Begin a new file, out_00001.pcap and so on, at this size (before compression), after this time, or both.',
    description:
      'No file gets larger than the size unless a single packet is. Times are multiples of the duration after the first packet. Each file ' +
      'is complete in itself, and appears when it is.',
    helpValue: '100MiB|1h|100MiB,1h',
    helpGroup: 'SERIES',
  }),
  resume: Flags.boolean({
    summary:
      'Go on with a series that ended early: files that hold what would be written stay, the others are written.',
    dependsOn: ['rotate'],
    exclusive: ['force'],
    helpGroup: 'SERIES',
  }),
};

/** @param command that goes on with the series if it ends early, if there is one. @throws SynthError `SYNTH_USAGE` */
export function parseRotation(
  { rotate, resume }: { readonly rotate?: string | undefined; readonly resume?: boolean | undefined },
  command: string | undefined,
): Rotation | undefined {
  return rotate === undefined
    ? undefined
    : { ...parseRotationLimits(rotate), resume: resume ?? false, resumeCommand: command };
}

/**
 * The command, as somebody would type it again to go on with a series.
 *
 * @param fixed values of flags that were not the same every time, such as a seed that was drawn
 */
export function resumeCommand(
  { id, argv }: { readonly id?: string | undefined; readonly argv: readonly string[] },
  fixed: Readonly<Record<string, string>>,
): string {
  const replaced = (word: string | undefined) => word !== undefined && Object.hasOwn(fixed, word);
  const kept = argv.filter(
    (word, i) => word !== '--force' && word !== '--resume' && !replaced(word.split('=')[0]) && !replaced(argv[i - 1]),
  );
  return commandLine(id ?? '', kept, [...Object.entries(fixed).flat(), '--resume']);
}

/** Where the packets are: `out.pcap`, `out_00001.pcap … out_00012.pcap (12 files, 3 of them kept)`. */
export function formatFiles(files: readonly WrittenFile[]): string {
  const kept = files.filter((file) => file.kept).length;
  const first = files[0]!.path; // there is always one
  if (files.length === 1) return kept === 0 ? first : `${first} (kept)`;
  const count = `${formatCounted(files.length, 'file')}${kept === 0 ? '' : `, ${formatCount(kept)} of them kept`}`;
  return `${first} … ${files.at(-1)!.path} (${count})`;
}

/** A warning of what an earlier series has left, if it has. */
export const leftoverNote = (leftover: string | undefined): readonly string[] =>
  leftover === undefined ? [] : [`Warning: ${leftover} is of an earlier series, and no part of this one`];

/** A file for `--json`. */
export const fileJson = ({ path, packets, fileBytes, firstNs, lastNs, kept }: WrittenFile) => ({
  path,
  packets,
  fileBytes,
  firstTime: firstNs === undefined ? null : exactIsoTime(firstNs),
  lastTime: lastNs === undefined ? null : exactIsoTime(lastNs),
  kept,
});
