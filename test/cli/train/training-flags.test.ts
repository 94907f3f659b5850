/** What a training may be told on the command line, and which kinds of model pass over what. */
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { defaultOptions, type ModelOption, type StartHow } from '../../../models/model-options.js';
import { modelKinds } from '../../../models/registry.js';
import { requireApplicable, resolveOptions } from '../../../models/resolve-options.js';
import type { ModelKind } from '../../../models/traffic-model.js';
import { flagNameOf, renderForCommandLine } from '../../../src/cli/option-flags.js';
import { givenOptions, optionFlags, parseOption } from '../../../src/cli/train/training-flags.js';
import { SynthError } from '../../../src/errors.js';

const KINDS = [...modelKinds.values()];
const kindOf = (name: string): ModelKind => modelKinds.get(name)!;
const TCN = kindOf('tcn');

function messageOf(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    if (error instanceof SynthError && error.code === 'SYNTH_USAGE') return renderForCommandLine(error).message;
    throw error;
  }
  return 'no mistake';
}

/** What `synth train --model tcn` makes of one flag. */
const given = (flag: string, text: string) => givenOptions(TCN, KINDS, { [flag]: text }, (name) => name === flag);

describe('flags', () => {
  const flags = optionFlags(KINDS);

  test('are the options of markov, hmm, rnn and tcn', () => {
    expect(Object.keys(optionFlags(['markov', 'hmm', 'rnn', 'tcn'].map(kindOf))).toSorted()).toEqual(
      [
        ['quantizer', 'components', 'restarts', 'iterations', 'tolerance', 'seed', 'threads'],
        ['hidden', 'layers', 'embedding', 'kernel-size', 'dropout', 'epochs', 'patience', 'learning-rate'],
        ['batch', 'window'],
      ]
        .flat()
        .toSorted(),
    );
  });

  test('show defaults and ranges', () => {
    expect(flags['hidden']).toMatchObject({
      default: 'auto',
      helpGroup: 'NETWORK',
      helpValue: 'auto|N',
      summary: expect.stringMatching(/ A multiple of 8 up to 1024, or auto\.$/),
    });
    expect(flags['restarts']).toMatchObject({
      default: '3',
      helpValue: 'N',
      summary: expect.stringMatching(/ A whole number from 1 to 1000\.$/),
    });
    expect(flags['quantizer']).toMatchObject({ default: 'auto', options: ['auto', 'empirical', 'gmm'] });
    expect(flags['components']).toMatchObject({ default: 'auto', helpValue: 'auto|N|FROM..TO:STEP' });
    expect(flags['threads']).not.toHaveProperty('default');
  });

  test('do not hide flags of the command', () => {
    expect(() => optionFlags(KINDS, { seed: true })).toThrow('--seed');
  });
});

describe('numbers of a network', () => {
  test('are auto unless they are given', () => {
    expect(givenOptions(TCN, KINDS, {}, () => false)).toEqual({});
    expect(resolveOptions(TCN)).toEqual(defaultOptions(TCN.options));
    expect(resolveOptions(TCN)).toMatchObject({ hidden: 'auto', window: 'auto' });
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
    expect(given(flag, text)).toEqual({ [option]: value });
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
    expect(messageOf(() => given(flag, text))).toBe(
      `“${text}” is not possible for --${flag}: give ${possible}, or auto`,
    );
  });
});

describe('other values', () => {
  test.each([
    ['components', '2..6:2', [2, 4, 6]],
    ['components', 'auto', 'auto'],
    ['restarts', '1000', 1000],
    ['tolerance', '1e-3', 0.001],
    ['seed', '007', '007'],
    ['quantizer', 'gmm', 'gmm'],
  ])('--%s %s', (name, text, value) => {
    expect(parseOption(name, TCN.options[name]!, text)).toEqual(value);
  });

  test.each([
    ['restarts', '0', 'a whole number from 1 to 1000'],
    ['tolerance', '0', 'a number above 0'],
    ['components', '5..3', 'numbers, each a whole number from 1 to 1024, or auto'],
    ['quantizer', 'foo', 'auto, empirical or gmm'],
    ['threads', '257', 'a whole number from 1 to 256'],
  ])('--%s “%s” is none', (flag, text, range) => {
    expect(messageOf(() => given(flag, text))).toBe(`“${text}” is not possible for --${flag}: give ${range}`);
  });

  test('a seed has 1024 characters at most, and an error shows fewer', () => {
    expect(given('seed', 'x'.repeat(1024))).toEqual({ seed: 'x'.repeat(1024) });
    expect(messageOf(() => given('seed', 'x'.repeat(1025)))).toBe(
      `“${'x'.repeat(80)}…” is not possible for --seed: give a text of up to 1024 characters`,
    );
  });
});

describe('an option that is true, false or a word', () => {
  const option: ModelOption<boolean | 'auto'> = {
    schema: z.union([z.boolean(), z.literal('auto')]),
    default: 'auto',
    help: 'Sorts the packets.',
  };

  test('has a flag with a value', () => {
    expect(optionFlags([{ ...TCN, options: { sorted: option } }])['sorted']).toMatchObject({
      type: 'option',
      default: 'auto',
      options: ['true', 'false', 'auto'],
    });
  });

  test.each([
    ['true', true],
    ['false', false],
    ['auto', 'auto'],
  ])('%s', (text, value) => {
    expect(parseOption('sorted', option, text)).toBe(value);
  });

  test('takes nothing else', () => {
    expect(messageOf(() => parseOption('sorted', option, '1'))).toBe(
      '“1” is not possible for --sorted: give true, false, or auto',
    );
  });
});

describe('flags that are passed over are mistakes', () => {
  const NAMES = [...new Set(KINDS.flatMap(({ options }) => Object.keys(options)))];
  interface Choice {
    readonly kind: string;
    readonly quantizer?: string;
    readonly how?: StartHow;
  }
  const choice = (kind: string, more: Omit<Choice, 'kind'> = {}): Choice => ({ kind, ...more });
  function check({ kind, quantizer, how }: Choice, flag: string): void {
    const starts: readonly (StartHow | undefined)[] = ['resume', 'from'];
    const start = starts.find((each) => each === flag) ?? how;
    const name = NAMES.find((each) => flagNameOf(each) === flag);
    requireApplicable(
      kindOf(kind),
      { ...(quantizer && { quantizer }), ...(name !== undefined && name !== 'quantizer' && { [name]: 'given' }) },
      start,
    );
    if (name === 'quantizer') requireApplicable(kindOf(kind), { quantizer: quantizer ?? 'auto' }, start);
  }
  /** Those that may be given, one at a time. */
  const possible = (one: Choice) => [
    ...NAMES.map(flagNameOf).filter((flag) => messageOf(() => check(one, flag)) === 'no mistake'),
    ...(kindOf(one.kind).fitFrom ? ['resume', 'from'] : []),
  ];
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
    for (const kind of KINDS) requireApplicable(kind, {});
  });

  test.each([
    [choice('hmm'), 'epochs', '--epochs is for networks; --model hmm has none'],
    [choice('rnn'), 'kernel-size', '--kernel-size is for convolutions; --model rnn has none'],
    [choice('rnn', { how: 'resume' }), 'seed', '--seed cannot change in a training that is resumed'],
    [choice('tcn', { how: 'from' }), 'layers', '--layers is what it is in the model given with --from'],
    [
      choice('markov', { quantizer: 'empirical' }),
      'restarts',
      '--restarts is for Gaussian models; --quantizer empirical has none',
    ],
    [
      choice('markov', { quantizer: 'empirical' }),
      'seed',
      '--seed is for models that are fitted from a random start; --quantizer empirical with --model markov is not',
    ],
    [choice('hmm'), 'quantizer', '--quantizer is for kinds of model that learn tokens; --model hmm has none'],
    [
      choice('hmm'),
      'from',
      '--from is for models of kind rnn and tcn; one of kind hmm always learns from the beginning',
    ],
  ])('%o --%s', (one, flag, message) => {
    expect(messageOf(() => check(one, flag))).toBe(message);
  });

  test('the hint names kinds that have the option', () => {
    const hintOf = (kind: string, name: string, how?: StartHow) => {
      try {
        requireApplicable(kindOf(kind), { [name]: 'given' }, how);
      } catch (error) {
        return renderForCommandLine(error as SynthError).hint; // requireApplicable throws no other
      }
      return undefined;
    };
    expect(hintOf('hmm', 'epochs')).toBe('Take --model rnn or --model tcn.');
    expect(hintOf('rnn', 'kernelSize')).toBe('Take --model tcn.');
    expect(hintOf('rnn', 'seed', 'resume')).toBe('With --resume go --threads, --epochs and --patience.');
    expect(hintOf('markov', 'toString')).toMatch(/^Its options: quantizer, components, /);
  });
});
