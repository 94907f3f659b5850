/**
 * @module
 * Options as they are given to a kind of model: refused where they do not apply, checked against their schemas, and filled in.
 */
import { SynthError } from '../src/errors.js';
import { type KindOptionName, option, type Term, type Wording, wording } from '../src/wording.js';
import { defaultOptions, type ModelOption, type Refusal, rangeOf, type StartHow } from './model-options.js';
import { modelKinds } from './registry.js';
import type { ModelKind } from './traffic-model.js';

type Given = Readonly<Record<string, unknown>>;

/**
 * The options of a kind, with defaults for what is left out. Options of the kind that have no effect beside the others are ignored.
 *
 * @param how how the training starts, unless from nothing
 * @throws SynthError `SYNTH_USAGE` for options and starts that the kind does not have, and for values that are not possible
 */
export function resolveOptions(kind: ModelKind, given: Given = {}, how?: StartHow): Given {
  requireKnown(kind, given, how);
  const parsed = givenNames(given).map((name) => {
    const one = kind.options[name]!; // requireKnown has found it
    const result = one.schema.safeParse(given[name]);
    if (result.success) return [name, result.data] as const;
    throw new SynthError('SYNTH_USAGE', impossible(name, one, shown(given[name])), { cause: result.error });
  });
  return { ...defaultOptions(kind.options), ...Object.fromEntries(parsed) };
}

/** Characters of an impossible value that an error shows. */
const MAX_SHOWN = 80;

/** @param value as it was given */
export function impossible(name: string, one: ModelOption, value: string): Wording {
  const text = value.length > MAX_SHOWN ? `${value.slice(0, MAX_SHOWN)}…` : value;
  return wording`“${text}” is not possible for ${term(name)}: give ${rangeOf(one)}`;
}

/** @throws SynthError `SYNTH_USAGE` */
function requireKnown(kind: ModelKind, given: Given, how: StartHow | undefined): void {
  if (how !== undefined && kind.fitFrom === undefined) throw noStart(kind, how);
  const foreign = givenNames(given).find((name) => !Object.hasOwn(kind.options, name));
  if (foreign !== undefined) throw refused(foreign, foreignOption(foreign, kind));
}

/**
 * Also refuses options that would have no effect, since a user who sets one expects an effect.
 *
 * @param how how the training starts, unless from nothing
 * @throws SynthError `SYNTH_USAGE`
 */
export function requireApplicable(kind: ModelKind, given: Given, how?: StartHow): void {
  requireKnown(kind, given, how);
  const names = givenNames(given);
  const fixed = how && names.find((name) => isFixedBy(kind.options[name]!, how));
  if (fixed !== undefined) throw refused(fixed, how === 'resume' ? fixedByResume(kind) : FIXED_BY_START);
  const all = { ...defaultOptions(kind.options), ...given };
  for (const name of names) {
    const refusal = kind.options[name]!.refusal?.(all);
    if (refusal !== undefined) throw refused(name, refusal);
  }
}

function noStart({ kind }: ModelKind, how: StartHow): SynthError {
  const flag = how === 'resume' ? option('start.how', 'resume') : option('start.how', 'from');
  const able = [...modelKinds.values()].filter(({ fitFrom }) => fitFrom !== undefined).map((other) => other.kind);
  return new SynthError(
    'SYNTH_USAGE',
    wording`${flag} is for models of kind ${able.join(' and ')}; one of kind ${kind} always learns from the beginning`,
  );
}

/** An option that the kind does not have: other kinds may have it. */
function foreignOption(name: string, { kind, options }: ModelKind): Refusal {
  const model = option('model', kind);
  const others = [...modelKinds.values()].filter((other) => Object.hasOwn(other.options, name));
  const owner = others[0]?.options[name]?.owner;
  if (others.length === 0) {
    return {
      problem: wording`does not exist for ${model}`,
      hint: `Its options: ${Object.keys(options).join(', ')}.`,
    };
  }
  const models = others.map((other) => option('model', other.kind));
  return {
    problem:
      owner === undefined
        ? wording`is for ${listOf(models, 'and')}; ${model} has no such option`
        : wording`is for ${owner}; ${model} has none`,
    hint: wording`Take ${listOf(models, 'or')}.`,
  };
}

const fixedByResume = (kind: ModelKind): Refusal => ({
  problem: 'cannot change in a training that is resumed',
  hint: wording`With ${option('start.how', 'resume')} go ${listOf(resumableOptions(kind).map(term), 'and')}.`,
});

const FIXED_BY_START: Refusal = {
  problem: wording`is what it is in the model given with ${option('start.how', 'from')}`,
};

const isFixedBy = ({ fixedBy = ['resume'] }: ModelOption, how: StartHow): boolean => fixedBy.includes(how);
const resumableOptions = ({ options }: ModelKind): string[] =>
  Object.keys(options).filter((name) => !isFixedBy(options[name]!, 'resume'));

const shown = (value: unknown): string => (typeof value === 'string' ? value : String(JSON.stringify(value)));
const givenNames = (given: Given): string[] => Object.keys(given).filter((name) => given[name] !== undefined);
const term = (name: string) => option(`fit.${name}` satisfies KindOptionName);

const refused = (name: string, { problem, hint }: Refusal): SynthError =>
  new SynthError('SYNTH_USAGE', wording`${term(name)} ${problem}`, hint === undefined ? {} : { hint });

/** `a`, `a or b`, `a, b or c`. */
const listOf = (terms: readonly Term[], word: 'and' | 'or'): Wording =>
  terms.flatMap((one, index): Wording => {
    if (index === 0) return [one];
    return [index === terms.length - 1 ? ` ${word} ` : ', ', one];
  });
