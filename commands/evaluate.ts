/** `synth evaluate`: how well synthetic traffic fits the real one. */
import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../src/cli/base-command.js';
import { commandLine } from '../src/cli/command-line.js';
import { evaluationNotes, samplingNote } from '../src/cli/evaluate/evaluation-notes.js';
import { evaluationReportInput } from '../src/cli/evaluate/evaluation-report-input.js';
import { evaluationJson, evaluationLines } from '../src/cli/evaluate/evaluation-view.js';
import { forceFlag, parseTarget, payloadOnlyFlag, reportFlag, seedFlag, targetFlags } from '../src/cli/flags.js';
import { parseScore } from '../src/cli/parse.js';
import { withStdinAsFile } from '../src/cli/stdin.js';
import { systemClock } from '../src/clock.js';
import { SynthError } from '../src/errors.js';
import { DEFAULT_BOOTSTRAP } from '../src/evaluation/evaluate.js';
import { type Candidate, evaluateFiles } from '../src/evaluation/evaluate-files.js';
import { drawSeed } from '../src/random.js';

export default class Evaluate extends BaseCommand {
  static override summary = 'Measure how well synthetic traffic fits the real one.';
  static override description =
    'Compares synthetic packets with the last third of the real ones by some seventy metrics: distributions of size, gap and throughput, memory and ' +
    'order, dialogue, a classifier, memorisation. The floor of a metric is the same between the first two thirds and the last third of the ' +
    'real packets: no generator can be expected to do better. The excess is the difference; 0 is perfect. The fidelity score sums up in one ' +
    'number, 0 to 100. Several captures, tables or models are compared and ranked. The device of a generated capture is found by its ' +
    'documentation address.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> capture.pcap fake.pcap --report report.html',
    '<%= config.bin %> <%= command.id %> capture.pcap judged.safetensors --seeds 5 --seed 42',
    '<%= config.bin %> <%= command.id %> capture.pcap judged.safetensors fake.pcap --device 02:00:00:00:00:17 --json',
  ];
  static override strict = false;
  static override args = {
    real: Args.string({ description: 'Real capture or table; - is standard input.', required: true }),
    synthetic: Args.string({
      description: 'Synthetic capture or table, or a model to sample; more than one are ranked.',
      required: true,
    }),
  };
  static override flags = {
    ...targetFlags,
    'payload-only': payloadOnlyFlag,
    all: Flags.boolean({ default: false, summary: 'Show every metric, not only those of the mean excess.' }),
    report: reportFlag,
    force: forceFlag,
    'fail-under': Flags.custom<number>({
      summary: 'Exit with 99 if a score is below this, 0 to 100.',
      helpValue: 'SCORE',
      parse: async (text) => parseScore(text),
    })(),
    seeds: Flags.integer({
      summary: 'Series to sample from a model; the metrics are their means, with confidence intervals.',
      default: 5,
      min: 1,
      max: 1000,
      helpValue: 'N',
    }),
    bootstrap: Flags.integer({
      summary: 'Resamplings of the real training part, which tell what is chance; 0 for none.',
      default: DEFAULT_BOOTSTRAP,
      min: 0,
      max: 1000,
      helpValue: 'N',
    }),
    seed: seedFlag(),
  };

  async run(): Promise<unknown> {
    const { argv, flags } = await this.parse(Evaluate);
    const paths = argv as string[];
    const { report, force, seeds, 'fail-under': least, 'payload-only': payloadOnly } = flags;
    const seed = flags.seed ?? drawSeed();
    await this.requireReport(report, { force, inputs: paths });
    const progress = this.progress('evaluating');
    const result = await withStdinAsFile(paths, this.signal, ([real, ...synthetic]) =>
      evaluateFiles(real!, synthetic, {
        ...{ target: parseTarget(flags), payloadOnly, seeds, seed, bootstrap: flags.bootstrap },
        keepSamples: report !== undefined,
        signal: this.signal,
        onProgress: (done, what) => progress.update(done, what),
      }),
    ).finally(() => progress.stop());
    this.noteWarnings(result);
    const notes = evaluationNotes(result, { payloadOnly });
    for (const note of [...notes, samplingNote(result, seeds, seed)]) this.note(note);
    // First: if the report cannot be written, the work was not for nothing.
    if (!this.jsonEnabled() && report !== '-') {
      for (const line of evaluationLines(result.candidates, flags.all)) this.log(line);
    }
    if (report !== undefined) {
      const { evaluationReport } = await import('../src/report/evaluation-report.js');
      const command = commandLine(this.id!, this.argv, flags.seed === undefined ? ['--seed', seed] : []);
      const page = await evaluationReport(
        evaluationReportInput(result, { command, notes, created: systemClock.wallNs() }),
      );
      await this.writeReport(report, page, { force, inputs: paths });
    }
    if (least !== undefined) this.#requireScores(result.candidates, least);
    return evaluationJson(result, seed);
  }

  /** The result stands, whatever it is worth: it is told, and then the exit code tells. */
  #requireScores(candidates: readonly Candidate[], least: number): void {
    for (const { name, evaluation } of candidates) {
      if ((evaluation.score ?? Number.NEGATIVE_INFINITY) >= least) continue;
      const score =
        evaluation.score === null ? `has no score (${evaluation.reason})` : `scores ${evaluation.score.toFixed(1)}`;
      this.failWithResult(new SynthError('SYNTH_THRESHOLD_FAILED', `${name} ${score}, below --fail-under ${least}`));
    }
  }
}
