/**
 * @module
 * Options of a kind of model: each has a schema, a default and a line of help. The library checks values by them, and the command
 * line derives its flags from them.
 */
import { z } from 'zod';
import type { Wording } from '../src/wording.js';

/** `resume` continues an unfinished training on the same series; `from` takes over what was learned from others. */
export type StartHow = 'resume' | 'from';

/** Reason why an option may not be given. Follows the name of the option in a sentence. */
export interface Refusal {
  readonly problem: Wording;
  readonly hint?: Wording;
}

export interface ModelOption<T = unknown> {
  /** Possible values. Help and errors derive the range from it. */
  readonly schema: z.ZodType<T>;
  /** A function where the value depends on the machine; help then shows no default. */
  readonly default: T | (() => T);
  /** One line for help, as a sentence, without the range. */
  readonly help: string;
  /** Heading in help. Default: `fitting`. */
  readonly group?: string;
  /** What has this option, in the plural, for errors: `networks`. Default: the names of the kinds. */
  readonly owner?: string;
  /** Starts from another model that fix the value. Default: `resume`. */
  readonly fixedBy?: readonly StartHow[];
  /** Reason why the option has no effect beside the others, if there is one. */
  readonly refusal?: (options: Readonly<Record<string, unknown>>) => Refusal | undefined;
}

/** The options of a kind by name: camelCase in the library, kebab-case on the command line. */
export type OptionSet<Options> = { readonly [Name in keyof Options]: ModelOption<Options[Name]> };

/** The values that the options of a set have. */
export type OptionsOf<Set> = { readonly [Name in keyof Set]: Set[Name] extends ModelOption<infer T> ? T : never };

/** The default of every option. */
export function defaultOptions<Options>(options: OptionSet<Options>): Options {
  const entries = Object.entries<ModelOption>(options).map(([name, one]) => [
    name,
    typeof one.default === 'function' ? one.default() : one.default,
  ]);
  return Object.fromEntries(entries) as Options; // the names and types of the set
}

/** A schema as JSON Schema, as far as ranges need it. */
export interface ValueSchema {
  readonly anyOf?: readonly ValueSchema[];
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly items?: ValueSchema;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
  readonly multipleOf?: number;
  readonly maxLength?: number;
}

/** The alternatives of a schema; those that are constants come last. */
export function alternativesOf({ schema }: ModelOption): readonly ValueSchema[] {
  const { anyOf, ...single } = z.toJSONSchema(schema, { io: 'input' }) as ValueSchema; // JSON Schema of the same keywords
  return (anyOf ?? [single]).toSorted((a, b) => Number('const' in a) - Number('const' in b));
}

/** The possible values in words: `a multiple of 8 up to 1024, or auto`. */
export function rangeOf(option: ModelOption): string {
  const alternatives = alternativesOf(option).flatMap(wordsOf);
  const isConstant = alternativesOf(option).every((one) => 'const' in one || one.enum !== undefined);
  const last = alternatives.at(-1) ?? 'a value';
  if (alternatives.length < 2) return last;
  return `${alternatives.slice(0, -1).join(', ')}${isConstant ? '' : ','} or ${last}`;
}

function wordsOf(schema: ValueSchema): readonly string[] {
  if ('const' in schema) return [String(schema.const)];
  if (schema.enum) return schema.enum.map(String);
  switch (schema.type) {
    case 'integer':
    case 'number':
      return [numberWords(schema)];
    case 'array':
      return [`numbers, each ${schema.items ? wordsOf(schema.items).join(' or ') : 'a value'}`];
    case 'string':
      return [schema.maxLength === undefined ? 'a text' : `a text of up to ${schema.maxLength} characters`];
    case 'boolean':
      return ['true', 'false'];
    default:
      return ['a value'];
  }
}

function numberWords(schema: ValueSchema): string {
  const { type, multipleOf, exclusiveMinimum, exclusiveMaximum } = schema;
  const safe = (bound: number | undefined) =>
    bound !== undefined && Number.isFinite(bound) && Math.abs(bound) < Number.MAX_SAFE_INTEGER ? bound : undefined;
  const [minimum, maximum] = [safe(schema.minimum), safe(schema.maximum)];
  if (multipleOf !== undefined && minimum === multipleOf && maximum !== undefined) {
    return `a multiple of ${multipleOf} up to ${maximum}`;
  }
  const isWhole = type === 'integer';
  // Whole numbers above 0 begin at 1.
  const first =
    minimum ?? (isWhole && exclusiveMinimum !== undefined && maximum !== undefined ? exclusiveMinimum + 1 : undefined);
  const bounds = [
    ...(first !== undefined ? [`from ${first}`] : exclusiveMinimum !== undefined ? [`above ${exclusiveMinimum}`] : []),
    ...(maximum !== undefined
      ? [`${first === undefined ? 'up ' : ''}to ${maximum}`]
      : exclusiveMaximum !== undefined
        ? [`${first === undefined ? '' : 'to '}below ${exclusiveMaximum}`]
        : []),
  ];
  const multiple = multipleOf === undefined || multipleOf === 1 ? '' : `, a multiple of ${multipleOf}`;
  return [`a ${isWhole ? 'whole ' : ''}number`, ...bounds].join(' ') + multiple;
}
