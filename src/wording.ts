/**
 * @module
 * Sentences of errors that name an option, or a way out. Programs and users of the command line spell these differently:
 * `clientIp` is --client-ip. Such a sentence keeps what it names beside its text. `SynthError` spells it as in the API,
 * and src/cli/option-flags.ts as on the command line.
 */

/** Options of a kind of model, which declares them itself. */
export type KindOptionName = `fit.${string}`;

/** Options of the API that errors name; with the object that holds them where other options have the same name. */
export type OptionName =
  | KindOptionName
  | 'allowSpoofed'
  | 'allow'
  | 'bind'
  | 'clientIp'
  | 'clientMac'
  | 'clientPort'
  | 'to'
  | 'interface'
  | 'direction'
  | 'force'
  | 'format'
  | 'holdout'
  | 'identity.certificate'
  | 'identity.key'
  | 'idle'
  | 'packets'
  | 'model'
  | 'mtu'
  | 'out'
  | 'output.perSource'
  | 'payload'
  | 'payloadOnly'
  | 'range.after'
  | 'range.before'
  | 'range.skip'
  | 'duration'
  | 'schedule.limit'
  | 'schedule.rounds'
  | 'serverIp'
  | 'serverMac'
  | 'serverPort'
  | 'stamp'
  | 'start.how'
  | 'startAtNs'
  | 'target'
  | 'tls.ca'
  | 'tls.serverName'
  | 'tls.verify';

/** Ways out that hints point to, each with what a program finds it by. The command line has a command for each. */
export const ACTIONS = {
  describeModel: '`loadModel()`',
  extractTable: '`extract()`',
  inspectCapture: '`inspect()`',
  mapPorts: '`frames.ports` of `rewrite()`',
  readScenarioSchema: 'docs/scenario.schema.json',
  recordArrivals: '`output` of `sink()`',
  sendModel: '`emit()`',
  trainModel: '`train()`',
} as const;
export type ActionName = keyof typeof ACTIONS;

export interface OptionTerm {
  readonly option: OptionName;
  readonly value?: string | number | boolean | undefined;
}

export interface ActionTerm {
  readonly action: ActionName;
}

export type Term = OptionTerm | ActionTerm;

/** A sentence, in parts where it names something. Plain data, so that it passes from thread to thread. */
export type Wording = string | readonly (string | Term)[];

/** An option, and the value that it has or should have. */
export const option = (name: OptionName, value?: OptionTerm['value']): OptionTerm => ({ option: name, value });

export const action = (name: ActionName): ActionTerm => ({ action: name });

/** Tag of a template literal that contains terms: ``wording`Give ${option('mtu')}.` ``. */
export function wording(texts: TemplateStringsArray, ...values: readonly (number | Term | Wording)[]): Wording {
  return texts.flatMap((text, i) => (i === 0 ? [text] : [...partsOf(values[i - 1]!), text]));
}

/** @param spell what stands for a term */
export function render(text: Wording, spell: (term: Term) => string): string {
  return partsOf(text)
    .map((part) => (typeof part === 'string' ? part : spell(part)))
    .join('');
}

/** The sentence as programmers read it, with options in back-quotes: `` `payload: 'zeros'` ``. */
export const apiText = (text: Wording): string => render(text, apiSpelling);

/** The options that are named, in order. */
export const optionsIn = (text: Wording): OptionName[] =>
  partsOf(text).flatMap((part) => (typeof part === 'object' && 'option' in part ? [part.option] : []));

export function apiSpelling(term: Term): string {
  if ('action' in term) return ACTIONS[term.action];
  const { option: name, value } = term;
  if (value === undefined) return `\`${name}\``;
  return `\`${name}: ${typeof value === 'string' ? `'${value}'` : value}\``;
}

function partsOf(text: number | Term | Wording): readonly (string | Term)[] {
  if (typeof text === 'object') return 'option' in text || 'action' in text ? [text] : text;
  return [String(text)];
}
