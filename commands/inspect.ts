/** `synth inspect`: what is inside a capture. */
import { Args, Flags } from '@oclif/core';
import { captureInput } from '../src/capture/capture-file.js';
import { BaseCommand } from '../src/cli/base-command.js';
import { explainOwnFiles } from '../src/cli/own-files.js';
import { printSurvey, surveyJson } from '../src/cli/survey-view.js';
import { SORT_KEYS, type SortKey, sortEntries } from '../src/series/sort-entries.js';
import { surveyCaptures } from '../src/series/survey.js';

export default class Inspect extends BaseCommand {
  static override summary = 'Show the devices and flows of a capture.';
  static override description =
    'Lists what --device and --flow can be given, with packets, bytes, time span and share of the IP packets, and tells which ' +
    'frames were skipped and why. Several captures are merged by time. Reads pcap and pcapng, plain, gzip or zstd.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> capture.pcap',
    '<%= config.bin %> <%= command.id %> capture.pcap --limit 3 --sort bytes',
    '<%= config.bin %> <%= command.id %> capture.pcap --json',
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
    sort: Flags.custom<SortKey>({ options: [...SORT_KEYS] })({ summary: 'What to sort by.', default: 'packets' }),
  };

  async run(): Promise<unknown> {
    const { argv, flags } = await this.parse(Inspect);
    const progress = this.progress('reading');
    const paths = argv as string[];
    const reading = surveyCaptures(paths.map(captureInput), {
      signal: this.signal,
      onProgress: ({ bytes, totalBytes }) => progress.update(totalBytes && bytes / totalBytes, `${bytes >>> 20} MiB`),
    });
    const survey = await explainOwnFiles(paths, reading).finally(() => progress.stop());
    const sorted = {
      ...survey,
      devices: sortEntries(survey.devices, flags.sort),
      flows: sortEntries(survey.flows, flags.sort),
    };
    this.noteWarnings(survey.report);
    if (!this.jsonEnabled()) printSurvey(sorted, flags.limit, (line) => this.log(line));
    return surveyJson(sorted, flags.limit);
  }
}
