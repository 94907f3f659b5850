/** `synth train`: from captures or tables to a model. */
import { Args, Flags, type Interfaces } from '@oclif/core';
import { DEFAULT_MODEL_KIND, modelKinds } from '../models/registry.js';
import { requireApplicable } from '../models/resolve-options.js';
import { BaseCommand } from '../src/cli/base-command.js';
import { forceFlag, parseTarget, payloadOnlyFlag, targetFlags } from '../src/cli/flags.js';
import { parseFraction } from '../src/cli/parse.js';
import { requireOneStdin, withStdinAsFile } from '../src/cli/stdin.js';
import { interruption, resumeCommand } from '../src/cli/train/training-end.js';
import {
  givenOptions,
  modelFlag,
  optionFlags,
  resumableKinds,
  startFlags,
  startOf,
  type TrainingStart,
} from '../src/cli/train/training-flags.js';
import { systemClock } from '../src/clock.js';
import { SynthError } from '../src/errors.js';
import { formatCounted, formatSeconds } from '../src/format.js';
import { loadModelFile } from '../src/model-files/load-model.js';
import { encodeModelFile, type LoadedModel } from '../src/model-files/model-file.js';
import { openOutput } from '../src/output-file.js';
import { loadSeries } from '../src/series/load.js';
import { formatTarget } from '../src/series/target.js';
import { type TrainOptions, train } from '../src/training/train.js';

const kinds = [...modelKinds.values()];

const ownFlags = {
  ...targetFlags,
  'payload-only': payloadOnlyFlag,
  model: modelFlag(kinds, DEFAULT_MODEL_KIND),
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
  ...startFlags(kinds),
};

export default class Train extends BaseCommand {
  static override summary = 'Learn how a device or flow talks.';
  static override description =
    'Reads captures (merged by time into one series) or tables made by synth extract (one series each), and writes a model: a ' +
    'safetensors file without captured addresses or payload. Without a target the busiest device is taken and named. Ctrl-C ends a ' +
    `training that can be resumed (${resumableKinds(kinds)}) with the best weights so far; --resume goes on.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %> capture.pcap',
    '<%= config.bin %> <%= command.id %> capture.pcap --flow "UDP 10.77.0.17:40004 10.77.0.1:5004" --out call.safetensors',
    '<%= config.bin %> <%= command.id %> capture.pcap --holdout 1/3 --out judged.safetensors',
    '<%= config.bin %> <%= command.id %> capture.pcap --model hmm --out hmm.safetensors',
    '<%= config.bin %> <%= command.id %> capture.pcap --quantizer gmm --components 4..40:4 --out mixture.safetensors',
    '<%= config.bin %> <%= command.id %> capture.pcap --model rnn --hidden 32 --epochs 4 --out rnn.safetensors',
    '<%= config.bin %> <%= command.id %> capture.pcap --resume rnn.safetensors --epochs 8 --out longer.safetensors',
    '<%= config.bin %> <%= command.id %> capture.pcap --device 02:00:00:00:00:17 --from rnn.safetensors --epochs 8 --out tuned.safetensors',
  ];
  static override strict = false;
  static override args = {
    capture: Args.string({
      description: 'Capture or table; more than one may be given; - is standard input.',
      required: true,
    }),
  };
  static override flags = { ...ownFlags, ...optionFlags(kinds, ownFlags) };

  async run(): Promise<unknown> {
    const { argv, flags, metadata } = await this.parse(Train);
    const isGiven = (name: string) => metadata.flags[name]?.setFromDefault !== true && name in flags;
    this.requireOneStdout(flags.out);
    const paths = argv as string[];
    const start = startOf(flags);
    requireOneStdin([...paths, ...(start ? [start.path] : [])]);
    const target = parseTarget(flags);
    const startFile = start && (await withStdinAsFile([start.path], this.signal, ([model]) => loadModelFile(model!)));
    const options = trainOptions(flags, isGiven, start && startFile && { ...start, file: startFile });
    const print =
      flags.out === '-' || this.jsonEnabled() ? (line: string) => this.note(line) : (line: string) => this.log(line);
    // Opened first: nobody should wait for a training and then hear that the file exists. What is resumed may be replaced.
    const inputs = [...paths, ...(start?.how === 'from' ? [start.path] : [])].filter((path) => path !== '-');
    const output = await openOutput(flags.out, { force: flags.force, inputs });
    const progress = this.progress('training');
    try {
      const loaded = await withStdinAsFile(paths, this.signal, (files) =>
        loadSeries(files, target, { payloadOnly: options.payloadOnly, signal: this.signal }),
      );
      this.noteWarnings(loaded);
      const name = loaded.target && formatTarget(loaded.target);
      if (loaded.busiestTaken) this.note(`No --device or --flow: taking the busiest device, ${name}`);
      const started = systemClock.nowNs();
      const file = await train(loaded.series, loaded.target, options, {
        signal: this.signal,
        onProgress: (done, what) => progress.update(done, what),
      });
      const trainingSeconds = (systemClock.nowNs() - started) / 1e9;
      progress.stop();
      await output.write(encodeModelFile(file));
      await output.finish();
      const { training, model } = file;
      const interrupted = model.interrupted ?? false;
      print(
        `Learned ${name ?? 'a series'}: ${formatCounted(training.packets, 'packet')}, ${formatSeconds(training.spanSeconds)}`,
      );
      for (const line of model.describeTraining().lines) print(line);
      print(`Trained in ${formatSeconds(trainingSeconds)} → ${flags.out}`);
      const more = resumeCommand(model, paths, flags);
      const goOn = more === undefined ? [] : [`Go on with: ${more}`];
      if (interrupted) {
        const [hint = ''] = goOn;
        this.failWithResult(new SynthError('SYNTH_INTERRUPTED', interruption(model, flags.out), { hint }));
      } else goOn.forEach(print);
      return {
        out: flags.out,
        model: model.kind,
        target: name ?? null,
        training,
        summary: model.summary,
        interrupted,
        trainingSeconds,
        warnings: loaded.warnings,
      };
    } finally {
      progress.stop();
      await output.discard();
    }
  }
}

interface StartFile extends TrainingStart {
  readonly file: LoadedModel;
}

/**
 * What the flags and the file that the training starts from come to.
 *
 * @throws SynthError `SYNTH_USAGE` for flags that would be passed over
 */
function trainOptions(
  flags: Interfaces.InferredFlags<typeof Train.flags>,
  isGiven: (flag: string) => boolean,
  start: StartFile | undefined,
): TrainOptions {
  const kind = start?.file.model.kind ?? flags.model;
  // A model that was loaded has a kind of the registry, and so has the flag.
  const declared = modelKinds.get(kind)!;
  const fit = givenOptions(declared, kinds, flags, isGiven);
  requireApplicable(declared, fit, start?.how);
  if (start && isGiven('model') && flags.model !== kind) {
    throw new SynthError('SYNTH_USAGE', `the model given with --${start.how} is of kind ${kind}, not ${flags.model}`, {
      hint: 'Leave out --model.',
    });
  }
  // A training that goes on takes the same packets, whether or not it is said again which they were.
  const same = start?.how === 'resume' ? start.file : undefined;
  return {
    kind,
    holdout: same && !isGiven('holdout') ? same.training.holdout : parseFraction(flags.holdout),
    keepAddresses: flags['keep-addresses'] || (same?.profile.addresses ?? null) !== null,
    payloadOnly: flags['payload-only'] || (same?.training.payloadOnly ?? false),
    fit,
    start: start && { how: start.how, model: start.file.model },
  };
}
