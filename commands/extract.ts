/** `synth extract`: the series of a target as a table. */
import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../src/cli/base-command.js';
import { forceFlag, parseTarget, payloadOnlyFlag, targetFlags } from '../src/cli/flags.js';
import { explainOwnFiles } from '../src/cli/own-files.js';
import { withStdinAsFile } from '../src/cli/stdin.js';
import { extractToTable } from '../src/series/extract-to-table.js';
import { formatTarget } from '../src/series/target.js';

export default class Extract extends BaseCommand {
  static override summary = 'Write the packets of a device or flow as CSV or NDJSON.';
  static override description =
    'One row per packet, in the order of the capture: time_s (seconds since 1970, to the ns), direction (out or in), size_bytes (IP ' +
    'total length) and gap_s (since the previous packet of the same direction). Without a target the busiest device is taken. ' +
    'train and evaluate read such a table wherever they read a capture.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> capture.pcap --out series.csv',
    '<%= config.bin %> <%= command.id %> capture.pcap --device 02:00:00:00:00:17 --out series.ndjson.gz',
    '<%= config.bin %> <%= command.id %> capture.pcap --flow "UDP 10.77.0.17:40004 10.77.0.1:5004" --payload-only --out -',
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
    out: Flags.string({
      char: 'o',
      summary: 'File to write (.csv or .ndjson, .gz behind it to compress), or - for standard output.',
      default: '-',
      helpValue: 'FILE',
    }),
    format: Flags.option({ options: ['csv', 'ndjson'] as const })({
      summary: 'Format, where the name of the file does not tell.',
    }),
    force: forceFlag,
  };

  async run(): Promise<unknown> {
    const { argv, flags } = await this.parse(Extract);
    this.requireOneStdout(flags.out);
    const progress = this.progress('extracting');
    const result = await withStdinAsFile(argv as string[], this.signal, (files) => {
      const reading = extractToTable(files, parseTarget(flags), {
        out: flags.out,
        format: flags.format,
        force: flags.force,
        payloadOnly: flags['payload-only'],
        signal: this.signal,
        onProgress: ({ bytes, totalBytes }) => progress.update(totalBytes && bytes / totalBytes, `${bytes >>> 20} MiB`),
      });
      return explainOwnFiles(files, reading);
    }).finally(() => progress.stop());
    this.noteWarnings(result.report);
    const target = formatTarget(result.target);
    this.note(
      `${result.packets} packets of ${result.busiestTaken ? 'the busiest device' : result.target.kind} ${target} → ${flags.out}`,
    );
    if (result.orphanFragments > 0)
      this.note(`${result.orphanFragments} fragments left out: their first fragment is not in the capture`);
    const { packets, orphanFragments, report } = result;
    return { target, packets, orphanFragments, out: flags.out, warnings: report.warnings };
  }
}
