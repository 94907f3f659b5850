/**
 * @module
 * Flags of `synth train` for the options that kinds of model declare, and the values that they give to the options.
 */
import { Flags, type Interfaces } from '@oclif/core';
import { alternativesOf, type ModelOption, rangeOf } from '../../../models/model-options.js';
import { impossible } from '../../../models/resolve-options.js';
import type { FitStart, ModelKind } from '../../../models/traffic-model.js';
import { SynthError } from '../../errors.js';
import { flagNameOf } from '../option-flags.js';
import { parseNumbers } from '../parse.js';

type Kinds = Iterable<ModelKind>;
type KindFlags = Record<string, Interfaces.OptionFlag<string | undefined> | Interfaces.BooleanFlag<boolean>>;

/** The kind of model; its help has a line about each. */
export const modelFlag = (kinds: Kinds, defaultKind: string) => {
  const all = [...kinds];
  return Flags.option({ options: all.map(({ kind }) => kind) })({
    char: 'm',
    summary: `Kind of model. ${all.map(({ kind, description }) => `${kind}: ${description}`).join('; ')}.`,
    default: defaultKind,
  });
};

/** The names of the kinds whose training can start from another model. */
export const resumableKinds = (kinds: Kinds): string =>
  [...kinds]
    .filter(({ fitFrom }) => fitFrom !== undefined)
    .map(({ kind }) => kind)
    .join(', ');

/** A model to start from. */
export const startFlags = (kinds: Kinds) => {
  const able = resumableKinds(kinds);
  const group = { helpValue: 'FILE', helpGroup: 'START' };
  return {
    resume: Flags.string({
      summary: `Resume the unfinished training of this model (${able}), on the same packets; - is standard input.`,
      exclusive: ['from'],
      ...group,
    }),
    from: Flags.string({
      summary: `Start from what this model (${able}) has learned of other packets (fine-tuning); - is standard input.`,
      exclusive: ['resume'],
      ...group,
    }),
  };
};

/**
 * A flag for each option of the kinds; kinds that have an option of the same name share the flag.
 *
 * @param taken flags that the command has besides
 * @throws Error if an option has the name of one of them
 */
export function optionFlags(kinds: Kinds, taken: Readonly<Record<string, unknown>> = {}): KindFlags {
  const declared = new Map<string, [ModelKind, ModelOption][]>();
  for (const kind of kinds) {
    for (const [name, option] of Object.entries(kind.options)) {
      const flag = flagNameOf(name);
      if (Object.hasOwn(taken, flag))
        throw new Error(`the option ${name} of --model ${kind.kind} would hide --${flag}`);
      declared.set(flag, [...(declared.get(flag) ?? []), [kind, option]]);
    }
  }
  return Object.fromEntries([...declared].map(([flag, declarations]) => [flag, flagOf(declarations)]));
}

function flagOf(declarations: readonly (readonly [ModelKind, ModelOption])[]): KindFlags[string] {
  const options = declarations.map(([, option]) => option);
  const [first] = options as [ModelOption, ...ModelOption[]]; // a flag has one declaration at least
  const texts = [...new Set(options.map(summaryOf))];
  const summary = texts.length === 1 ? texts[0]! : texts.map((text) => `${kindsSaying(text)}: ${text}`).join(' ');
  const helpGroup = (first.group ?? 'fitting').toUpperCase();
  if (options.every(isBoolean)) return Flags.boolean<boolean>({ summary, helpGroup, allowNo: true });
  const choices = options.map(choicesOf);
  return Flags.string({
    summary,
    helpGroup,
    ...(typeof first.default === 'function' ? {} : { default: String(first.default) }),
    ...(choices.every((each) => each !== undefined)
      ? { options: [...new Set(choices.flat())] }
      : { helpValue: helpValueOf(first) }),
  });

  function kindsSaying(text: string): string {
    const those = declarations.filter(([, option]) => summaryOf(option) === text);
    return those.map(([{ kind }]) => kind).join(', ');
  }
}

/** The line of help, and the range where help shows no choices. */
function summaryOf(option: ModelOption): string {
  if (isBoolean(option) || choicesOf(option) !== undefined || isText(option)) return option.help;
  const range = rangeOf(option);
  return `${option.help} ${range.charAt(0).toUpperCase()}${range.slice(1)}.`;
}

const has = (option: ModelOption, ...types: readonly string[]): boolean =>
  alternativesOf(option).some(({ type = '' }) => types.includes(type));
const isBoolean = (option: ModelOption): boolean => alternativesOf(option).every(({ type }) => type === 'boolean');
const isText = (option: ModelOption): boolean => alternativesOf(option).every((one) => one.type === 'string');

/** The values of an option that only has words to choose from. */
function choicesOf(option: ModelOption): string[] | undefined {
  const words = alternativesOf(option).map((one) => {
    if ('const' in one) return [one.const];
    return one.enum ?? (one.type === 'boolean' ? [true, false] : undefined);
  });
  return words.every((each) => each !== undefined) ? words.flat().map(String) : undefined;
}

const constantsOf = (option: ModelOption): string[] =>
  alternativesOf(option).flatMap((one) => ('const' in one ? [String(one.const)] : []));

function helpValueOf(option: ModelOption): string {
  const free = isText(option) ? 'TEXT' : has(option, 'array') ? 'N|FROM..TO:STEP' : 'N';
  return [...constantsOf(option), free].join('|');
}

/**
 * The options that the flags give to a kind of model. Flags that the kind has no option for are handed on as they are: it refuses
 * them.
 *
 * @param kinds all that there are
 * @throws SynthError `SYNTH_USAGE` for a value that is not possible
 */
export function givenOptions(
  kind: ModelKind,
  kinds: Kinds,
  flags: Readonly<Record<string, unknown>>,
  isGiven: (flag: string) => boolean,
): Readonly<Record<string, unknown>> {
  const names = new Set([...kinds].flatMap(({ options }) => Object.keys(options)));
  const given = [...names].filter((name) => isGiven(flagNameOf(name)));
  return Object.fromEntries(
    given.map((name) => {
      const option = Object.hasOwn(kind.options, name) ? kind.options[name] : undefined;
      const value = flags[flagNameOf(name)];
      return [name, option && typeof value === 'string' ? parseOption(name, option, value) : value];
    }),
  );
}

/** @throws SynthError `SYNTH_USAGE` */
export function parseOption(name: string, option: ModelOption, text: string): unknown {
  const parsed = option.schema.safeParse(fromText(option, text));
  if (parsed.success) return parsed.data;
  throw new SynthError('SYNTH_USAGE', impossible(name, option, text), {
    ...(has(option, 'array')
      ? {
          hint: `Write ${['numbers like 12, 1..40, 1..40:2 (from 1 to 40 by 2)', ...constantsOf(option)].join(', or ')}.`,
        }
      : {}),
  });
}

/** The text as it stands where it is a possible value, else `true` or `false`, else what numbers it has. */
function fromText(option: ModelOption, text: string): unknown {
  if (option.schema.safeParse(text).success) return text;
  if (has(option, 'boolean') && (text === 'true' || text === 'false')) return text === 'true';
  if (has(option, 'array')) return parseNumbers(text);
  return text.trim() === '' ? text : Number(text);
}

export interface TrainingStart {
  readonly how: FitStart['how'];
  /** Of the model that it starts from; `-` is standard input. */
  readonly path: string;
}

/** How the training starts; undefined where from nothing. */
export function startOf({
  resume,
  from,
}: Interfaces.InferredFlags<ReturnType<typeof startFlags>>): TrainingStart | undefined {
  if (resume !== undefined) return { how: 'resume', path: resume };
  return from === undefined ? undefined : { how: 'from', path: from };
}
