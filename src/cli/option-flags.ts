/**
 * @module
 * How the command line spells what errors of the library name: the flag of each option, the command of each way out.
 */
import type { SynthError } from '../errors.js';
import {
  type ActionName,
  apiSpelling,
  type KindOptionName,
  type OptionName,
  type OptionTerm,
  render,
  type Term,
  type Wording,
} from '../wording.js';

/** The flag of an option. By value where flags stand for values. */
type Flag = `--${string}` | Readonly<Record<string, `--${string}`>>;

export const OPTION_FLAGS: Readonly<Record<Exclude<OptionName, KindOptionName>, Flag>> = {
  allowSpoofed: { true: '--allow-spoofed' },
  allow: '--allow-target',
  bind: '--bind',
  clientIp: '--client-ip',
  clientMac: '--client-mac',
  clientPort: '--client-port',
  to: '--to',
  interface: '--interface',
  direction: '--direction',
  force: { true: '--force' },
  format: '--format',
  holdout: '--holdout',
  'identity.certificate': '--cert',
  'identity.key': '--key',
  idle: '--idle',
  packets: '--packets',
  model: '--model',
  mtu: '--mtu',
  out: '--out',
  'output.perSource': '--per-source',
  payload: '--payload',
  payloadOnly: '--payload-only',
  'range.after': '--after',
  'range.before': '--before',
  'range.skip': '--skip',
  duration: '--duration',
  'schedule.limit': '--limit',
  'schedule.rounds': '--loop',
  serverIp: '--server-ip',
  serverMac: '--server-mac',
  serverPort: '--server-port',
  stamp: '--stamp',
  'start.how': { from: '--from', resume: '--resume' },
  startAtNs: '--start-at',
  target: '--device, --flow',
  'tls.ca': '--ca',
  'tls.serverName': '--server-name',
  'tls.verify': { false: '--insecure' },
};

export const ACTION_COMMANDS: Readonly<Record<ActionName, `synth ${string}`>> = {
  describeModel: 'synth model info MODEL',
  extractTable: 'synth extract',
  inspectCapture: 'synth inspect CAPTURE',
  mapPorts: 'synth rewrite --map-port',
  readScenarioSchema: 'synth fleet schema',
  recordArrivals: 'synth sink --out arrived.csv',
  sendModel: 'synth emit MODEL --to URL',
  trainModel: 'synth train CAPTURE',
};

/** Message and hint of an error as users of the command line read them. */
export function renderForCommandLine({ wording, hintWording }: SynthError): {
  readonly message: string;
  readonly hint: string | undefined;
} {
  const text = (words: Wording) => render(words, commandLineSpelling);
  return { message: text(wording), hint: hintWording && text(hintWording) };
}

function commandLineSpelling(term: Term): string {
  if ('action' in term) return ACTION_COMMANDS[term.action];
  const { option, value } = term;
  const flag = flagOfOption(option, value);
  if (flag === undefined) return apiSpelling(term);
  return value === undefined || isValueOfFlag(option) ? flag : `${flag} ${value}`;
}

/** The flag of an option, where one stands for its value; undefined where none does. */
export function flagOfOption(option: OptionName, value?: OptionTerm['value']): `--${string}` | undefined {
  if (isKindOption(option)) return `--${flagNameOf(option.slice('fit.'.length))}`;
  const flag = OPTION_FLAGS[option];
  return typeof flag === 'string' ? flag : flag[String(value)];
}

/** The flag of an option of a kind of model, without hyphens in front: `kernel-size` of `kernelSize`. */
export const flagNameOf = (name: string): string => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

const isKindOption = (option: OptionName): option is KindOptionName => option.startsWith('fit.');
const isValueOfFlag = (option: OptionName): boolean =>
  !isKindOption(option) && typeof OPTION_FLAGS[option] !== 'string';
