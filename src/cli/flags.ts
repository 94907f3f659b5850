/**
 * @module
 * Flags that mean the same in every command, each defined once.
 */
import { Flags } from '@oclif/core';
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

export const forceFlag = Flags.boolean({ default: false, summary: 'Replace an existing output file.' });

export const seedFlag = Flags.string({
  summary: 'Seed of all random numbers; the same seed gives the same bytes. Default: a fresh one, which is printed.',
  helpValue: 'TEXT',
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
