/** `synth evaluate`: how well synthetic traffic fits the real one. */
import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../src/cli/base-command.js';
import { evaluationLines } from '../src/cli/evaluation-view.js';
import { parseTarget, payloadOnlyFlag, seedFlag, targetFlags } from '../src/cli/flags.js';
import { withStdinAsFile } from '../src/cli/stdin.js';
import { evaluateFiles, type SyntheticTarget } from '../src/evaluation/evaluate-files.js';
import { drawSeed } from '../src/random.js';
import { formatTarget } from '../src/series/target.js';

export default class Evaluate extends BaseCommand {
  static override summary = 'Measure how well synthetic traffic fits the real one.';
  static override description =
    'For each direction the two-sample Kolmogorov–Smirnov statistic (0 to 1) of size, gap and throughput per second between the ' +
    'synthetic series and the last third of the real one. The floor is the same between the first two thirds and the last third of the ' +
    'real one: no generator can be expected to do better. The excess is the difference; 0 is perfect. The device of a generated ' +
    'capture is found by its documentation address.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> capture.pcap fake.pcap',
    '<%= config.bin %> <%= command.id %> capture.pcap judged.safetensors --seeds 5 --seed 42',
    '<%= config.bin %> <%= command.id %> capture.pcap fake.pcap --device 02:00:00:00:00:17 --json',
  ];
  static override args = {
    real: Args.string({ description: 'Real capture or table; - is standard input.', required: true }),
    synthetic: Args.string({ description: 'Synthetic capture or table, or a model to sample.', required: true }),
  };
  static override flags = {
    ...targetFlags,
    'payload-only': payloadOnlyFlag,
    seeds: Flags.integer({
      summary: 'Series to sample from a model; the metrics are their means.',
      default: 5,
      min: 1,
      max: 1000,
      helpValue: 'N',
    }),
    seed: seedFlag(),
  };

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(Evaluate);
    const seed = flags.seed ?? drawSeed();
    const result = await withStdinAsFile([args.real, args.synthetic], this.signal, ([real, synthetic]) =>
      evaluateFiles(real!, synthetic!, {
        target: parseTarget(flags),
        payloadOnly: flags['payload-only'],
        seeds: flags.seeds,
        seed,
        signal: this.signal,
      }),
    );
    const { real, model, syntheticTarget, ...evaluation } = result;
    const target = real.target && formatTarget(real.target);
    this.noteWarnings(real.report);
    if (real.busiestTaken) this.note(`No --device or --flow: taking the busiest device, ${target}`);
    if (syntheticTarget) this.#noteSyntheticTarget(syntheticTarget, target);
    if (model) this.note(`${flags.seeds} series sampled from the model; seed ${seed}`);
    if (model && model.holdout < 0.33) {
      this.note(
        'The model was trained without --holdout 1/3: if on this capture, it has seen the part it is judged on',
      );
    }
    // Of a table nobody knows whether it has all packets.
    if (model && target && model.payloadOnly !== flags['payload-only']) {
      const [trained, judged] = model.payloadOnly ? ['with', 'without'] : ['without', 'with'];
      this.note(
        `The model was trained ${trained} --payload-only and is judged ${judged} it: other packets are compared`,
      );
    }
    if (!this.jsonEnabled()) for (const line of evaluationLines(evaluation)) this.log(line);
    return {
      real: args.real,
      synthetic: args.synthetic,
      target: target ?? null,
      syntheticTarget: syntheticTarget ? formatTarget(syntheticTarget.target) : null,
      modelHash: model?.hash ?? null,
      seed: model ? seed : null,
      ...evaluation,
    };
  }

  #noteSyntheticTarget({ target, found }: SyntheticTarget, real: string | undefined): void {
    const name = formatTarget(target);
    if (found === 'documentation') {
      this.note(
        `The synthetic capture has documentation addresses: taking ${name}${real ? ` in place of ${real}` : ''}`,
      );
    } else if (found === 'busiest') {
      this.note(`The synthetic capture has no documentation addresses: taking its busiest device, ${name}`);
    }
  }
}
