/**
 * @module
 * How the command line spells what errors of the library name: the flag of each option, the command of each way out.
 */
import type { SynthError } from '../errors.js';
import { type ActionName, apiSpelling, type OptionName, render, type Term, type Wording } from '../wording.js';

/** The flag of an option. By value where flags stand for values. */
type Flag = `--${string}` | Readonly<Record<string, `--${string}`>>;

export const OPTION_FLAGS: Readonly<Record<OptionName, Flag>> = {
  allowSpoofed: { true: '--allow-spoofed' },
  allowed: '--allow-target',
  batch: '--batch',
  bind: '--bind',
  clientIp: '--client-ip',
  clientMac: '--client-mac',
  clientPort: '--client-port',
  components: '--components',
  destination: '--to',
  'destination.interfaceName': '--interface',
  directions: '--direction',
  dropout: '--dropout',
  embedding: '--embedding',
  epochs: '--epochs',
  force: { true: '--force' },
  format: '--format',
  hidden: '--hidden',
  holdout: '--holdout',
  'identity.certificate': '--cert',
  'identity.key': '--key',
  iterations: '--iterations',
  kernelSize: '--kernel-size',
  layers: '--layers',
  learningRate: '--learning-rate',
  'limit.idleNs': '--idle',
  'limit.packets': '--packets',
  mtu: '--mtu',
  out: '--out',
  'output.path': '--out',
  'output.perSource': '--per-source',
  patience: '--patience',
  payload: '--payload',
  payloadOnly: '--payload-only',
  quantizer: '--quantizer',
  'range.after': '--after',
  'range.before': '--before',
  'range.skip': '--skip',
  restarts: '--restarts',
  'schedule.durationNs': '--duration',
  'schedule.limit': '--limit',
  'schedule.rounds': '--loop',
  seed: '--seed',
  serverIp: '--server-ip',
  serverMac: '--server-mac',
  serverPort: '--server-port',
  stamp: '--stamp',
  'start.how': { from: '--from', resume: '--resume' },
  startAtNs: '--start-at',
  target: '--device, --flow',
  threads: '--threads',
  'tls.ca': '--ca',
  'tls.serverName': '--server-name',
  'tls.verify': { false: '--insecure' },
  tolerance: '--tolerance',
  window: '--window',
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
  const flag = OPTION_FLAGS[option];
  if (typeof flag !== 'string') return flag[String(value)] ?? apiSpelling(term);
  return value === undefined ? flag : `${flag} ${value}`;
}
