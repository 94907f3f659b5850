/** `synth inspect`: what is inside a capture. */
import { Args, Flags } from '@oclif/core';
import { captureInput, type NamedPath } from '../src/capture/capture-file.js';
import { BaseCommand } from '../src/cli/base-command.js';
import { captureReportInput } from '../src/cli/capture/capture-report-input.js';
import { explainOwnFiles } from '../src/cli/capture/own-files.js';
import { printSurvey, surveyJson } from '../src/cli/capture/survey-view.js';
import { commandLine } from '../src/cli/command-line.js';
import { forceFlag, parseTarget, reportFlag, targetFlags } from '../src/cli/flags.js';
import { withStdinAsFile } from '../src/cli/stdin.js';
import { systemClock } from '../src/clock.js';
import { SynthError } from '../src/errors.js';
import { SORT_KEYS, type SortKey, sortEntries } from '../src/series/sort-entries.js';
import { type Survey, surveyCaptures } from '../src/series/survey.js';

export default class Inspect extends BaseCommand {
  static override summary = 'Show the devices and flows of a capture.';
  static override description =
    'Lists what --device and --flow can be given, with packets, bytes, time span and share of the IP packets, and tells which ' +
    'frames were skipped and why. Several captures are merged by time. Reads pcap and pcapng, plain, gzip or zstd.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> capture.pcap',
    '<%= config.bin %> <%= command.id %> capture.pcap --limit 3 --sort bytes',
    '<%= config.bin %> <%= command.id %> capture.pcap --json',
    '<%= config.bin %> <%= command.id %> capture.pcap --report capture.html --device 02:00:00:00:00:17',
  ];
  static override strict = false;
  static override args = {
    capture: Args.string({
      description: 'Capture file; more than one may be given; - is standard input.',
      required: true,
    }),
  };
  static override flags = {
    limit: Flags.integer({
      summary: 'Devices and flows to list at most; 0 for all.',
      default: 10,
      min: 0,
      helpValue: 'N',
    }),
    report: reportFlag,
    force: forceFlag,
    ...targetFlags,
    sort: Flags.custom<SortKey>({ options: [...SORT_KEYS] })({ summary: 'What to sort by.', default: 'packets' }),
  };

  async run(): Promise<unknown> {
    const { argv, flags } = await this.parse(Inspect);
    const paths = argv as string[];
    const { report, force, limit } = flags;
    const target = parseTarget(flags);
    if (target && report === undefined) {
      throw new SynthError('SYNTH_USAGE', '--device and --flow choose what --report shows', {
        hint: 'Add --report FILE.html.',
      });
    }
    await this.requireReport(report, { force, inputs: paths });
    if (report === undefined) return this.#show(await this.#survey(paths), flags);
    return withStdinAsFile(paths, this.signal, async (files) => {
      const survey = await this.#survey(files);
      const command = commandLine(this.id!, this.argv);
      const { captureReport } = await import('../src/report/capture-report.js');
      const input = await captureReportInput(files, survey, target, {
        command,
        limit,
        created: systemClock.wallNs(),
        signal: this.signal,
      });
      await this.writeReport(report, await captureReport(input), { force, inputs: paths });
      return this.#show(survey, flags);
    });
  }

  async #survey(files: readonly NamedPath[]): Promise<Survey> {
    const progress = this.progress('reading');
    const reading = surveyCaptures(files.map(captureInput), {
      signal: this.signal,
      onProgress: ({ bytes, totalBytes }) => progress.update(totalBytes && bytes / totalBytes, `${bytes >>> 20} MiB`),
    });
    return explainOwnFiles(files, reading).finally(() => progress.stop());
  }

  #show(survey: Survey, { sort, limit, report }: { sort: SortKey; limit: number; report: string | undefined }) {
    const sorted = {
      ...survey,
      devices: sortEntries(survey.devices, sort),
      flows: sortEntries(survey.flows, sort),
    };
    this.noteWarnings(survey.report);
    if (!this.jsonEnabled() && report !== '-') printSurvey(sorted, limit, (line) => this.log(line));
    return surveyJson(sorted, limit);
  }
}
