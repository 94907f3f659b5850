/**
 * @module
 * `--model rnn` and `--model tcn`: networks that predict the next token of both directions from those before it.
 */
import { SynthError } from '../../src/errors.js';
import { kernelModule } from '../../src/kernels/module.js';
import type { PacketBlock } from '../../src/packets/packet-series.js';
import type { Random } from '../../src/random.js';
import { mean } from '../../src/statistics/mean.js';
import { requireModel, type Tensor, TensorReader, vector } from '../../src/tensors.js';
import { type Quantizer, startOfDecoding } from '../quantizer.js';
import { loadQuantizer } from '../quantizer-source.js';
import { sampleBlocks } from '../sample-blocks.js';
import { tokenLogLikelihoods } from '../token-likelihood.js';
import {
  type ComponentDescription,
  maxFrequentFirst,
  type SampleLimit,
  type Sampling,
  type SavedModel,
  type TrafficModel,
  type TrainingDescription,
} from '../traffic-model.js';
import { type Architecture, type Cell, NO_LOGIT, startToken } from './architecture.js';
import { cellKinds } from './cells.js';
import { describeNetworkTraining } from './describe-training.js';
import { type NeuralSummary, neuralSummarySchema } from './neural-summary.js';
import { compileWeights } from './optimizer.js';
import { loadParameters, saveParameters } from './parameter-tensors.js';
import { sampleSideBySide } from './sample-many.js';
import { pairsOf, scoreRows, scoreWindows } from './token-windows.js';
import { warmUpOf } from './trainer.js';

export const CELL_OF = { rnn: 'gru', tcn: 'tcn' } as const satisfies Record<string, Cell>;
export type NeuralKind = keyof typeof CELL_OF;

/** No training comes near it, and with it no sum goes beyond single precision. */
const MAX_WEIGHT = 1e6;
const NO_LOGIT_SINGLE = Math.fround(NO_LOGIT);

/** Tensors of a training that can be resumed. */
const RUN_TENSORS = ['parameters', 'means', 'squares', 'streams'] as const;
type RunTensors = Readonly<Record<(typeof RUN_TENSORS)[number], Float32Array>>;

const NATURAL: Sampling = { temperature: 1, topP: 1 };

export interface NeuralParts {
  readonly kind: NeuralKind;
  readonly summary: NeuralSummary;
  readonly quantizer: Quantizer;
  readonly parameters: Float32Array;
  /** How often each token occurred. */
  readonly counts: Float64Array;
  readonly run: RunTensors | undefined;
}

export class NeuralModel implements TrafficModel {
  readonly #parts: NeuralParts;
  readonly #sampling: Sampling;
  readonly #marginal: Float64Array;
  #weights: Float32Array | undefined;

  constructor(parts: NeuralParts, sampling = NATURAL) {
    this.#parts = parts;
    this.#sampling = sampling;
    const total = parts.counts.reduce((sum, count) => sum + count, 0);
    this.#marginal = parts.counts.map((count) => count / total);
  }

  get kind(): NeuralKind {
    return this.#parts.kind;
  }

  get summary(): NeuralSummary {
    return this.#parts.summary;
  }

  get interrupted(): boolean {
    return this.summary.end === 'interrupted';
  }

  get parts(): NeuralParts {
    return this.#parts;
  }

  get #architecture(): Architecture {
    return this.summary;
  }

  /** What the network runs on, made when it is first asked for. */
  get #compiled(): Float32Array {
    this.#weights ??= compileWeights(this.#architecture, this.#parts.parameters);
    return this.#weights;
  }

  /** @throws SynthError `SYNTH_USAGE` unless the temperature is above 0, and `topP` above 0 and at most 1 */
  sampling(sampling: Sampling): NeuralModel {
    const { temperature, topP } = sampling;
    if (!(temperature > 0 && temperature < Number.POSITIVE_INFINITY && topP > 0 && topP <= 1)) {
      throw new SynthError('SYNTH_USAGE', `packets cannot be drawn with temperature ${temperature} and top-p ${topP}`);
    }
    return new NeuralModel(this.#parts, sampling);
  }

  sample(random: Random, limit: SampleLimit): Iterable<PacketBlock> {
    const { quantizer } = this.#parts;
    const stepper = this.#stepper(1);
    const state = startOfDecoding();
    stepper.tokens[0] = startToken(this.#architecture);
    return sampleBlocks(limit, () => {
      stepper.advance();
      stepper.uniforms[0] = random.next();
      stepper.draw(this.#sampling);
      stepper.tokens[0] = quantizer.decode(stepper.drawn[0]!, state, random);
      return state;
    });
  }

  sampleMany(randoms: readonly Random[], limit: SampleLimit): Iterable<readonly (PacketBlock | undefined)[]> {
    const stepper = this.#stepper(randoms.length);
    return sampleSideBySide(
      stepper,
      this.#parts.quantizer,
      startToken(this.#architecture),
      this.#sampling,
      randoms,
      limit,
    );
  }

  #stepper(streams: number) {
    return cellKinds[this.#architecture.cell].stepper(this.#architecture, this.#compiled, streams);
  }

  logLikelihood(series: PacketBlock): number {
    const { quantizer } = this.#parts;
    const tokens = quantizer.encode(series);
    const logProbabilities = this.tokenLogProbabilities(tokens);
    return mean(
      tokenLogLikelihoods(series, tokens, quantizer, this.#marginal, (_, index) => Math.exp(logProbabilities[index]!)),
    );
  }

  /** The log-probability of each token given those before it, in nats; that of a negative one is 0 and means nothing. */
  tokenLogProbabilities(tokens: Int32Array): Float64Array {
    const architecture = this.#architecture;
    const cell = cellKinds[architecture.cell];
    const start = startToken(architecture);
    const warmUp = warmUpOf(architecture);
    const network = cell.network(architecture, kernelModule(), { rows: scoreRows(warmUp), streams: 4 });
    network.setWeights(this.#compiled);
    const result = new Float64Array(tokens.length);
    for (const window of scoreWindows(pairsOf(tokens, start), 0, warmUp, start)) {
      network.state(window.streams).fill(0);
      const scores = network.score(window);
      window.places.forEach((place, row) => {
        if (place >= 0) result[place] = scores[row]!;
      });
    }
    return result;
  }

  describe(): readonly ComponentDescription[] {
    const components = Array.from(this.#marginal, (share, token) => ({
      share,
      stay: null,
      ...this.#parts.quantizer.describe(token),
    }));
    return maxFrequentFirst(components);
  }

  describeTraining(): TrainingDescription {
    return describeNetworkTraining(this.summary);
  }

  save(): SavedModel {
    const { quantizer, parameters, counts, run } = this.#parts;
    const tensors = new Map<string, Tensor>();
    saveParameters(this.#architecture, parameters, tensors);
    quantizer.save(tensors);
    tensors.set('token.counts', vector(counts));
    for (const name of RUN_TENSORS) if (run) tensors.set(`training.${name}`, vector(run[name]));
    // In the order of the schema, so that a training that was resumed ends in the same bytes.
    return { tensors, summary: neuralSummarySchema.parse(this.summary) };
  }

  static load(kind: NeuralKind, { tensors, summary }: SavedModel): NeuralModel {
    const parsed = neuralSummarySchema.safeParse(summary);
    requireModel(parsed.success && parsed.data.cell === CELL_OF[kind], 'has a summary that is not one of a network');
    requireModel(parsed.data.bestEpoch <= parsed.data.epochs.length, 'has a best epoch that there was not');
    const reader = new TensorReader(tensors);
    const architecture: Architecture = parsed.data;
    const quantizer = loadQuantizer(parsed.data.quantizer, reader);
    requireModel(quantizer.vocabulary === architecture.vocabulary, 'has a network for another number of tokens');
    const counts = reader.vector('token.counts', Float64Array);
    const valid =
      counts.length === quantizer.vocabulary &&
      counts.every((count) => count >= 0) &&
      counts.some((count) => count > 0);
    requireModel(valid, 'has counts that are not those of its tokens');
    const parameters = loadParameters(architecture, reader);
    const weights = compileWeights(architecture, parameters);
    requireModel(
      weights.every((weight) => Math.abs(weight) <= MAX_WEIGHT || weight === NO_LOGIT_SINGLE),
      'has a network that is not one of numbers',
    );
    const run = parsed.data.run === null ? undefined : loadRun(parsed.data, parameters.length, reader);
    return new NeuralModel({ kind, summary: parsed.data, quantizer, parameters, counts, run });
  }
}

function loadRun(summary: NeuralSummary, parameters: number, reader: TensorReader): RunTensors {
  const run = Object.fromEntries(
    RUN_TENSORS.map((name) => [name, reader.vector(`training.${name}`, Float32Array)]),
  ) as unknown as RunTensors; // the same names
  const streams = summary.plan.batch * cellKinds[summary.cell].stateOf(summary);
  const valid =
    [run.parameters, run.means, run.squares].every(({ length }) => length === parameters) &&
    run.streams.length === streams &&
    run.squares.every((square) => square >= 0);
  requireModel(valid, 'has a training state that does not fit its network');
  return run;
}
