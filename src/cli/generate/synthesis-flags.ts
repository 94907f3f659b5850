/**
 * @module
 * What commands that make packets of a model share: whose packets they are, what they carry, and how they become frames.
 */
import { Flags } from '@oclif/core';
import type { Sampling } from '../../../models/traffic-model.js';
import type { TargetProfile } from '../../model-files/model-file.js';
import { parseAddressMaps } from '../../rewrite/address-map.js';
import { MIN_MTU, OVERSIZE } from '../../synthesis/frame-planner.js';
import { type Identity, identityOf } from '../../synthesis/identity.js';
import { parsePositive, parseShare } from '../parse.js';

/** A million conversations at a time would not fit into memory. */
const MAX_DEVICES = 100_000;

export const drawingFlags = {
  temperature: Flags.string({
    summary: 'For rnn and tcn: below 1 what is likely gets likelier, above 1 everything gets more alike.',
    helpGroup: 'DRAWING',
    helpValue: 'T',
  }),
  'top-p': Flags.string({
    summary: 'For rnn and tcn: only the likeliest packets that together have this probability are drawn; up to 1, all.',
    helpGroup: 'DRAWING',
    helpValue: 'P',
  }),
};

/** Undefined where neither is given. @throws SynthError `SYNTH_USAGE` */
export function parseSampling({
  temperature,
  'top-p': topP,
}: {
  readonly temperature?: string | undefined;
  readonly 'top-p'?: string | undefined;
}): Sampling | undefined {
  if (temperature === undefined && topP === undefined) return undefined;
  return { temperature: parsePositive(temperature ?? '1'), topP: parseShare(topP ?? '1') };
}

export const identityFlags = {
  'client-ip': Flags.string({
    summary: 'Address of the device, or of the first endpoint.',
    helpGroup: 'IDENTITY',
    helpValue: 'IP',
  }),
  'client-mac': Flags.string({ summary: 'Its MAC address.', helpGroup: 'IDENTITY', helpValue: 'MAC' }),
  'client-port': Flags.integer({
    summary: 'Its port.',
    helpGroup: 'IDENTITY',
    min: 0,
    max: 65_535,
    helpValue: 'PORT',
  }),
  'server-ip': Flags.string({ summary: 'Address of its peer.', helpGroup: 'IDENTITY', helpValue: 'IP' }),
  'server-mac': Flags.string({ summary: 'MAC address of its peer.', helpGroup: 'IDENTITY', helpValue: 'MAC' }),
  'server-port': Flags.integer({
    summary: 'Port of its peer.',
    helpGroup: 'IDENTITY',
    min: 0,
    max: 65_535,
    helpValue: 'PORT',
  }),
  map: Flags.string({
    summary: 'Map addresses in the end: A=B, or A/n=B/m to replace the network; may be given several times.',
    helpValue: '192.0.2.0/24=10.1.2.0/24',
    multiple: true,
    multipleNonGreedy: true,
    default: [],
    helpGroup: 'IDENTITY',
  }),
  devices: Flags.integer({
    summary: 'Devices that talk at the same time, each with its own addresses and seed, as long each.',
    min: 1,
    max: MAX_DEVICES,
    default: 1,
    helpGroup: 'IDENTITY',
    helpValue: 'N',
  }),
};

interface IdentityFlagValues {
  readonly 'client-ip'?: string | undefined;
  readonly 'client-mac'?: string | undefined;
  readonly 'client-port'?: number | undefined;
  readonly 'server-ip'?: string | undefined;
  readonly 'server-mac'?: string | undefined;
  readonly 'server-port'?: number | undefined;
  readonly map: readonly string[];
}

/** @throws SynthError as `identityOf` and `parseAddressMaps` do */
export function parseIdentity(profile: TargetProfile, flags: IdentityFlagValues): Identity {
  const maps = parseAddressMaps(flags.map);
  return identityOf(profile, {
    clientIp: flags['client-ip'],
    clientMac: flags['client-mac'],
    clientPort: flags['client-port'],
    serverIp: flags['server-ip'],
    serverMac: flags['server-mac'],
    serverPort: flags['server-port'],
    map: (address) => maps.map(address),
  });
}

export const frameFlags = {
  'strict-sizes': Flags.boolean({
    summary: 'Write no frame beside the packets of the model, even where TCP needs one (a handshake).',
    default: false,
    helpGroup: 'FRAMES',
  }),
  mtu: Flags.integer({
    summary: 'Longest IP packet, in bytes; longer ones become what --oversize says. No limit if left out.',
    min: MIN_MTU,
    max: 65_535,
    helpGroup: 'FRAMES',
    helpValue: 'BYTES',
  }),
  oversize: Flags.option({ options: OVERSIZE })({
    summary:
      'What becomes of packets above the MTU: IP fragments, TCP segments (other protocols: fragments), or an error.',
    dependsOn: ['mtu'],
    helpGroup: 'FRAMES',
  }),
};
