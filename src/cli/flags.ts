/**
 * @module
 * Flags that mean the same in every command, each defined once.
 */
import { Flags } from '@oclif/core';
import { SynthError } from '../errors.js';
import { parseDevice, parseFlow, type Target } from '../series/target.js';

export const targetFlags = {
  device: Flags.string({
    summary: 'Device to take: a MAC, IPv4 or IPv6 address.',
    helpValue: 'ADDRESS',
    exclusive: ['flow'],
    helpGroup: 'TARGET',
  }),
  flow: Flags.string({
    summary: 'Flow to take: protocol and two endpoints; what the first sends is outbound.',
    helpValue: '"UDP A:PORT B:PORT"',
    exclusive: ['device'],
    helpGroup: 'TARGET',
  }),
};

export const payloadOnlyFlag = Flags.boolean({
  default: false,
  summary: 'Leave out packets without transport payload, such as bare TCP acknowledgements.',
  helpGroup: 'TARGET',
});

export const reportFlag = Flags.string({
  summary: 'Write a report with charts: one HTML file, which needs nothing else. - is standard output.',
  helpValue: 'FILE.html',
});

export const forceFlag = Flags.boolean({ default: false, summary: 'Replace an existing output file.' });

/** More than anybody types, and far from the 65535 bytes of a comment in pcapng, where the seed is written. */
const MAX_SEED_LENGTH = 1024;

export const seedFlag = Flags.custom<string>({
  summary: 'Seed of all random numbers; the same seed gives the same bytes. Default: a fresh one, which is printed.',
  helpValue: 'TEXT',
  parse: async (text) => {
    if (text.length <= MAX_SEED_LENGTH) return text;
    throw new SynthError('SYNTH_USAGE', `a seed has at most ${MAX_SEED_LENGTH} characters, not ${text.length}`);
  },
});

/** The target that `--device` or `--flow` names, if any. @throws SynthError `SYNTH_TARGET_INVALID` */
export function parseTarget({
  device,
  flow,
}: {
  device?: string | undefined;
  flow?: string | undefined;
}): Target | undefined {
  if (device !== undefined) return parseDevice(device);
  return flow === undefined ? undefined : parseFlow(flow);
}
