/** `synth extract`: the packets of a target, as a table or as a capture. */
import { Args, Flags, type Interfaces } from '@oclif/core';
import { captureInput, type NamedPath, type ReadProgress } from '../src/capture/capture-file.js';
import { CAPTURE_FORMATS, captureFormatOf, type WrittenCaptureFormat } from '../src/capture/capture-writer.js';
import { BaseCommand } from '../src/cli/base-command.js';
import { explainOwnFiles } from '../src/cli/capture/own-files.js';
import {
  addressFlags,
  anonymityNote,
  concernsAddresses,
  parseAddressChanges,
  parseRewriteRotation,
} from '../src/cli/capture/rewrite-flags.js';
import { noteRewritten, rewrittenJson } from '../src/cli/capture/rewrite-view.js';
import { fileJson, formatFiles, leftoverNote, seriesFlags } from '../src/cli/capture/series-output.js';
import { forceFlag, parseTarget, payloadOnlyFlag, targetFlags } from '../src/cli/flags.js';
import { withStdinAsFile } from '../src/cli/stdin.js';
import { SynthError } from '../src/errors.js';
import { uncompressedName } from '../src/output/output-name.js';
import type { Rotation } from '../src/output/output-series.js';
import { SAME_FRAMES } from '../src/rewrite/frame-change.js';
import { ALL_PACKETS } from '../src/rewrite/packet-range.js';
import { rewriteCaptures } from '../src/rewrite/rewrite.js';
import { SAME_TIMES } from '../src/rewrite/time-change.js';
import type { ExtractOptions } from '../src/series/extract.js';
import { extractToTable } from '../src/series/extract-to-table.js';
import { busiestDevice } from '../src/series/load.js';
import type { TableFormat } from '../src/series/table-reader.js';
import { formatTarget } from '../src/series/target.js';

export default class Extract extends BaseCommand {
  static override summary = 'Write the packets of a device or flow as CSV or NDJSON, or as a capture.';
  static override description =
    'One row per packet, in the order of the capture: time_s (seconds since 1970, to the ns), direction (out or in), size_bytes (IP ' +
    'total length) and gap_s (since the previous packet of the same direction). Without a target the busiest device is taken. ' +
    'train and evaluate read such a table wherever they read a capture. A name that ends in .pcap or .pcapng gets the frames themselves, ' +
    'with other addresses or anonymised where that is asked for; an anonymisation erases payload (see synth rewrite --help).';
  static override examples = [
    '<%= config.bin %> <%= command.id %> capture.pcap --out series.csv',
    '<%= config.bin %> <%= command.id %> capture.pcap --device 02:00:00:00:00:17 --out series.ndjson.gz',
    '<%= config.bin %> <%= command.id %> capture.pcap --flow "UDP 10.77.0.17:40004 10.77.0.1:5004" --payload-only --out -',
    '<%= config.bin %> <%= command.id %> capture.pcap --device 02:00:00:00:00:17 --anonymize --out device.pcap',
  ];
  static override strict = false;
  static override args = {
    capture: Args.string({
      description: 'Capture file; more than one may be given; - is standard input.',
      required: true,
    }),
  };
  static override flags = {
    ...targetFlags,
    'payload-only': payloadOnlyFlag,
    ...addressFlags,
    out: Flags.string({
      char: 'o',
      summary: 'File to write (.csv, .ndjson, .pcap, .pcapng, .gz behind it to compress), or - for standard output.',
      default: '-',
      helpValue: 'FILE',
    }),
    format: Flags.option({ options: ['csv', 'ndjson', ...CAPTURE_FORMATS] as const })({
      summary: 'Format, where the name of the file does not tell.',
    }),
    force: forceFlag,
    ...seriesFlags,
  };

  async run(): Promise<unknown> {
    const { argv, flags } = await this.parse(Extract);
    this.requireOneStdout(flags.out);
    const progress = this.progress('extracting');
    const onProgress = ({ bytes, totalBytes }: ReadProgress) =>
      progress.update(totalBytes && bytes / totalBytes, `${bytes >>> 20} MiB`);
    const common: CommonOptions = {
      out: flags.out,
      force: flags.force,
      rotation: await parseRewriteRotation(flags, this),
      payloadOnly: flags['payload-only'],
      signal: this.signal,
      onProgress,
    };
    const format = flags.format ?? captureFormatOf(uncompressedName(flags.out));
    const extract =
      format === undefined || format === 'csv' || format === 'ndjson'
        ? (files: readonly NamedPath[]) => this.#toTable(files, flags, { ...common, format })
        : (files: readonly NamedPath[]) => this.#toCapture(files, flags, { ...common, format });
    return withStdinAsFile(argv as string[], this.signal, (files) => explainOwnFiles(files, extract(files))).finally(
      () => progress.stop(),
    );
  }

  async #toTable(
    files: readonly NamedPath[],
    flags: ExtractFlags,
    options: CommonOptions & { readonly format: TableFormat | undefined },
  ): Promise<unknown> {
    if (concernsAddresses(flags)) {
      throw new SynthError('SYNTH_USAGE', 'a table has no addresses that could be mapped or anonymised', {
        hint: 'Write a capture: --out FILE.pcap.',
      });
    }
    const result = await extractToTable(files, parseTarget(flags), options);
    const target = formatTarget(result.target);
    const { packets, orphanFragments, report, busiestTaken, files: written, leftover } = result;
    this.noteWarnings(report);
    const whose = busiestTaken ? 'the busiest device' : result.target.kind;
    this.note(`${packets} packets of ${whose} ${target} → ${formatFiles(written)}`);
    for (const text of leftoverNote(leftover)) this.note(text);
    if (orphanFragments > 0)
      this.note(`${orphanFragments} fragments left out: their first fragment is not in the capture`);
    return {
      target,
      packets,
      orphanFragments,
      out: options.out,
      files: written.map(fileJson),
      leftover,
      warnings: report.warnings,
    };
  }

  async #toCapture(
    files: readonly NamedPath[],
    flags: ExtractFlags,
    options: CommonOptions & { readonly format: WrittenCaptureFormat },
  ): Promise<unknown> {
    const frames = { ...SAME_FRAMES, ...(await parseAddressChanges(flags)) };
    const target = parseTarget(flags) ?? (await busiestDevice(files.map(captureInput), options));
    const result = await rewriteCaptures(files, {
      ...options,
      target,
      range: ALL_PACKETS,
      time: SAME_TIMES,
      frames,
    });
    const text = formatTarget(target);
    this.note(`Packets of ${parseTarget(flags) ? target.kind : 'the busiest device'} ${text}`);
    noteRewritten(result, { ...options, anonymity: anonymityNote(flags) }, (line) => this.note(line));
    return { target: text, ...rewrittenJson(result, options) };
  }
}

type ExtractFlags = Interfaces.InferredFlags<typeof Extract.flags>;

/** What both kinds of output are told. */
interface CommonOptions extends ExtractOptions {
  readonly out: string;
  readonly force: boolean;
  readonly rotation: Rotation | undefined;
  readonly payloadOnly: boolean;
}
