/** `synth train`: from captures or tables to a model. */
import { Args, Flags } from '@oclif/core';
import {
  defaultFitOptions,
  QUANTIZER_CHOICES,
  type QuantizerChoice,
  resolveFitOptions,
} from '../models/fit-options.js';
import { encodeModelFile } from '../models/model-file.js';
import { DEFAULT_MODEL_KIND, modelKinds } from '../models/registry.js';
import { train } from '../models/train.js';
import { BaseCommand } from '../src/cli/base-command.js';
import { forceFlag, parseTarget, payloadOnlyFlag, seedFlag, targetFlags } from '../src/cli/flags.js';
import { parseComponents, parseFraction, parsePositive } from '../src/cli/parse.js';
import { withStdinAsFile } from '../src/cli/stdin.js';
import { trainingLines } from '../src/cli/training-view.js';
import { systemClock } from '../src/clock.js';
import { SynthError } from '../src/errors.js';
import { formatCount, formatSeconds } from '../src/format.js';
import { openOutput } from '../src/output-file.js';
import { loadSeries } from '../src/series/load.js';
import { formatTarget } from '../src/series/target.js';

const DEFAULTS = defaultFitOptions();

export default class Train extends BaseCommand {
  static override summary = 'Learn how a device or flow talks.';
  static override description =
    'Reads captures (merged by time into one series) or tables made by synth extract (one series each), and writes a model: a ' +
    'safetensors file without captured addresses or payload. Without a target the busiest device is taken and named.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> capture.pcap',
    '<%= config.bin %> <%= command.id %> capture.pcap --flow "UDP 10.77.0.17:40004 10.77.0.1:5004" --out call.safetensors',
    '<%= config.bin %> <%= command.id %> capture.pcap --holdout 1/3 --out judged.safetensors',
    '<%= config.bin %> <%= command.id %> capture.pcap --model hmm --out hmm.safetensors',
    '<%= config.bin %> <%= command.id %> capture.pcap --quantizer gmm --components 4..40:4 --out mixture.safetensors',
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
    quantizer: Flags.option({ options: QUANTIZER_CHOICES })({
      summary: 'What makes tokens of packets, for --model markov: quantiles, Gaussian mixtures, or what fits better.',
      default: DEFAULTS.quantizer,
      helpGroup: 'FITTING',
    }),
    components: Flags.string({
      summary:
        'States of --model hmm, or components of --quantizer gmm: a number, a range and its step, or auto. BIC decides.',
      default: 'auto',
      helpValue: 'auto|N|FROM..TO:STEP',
      helpGroup: 'FITTING',
    }),
    restarts: Flags.integer({
      summary: 'How often k-means starts anew before a Gaussian model is fitted.',
      default: DEFAULTS.restarts,
      min: 1,
      max: 1000,
      helpGroup: 'FITTING',
    }),
    iterations: Flags.integer({
      summary: 'Most iterations of expectation and maximization.',
      default: DEFAULTS.iterations,
      min: 1,
      max: 100_000,
      helpGroup: 'FITTING',
    }),
    tolerance: Flags.string({
      summary: 'Iterations end when one gains less, in nats per packet.',
      default: String(DEFAULTS.tolerance),
      helpGroup: 'FITTING',
    }),
    seed: seedFlag({
      summary: 'Where k-means draws its first centres from. The same seed gives the same model.',
      default: DEFAULTS.seed,
      helpGroup: 'FITTING',
    }),
    threads: Flags.integer({
      summary: 'Threads to fit on; their number does not change the model. Default: one a processor, 16 at most.',
      min: 1,
      max: 256,
      helpGroup: 'FITTING',
    }),
  };

  async run(): Promise<unknown> {
    const { argv, flags, metadata } = await this.parse(Train);
    const isGiven = (name: string) => metadata.flags[name]?.setFromDefault !== true && name in flags;
    requireFitting(flags.model, flags.quantizer, isGiven);
    this.requireOneStdout(flags.out);
    const paths = argv as string[];
    const target = parseTarget(flags);
    const holdout = parseFraction(flags.holdout);
    const fit = resolveFitOptions({
      quantizer: flags.quantizer,
      components: parseComponents(flags.components),
      restarts: flags.restarts,
      iterations: flags.iterations,
      tolerance: parsePositive(flags.tolerance),
      seed: flags.seed,
      threads: flags.threads ?? DEFAULTS.threads,
    });
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
      this.noteWarnings(loaded);
      const name = loaded.target && formatTarget(loaded.target);
      if (loaded.busiestTaken) this.note(`No --device or --flow: taking the busiest device, ${name}`);
      const started = systemClock.nowNs();
      const file = await train(
        loaded.series,
        loaded.target,
        { kind: flags.model, holdout, keepAddresses: flags['keep-addresses'], payloadOnly, fit },
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
        warnings: loaded.warnings,
      };
    } finally {
      progress.stop();
      await output.discard();
    }
  }
}

/** Flags that would be passed over are mistakes. @throws SynthError `SYNTH_USAGE` */
function requireFitting(model: string, quantizer: QuantizerChoice, isGiven: (flag: string) => boolean): void {
  if (model === 'hmm' && isGiven('quantizer')) {
    throw new SynthError('SYNTH_USAGE', '--quantizer is for kinds of model that learn tokens; --model hmm has none');
  }
  if (model === 'hmm' || quantizer !== 'empirical') return;
  const flag = ['components', 'restarts', 'iterations', 'tolerance', 'seed', 'threads'].find(isGiven);
  if (flag === undefined) return;
  throw new SynthError('SYNTH_USAGE', `--${flag} is for Gaussian models; --quantizer ${quantizer} has none`, {
    hint: 'Add --quantizer gmm, or take --model hmm.',
  });
}
