/** What a training may be told on the command line, and which kinds of model pass over what. */
import { describe, expect, test } from 'vitest';
import { defaultFitOptions } from '../../../models/fit-options.js';
import { modelKinds } from '../../../models/registry.js';
import {
  fittingFlags,
  networkFlags,
  parseFitOptions,
  requireConcerned,
  type TrainingChoice,
} from '../../../src/cli/train/training-flags.js';
import { SynthError } from '../../../src/errors.js';

const DEFAULTS: Parameters<typeof parseFitOptions>[0] = {
  quantizer: 'auto',
  components: 'auto',
  restarts: 3,
  iterations: 100,
  tolerance: '1e-3',
  seed: '1',
  threads: undefined,
  hidden: 'auto',
  layers: 'auto',
  embedding: 'auto',
  'kernel-size': 'auto',
  dropout: 'auto',
  epochs: 'auto',
  patience: 'auto',
  'learning-rate': 'auto',
  batch: 'auto',
  window: 'auto',
  json: undefined,
};

function messageOf(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    if (error instanceof SynthError && error.code === 'SYNTH_USAGE') return error.message;
    throw error;
  }
  return 'no mistake';
}

describe('numbers of a network', () => {
  test('are auto unless they are given', () => {
    expect(parseFitOptions(DEFAULTS)).toEqual(defaultFitOptions());
  });

  test.each([
    ['hidden', '8', 'hidden', 8],
    ['hidden', '1024', 'hidden', 1024],
    ['layers', '12', 'layers', 12],
    ['embedding', '16', 'embedding', 16],
    ['kernel-size', '2', 'kernelSize', 2],
    ['dropout', '0', 'dropout', 0],
    ['dropout', '.25', 'dropout', 0.25],
    ['epochs', '100000', 'epochs', 100_000],
    ['patience', '1', 'patience', 1],
    ['learning-rate', '1e-4', 'learningRate', 1e-4],
    ['batch', '4096', 'batch', 4096],
    ['window', '1', 'window', 1],
  ])('--%s %s', (flag, text, option, value) => {
    expect(parseFitOptions({ ...DEFAULTS, [flag]: text })).toMatchObject({ [option]: value });
  });

  test.each([
    ['hidden', '65', 'a multiple of 8 up to 1024'],
    ['hidden', '0', 'a multiple of 8 up to 1024'],
    ['hidden', '1032', 'a multiple of 8 up to 1024'],
    ['embedding', '-8', 'a multiple of 8 up to 1024'],
    ['layers', '13', 'a whole number from 1 to 12'],
    ['layers', 'AUTO', 'a whole number from 1 to 12'],
    ['kernel-size', '1', 'a whole number from 2 to 16'],
    ['dropout', '1', 'a number from 0 to below 1'],
    ['dropout', '-0.1', 'a number from 0 to below 1'],
    ['epochs', '0.5', 'a whole number above 0'],
    ['epochs', '1e99', 'a whole number above 0'],
    ['patience', '0', 'a whole number above 0'],
    ['learning-rate', '0', 'a number above 0'],
    ['learning-rate', 'Infinity', 'a number above 0'],
    ['batch', '4097', 'a whole number from 1 to 4096'],
    ['window', '', 'a whole number from 1 to 4096'],
    ['window', 'wide', 'a whole number from 1 to 4096'],
  ])('--%s “%s” is none', (flag, text, possible) => {
    expect(messageOf(() => parseFitOptions({ ...DEFAULTS, [flag]: text }))).toBe(
      `“${text}” is not possible for --${flag}: give ${possible}, or auto`,
    );
  });
});

describe('flags that are passed over are mistakes', () => {
  const FLAGS = [...Object.keys(fittingFlags), ...Object.keys(networkFlags), 'resume', 'from'];
  const choice = (kind: string, more: Partial<TrainingChoice> = {}): TrainingChoice => ({
    ...{ kind, quantizer: 'auto', how: undefined },
    ...more,
  });
  /** Those that may be given, one at a time. */
  const possible = (one: TrainingChoice) =>
    FLAGS.filter((flag) => messageOf(() => requireConcerned(one, (name) => name === flag)) === 'no mistake');
  const gaussian = ['components', 'restarts', 'iterations', 'tolerance'];
  const always = ['seed', 'threads'];
  const training = ['dropout', 'epochs', 'patience', 'learning-rate', 'batch', 'window'];
  const starts = ['resume', 'from'];

  test.each([
    [choice('markov'), ['quantizer', ...gaussian, ...always]],
    [choice('markov', { quantizer: 'gmm' }), ['quantizer', ...gaussian, ...always]],
    [choice('markov', { quantizer: 'empirical' }), ['quantizer']],
    [choice('hmm'), [...gaussian, ...always]],
    [choice('rnn'), ['quantizer', ...gaussian, ...always, 'hidden', 'layers', 'embedding', ...training, ...starts]],
    [
      choice('rnn', { quantizer: 'empirical' }),
      ['quantizer', ...always, 'hidden', 'layers', 'embedding', ...training, ...starts],
    ],
    [
      choice('tcn'),
      ['quantizer', ...gaussian, ...always, 'hidden', 'layers', 'embedding', 'kernel-size', ...training, ...starts],
    ],
    [choice('rnn', { how: 'resume' }), ['threads', 'epochs', 'patience', ...starts]],
    [choice('tcn', { how: 'resume' }), ['threads', 'epochs', 'patience', ...starts]],
    [choice('tcn', { how: 'from' }), ['quantizer', ...gaussian, ...always, ...training, ...starts]],
  ])('%o', (one, flags) => {
    expect(possible(one).toSorted()).toEqual(flags.toSorted());
  });

  test('every kind may be trained without any', () => {
    for (const kind of modelKinds.keys()) requireConcerned(choice(kind), () => false);
  });

  test.each([
    [choice('hmm'), 'epochs', '--epochs is for networks; --model hmm has none'],
    [choice('rnn'), 'kernel-size', '--kernel-size is for convolutions; --model rnn has none'],
    [choice('rnn', { how: 'resume' }), 'seed', '--seed cannot change in a training that is resumed'],
    [choice('tcn', { how: 'from' }), 'layers', '--layers is what it is in the model given with --from'],
    [
      choice('hmm', { how: 'from' }),
      'from',
      '--from is for models of kind rnn and tcn; one of kind hmm always learns from the beginning',
    ],
  ])('%o --%s', (one, flag, message) => {
    expect(messageOf(() => requireConcerned(one, (name) => name === flag))).toBe(message);
  });
});
