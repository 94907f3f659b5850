/**
 * @module
 * A training that goes on from where a model file says that it stood.
 */
import { SynthError } from '../../src/errors.js';
import { option, wording } from '../../src/wording.js';
import type { NeuralParts } from './neural-model.js';
import type { NetworkFitOptions, NetworkOption } from './options.js';
import type { TrainingPlan } from './sizes.js';
import type { TrainerState } from './trainer.js';

/**
 * The plan of a training that goes on: only its end may lie elsewhere.
 *
 * @throws SynthError `SYNTH_USAGE` if it would be over at once, and as `unfinishedRun` does
 */
export function resumedPlan(resumed: NeuralParts, options: NetworkFitOptions): TrainingPlan {
  unfinishedRun(resumed);
  const { summary } = resumed;
  requireInherited(options, summary, ['hidden', 'embedding', 'layers', 'kernelSize', 'dropout']);
  requireInherited(options, summary.plan, ['batch', 'window', 'learningRate']);
  const { plan, epochs, bestEpoch } = resumed.summary;
  const made = epochs.length;
  const most = options.epochs === 'auto' ? plan.epochs : options.epochs;
  const patience = options.patience === 'auto' ? plan.patience : options.patience;
  if (made >= most) {
    throw new SynthError('SYNTH_USAGE', `the model to resume has had ${made} epochs, and ${most} are allowed`, {
      hint: wording`Say how many there shall be in all, such as ${option('fit.epochs', 2 * made)}.`,
    });
  }
  const waited = bestEpoch === 0 ? 0 : made - bestEpoch;
  if (waited >= patience) {
    throw new SynthError(
      'SYNTH_USAGE',
      `the model to resume has had ${waited} epochs without a better one, and a patience of ${patience} ends there`,
      { hint: wording`Give a ${option('fit.patience')} above ${waited}.` },
    );
  }
  return { ...plan, epochs: most, patience };
}

/** @throws SynthError `SYNTH_MODEL_INVALID` for a model whose training has come to its end */
function unfinishedRun({ run: tensors, summary: { run } }: NeuralParts) {
  if (tensors !== undefined && run !== null) return { tensors, run };
  throw new SynthError('SYNTH_MODEL_INVALID', 'the model to resume has been trained to its end', {
    hint: wording`Its loss had stopped falling. ${option('start.how', 'from')} starts anew from it.`,
  });
}

export function resumedState(resumed: NeuralParts): TrainerState {
  const { tensors: run, run: where } = unfinishedRun(resumed);
  const { epochs, bestEpoch } = resumed.summary;
  return {
    optimizer: { parameters: run.parameters, means: run.means, squares: run.squares, powers: where.powers },
    streams: run.streams,
    best: resumed.parameters,
    bestEpoch,
    steps: where.steps,
    stepsInEpoch: where.stepsInEpoch,
    lossSum: where.lossSum,
    lossTokens: where.lossTokens,
    learningRate: where.learningRate,
    epochs: epochs.map(({ training, validation }) => ({ training, validation: validation ?? Number.NaN })),
  };
}

/** What comes with a model cannot be chosen. @throws SynthError `SYNTH_USAGE` */
export function requireInherited<Name extends NetworkOption>(
  options: NetworkFitOptions,
  inherited: Readonly<Record<Name, number>>,
  names: readonly Name[],
): void {
  const name = names.find((each) => options[each] !== 'auto' && options[each] !== inherited[each]);
  if (name === undefined) return;
  throw new SynthError(
    'SYNTH_USAGE',
    wording`the option ${option(`fit.${name}`)} is ${options[name]}, but the model to start from has ${inherited[name]}`,
  );
}
