/** `synth train`: from captures or tables to a model. */
import { Args, Flags } from '@oclif/core';
import { encodeModelFile } from '../models/model-file.js';
import { DEFAULT_MODEL_KIND, modelKinds } from '../models/registry.js';
import { train } from '../models/train.js';
import { BaseCommand } from '../src/cli/base-command.js';
import { forceFlag, parseTarget, payloadOnlyFlag, targetFlags } from '../src/cli/flags.js';
import { formatCount, formatSeconds } from '../src/cli/format.js';
import { parseFraction } from '../src/cli/parse.js';
import { withStdinAsFile } from '../src/cli/stdin.js';
import { trainingLines } from '../src/cli/training-view.js';
import { systemClock } from '../src/clock.js';
import { openOutput } from '../src/output-file.js';
import { loadSeries } from '../src/series/load.js';
import { formatTarget } from '../src/series/target.js';

export default class Train extends BaseCommand {
  static override summary = 'Learn how a device or flow talks.';
  static override description =
    'Reads captures (merged by time into one series) or tables made by synth extract (one series each), and writes a model: a ' +
    'safetensors file without captured addresses or payload. Without a target the busiest device is taken and named.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> capture.pcap',
    '<%= config.bin %> <%= command.id %> capture.pcap --flow "UDP 10.77.0.17:40004 10.77.0.1:5004" --out call.safetensors',
    '<%= config.bin %> <%= command.id %> capture.pcap --holdout 1/3 --out judged.safetensors',
  ];
  static override strict = false;
  static override args = {
    capture: Args.string({
      description: 'Capture or table; more than one may be given; - is standard input.',
      required: true,
    }),
  };
  static override flags = {
    ...targetFlags,
    'payload-only': payloadOnlyFlag,
    model: Flags.option({ options: [...modelKinds.keys()] })({
      char: 'm',
      summary: 'Kind of model.',
      default: DEFAULT_MODEL_KIND,
    }),
    out: Flags.string({
      char: 'o',
      summary: 'Model file to write, or - for standard output.',
      default: 'model.safetensors',
      helpValue: 'FILE',
    }),
    holdout: Flags.string({
      summary: 'Share of each series, its end, to leave out of training, so that evaluate can judge on it.',
      default: '0',
      helpValue: '1/3',
    }),
    'keep-addresses': Flags.boolean({
      default: false,
      summary: 'Store the captured addresses in the model, and generate with them.',
    }),
    force: forceFlag,
  };

  async run(): Promise<unknown> {
    const { argv, flags } = await this.parse(Train);
    this.requireOneStdout(flags.out);
    const paths = argv as string[];
    const target = parseTarget(flags);
    const holdout = parseFraction(flags.holdout);
    const print =
      flags.out === '-' || this.jsonEnabled() ? (line: string) => this.note(line) : (line: string) => this.log(line);
    // Opened first: nobody should wait for a training and then hear that the file exists.
    const output = await openOutput(flags.out, { force: flags.force, inputs: paths.filter((path) => path !== '-') });
    const progress = this.progress('training');
    try {
      const payloadOnly = flags['payload-only'];
      const loaded = await withStdinAsFile(paths, this.signal, (files) =>
        loadSeries(files, target, { payloadOnly, signal: this.signal }),
      );
      this.noteWarnings(loaded.report);
      const name = loaded.target && formatTarget(loaded.target);
      if (loaded.busiestTaken) this.note(`No --device or --flow: taking the busiest device, ${name}`);
      const started = systemClock.nowNs();
      const file = await train(
        loaded.series,
        loaded.target,
        { kind: flags.model, holdout, keepAddresses: flags['keep-addresses'], payloadOnly },
        { signal: this.signal, onProgress: (done, what) => progress.update(done, what) },
      );
      const trainingSeconds = (systemClock.nowNs() - started) / 1e9;
      progress.stop();
      await output.write(encodeModelFile(file));
      await output.finish();
      const { training, model } = file;
      print(
        `Learned ${name ?? 'a series'}: ${formatCount(training.packets)} packets, ${formatSeconds(training.spanSeconds)}`,
      );
      for (const line of trainingLines(model)) print(line);
      print(`Trained in ${formatSeconds(trainingSeconds)} → ${flags.out}`);
      return {
        out: flags.out,
        model: model.kind,
        target: name ?? null,
        training,
        summary: model.summary,
        trainingSeconds,
        warnings: loaded.report?.warnings ?? [],
      };
    } finally {
      progress.stop();
      await output.discard();
    }
  }
}
