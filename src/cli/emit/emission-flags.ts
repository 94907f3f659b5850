/**
 * @module
 * What `synth emit` can be told: where to, when, how fast, and what is allowed.
 */
import { Flags } from '@oclif/core';
import type { Pacing } from '../../emission/schedule.js';
import { PRECISIONS } from '../../emission/waiter.js';
import { SynthError } from '../../errors.js';
import { FRAMINGS } from '../../host/transport-spec.js';
import { parseRanges } from '../../net/address-range.js';
import { parseDuration, parseFactor, parseRate } from '../../units.js';

export const DIRECTIONS = ['out', 'in', 'both'] as const;
export const ROLES = ['device', 'peer'] as const;

export const destinationFlags = {
  to: Flags.string({
    summary:
      'Where packets go: udp://HOST:PORT, tcp://, tls://, unix:///PATH, or raw:// for IP packets to their own destinations.',
    helpValue: 'URL',
    exclusive: ['interface'],
    helpGroup: 'DESTINATION',
  }),
  interface: Flags.string({
    char: 'i',
    summary: 'Interface that Ethernet frames leave through (Linux, root or CAP_NET_RAW).',
    helpValue: 'IF',
    helpGroup: 'DESTINATION',
  }),
  bind: Flags.string({
    summary: 'Source addresses, which devices take in turn: A, A:PORT, or a network; with commas between them.',
    helpValue: '127.0.0.0/28',
    dependsOn: ['to'],
    helpGroup: 'DESTINATION',
  }),
  'qdisc-bypass': Flags.boolean({
    summary:
      'Send frames past the queueing discipline of the interface, which is faster; tc rules then have no effect.',
    default: true,
    allowNo: true,
    helpGroup: 'DESTINATION',
  }),
  framing: Flags.option({ options: FRAMINGS })({
    summary: 'In streams: each message begins with its length, or not.',
    default: 'length',
    helpGroup: 'DESTINATION',
  }),
  reconnect: Flags.boolean({
    summary: 'Make connections that end again, after a pause that grows from 0.1 to 10 s.',
    default: true,
    allowNo: true,
    helpGroup: 'DESTINATION',
  }),
  'connect-timeout': Flags.string({
    summary: 'How long a connection may take to be made.',
    default: '5s',
    helpValue: 'TIME',
    helpGroup: 'DESTINATION',
  }),
  'stall-timeout': Flags.string({
    summary: 'A connection that takes nothing for so long is given up.',
    default: '10s',
    helpValue: 'TIME',
    helpGroup: 'DESTINATION',
  }),
  drain: Flags.string({
    summary: 'How long what is under way may take to be handed over at the end.',
    default: '2s',
    helpValue: 'TIME',
    helpGroup: 'DESTINATION',
  }),
};

export const tlsFlags = {
  ca: Flags.string({
    summary: 'Certificate that the target is verified with (PEM).',
    helpValue: 'FILE',
    helpGroup: 'TLS',
  }),
  cert: Flags.string({ summary: 'Own certificate (PEM).', helpValue: 'FILE', dependsOn: ['key'], helpGroup: 'TLS' }),
  key: Flags.string({ summary: 'Its key (PEM).', helpValue: 'FILE', dependsOn: ['cert'], helpGroup: 'TLS' }),
  'server-name': Flags.string({
    summary: 'Name that the certificate has to have; that of the URL if left out.',
    helpValue: 'NAME',
    helpGroup: 'TLS',
  }),
  insecure: Flags.boolean({ summary: 'Take any certificate.', default: false, helpGroup: 'TLS' }),
};

const PACES = ['pps', 'mbps', 'topspeed'];

export const rateFlags = {
  speed: Flags.string({
    summary: 'Times as fast as they were: 2x is twice as fast.',
    helpValue: '2x',
    exclusive: PACES,
    helpGroup: 'RATE',
  }),
  pps: Flags.string({
    summary: 'So many packets a second, at equal distances.',
    helpValue: 'RATE',
    exclusive: ['mbps', 'topspeed'],
    helpGroup: 'RATE',
  }),
  mbps: Flags.string({
    summary: 'So many megabits a second.',
    helpValue: 'RATE',
    exclusive: ['topspeed'],
    helpGroup: 'RATE',
  }),
  topspeed: Flags.boolean({ summary: 'As fast as possible.', default: false, helpGroup: 'RATE' }),
  'max-gap': Flags.string({
    summary: 'Shorten longer pauses to this (before --speed).',
    helpValue: 'TIME',
    exclusive: PACES,
    helpGroup: 'RATE',
  }),
  loop: Flags.integer({
    summary: 'Send captures so many times; 0 for ever.',
    min: 0,
    default: 1,
    helpValue: 'N',
    helpGroup: 'RATE',
  }),
  'loop-delay': Flags.string({ summary: 'Pause between two rounds.', helpValue: 'TIME', helpGroup: 'RATE' }),
  limit: Flags.integer({
    char: 'n',
    summary: 'End after so many packets.',
    min: 1,
    max: Number.MAX_SAFE_INTEGER,
    helpValue: 'N',
    helpGroup: 'RATE',
  }),
  duration: Flags.string({ char: 'd', summary: 'End after this time.', helpValue: 'TIME', helpGroup: 'RATE' }),
  precision: Flags.option({ options: PRECISIONS })({
    summary: 'How a deadline is waited for: asleep, asleep but for the last part of a millisecond, or awake.',
    default: 'fine',
    helpGroup: 'RATE',
  }),
  'start-at': Flags.string({
    summary:
      'Time of the first packet: ISO 8601, or seconds since 1970; so that several hosts begin together. At once if left out.',
    helpValue: 'TIME',
    helpGroup: 'RATE',
  }),
};

export const safetyFlags = {
  'allow-target': Flags.string({
    summary: 'Addresses that packets may be sent to beside loopback, private, link-local and documentation addresses.',
    helpValue: 'CIDR',
    multiple: true,
    multipleNonGreedy: true,
    default: [],
    helpGroup: 'SAFETY',
  }),
  'allow-spoofed': Flags.boolean({
    summary: 'Send packets whose source addresses are not of this host where they could leave the local network.',
    default: false,
    helpGroup: 'SAFETY',
  }),
  'max-pps': Flags.string({
    summary:
      'Ceiling on packets a second, or none. Default: 50k; none on loopback, unix sockets and interfaces without a default route.',
    helpValue: 'RATE',
    helpGroup: 'SAFETY',
  }),
};

interface RateFlags {
  readonly speed?: string | undefined;
  readonly pps?: string | undefined;
  readonly mbps?: string | undefined;
  readonly topspeed: boolean;
}

/** @throws SynthError `SYNTH_USAGE` */
export function parsePacing({ speed, pps, mbps, topspeed }: RateFlags): Pacing {
  if (topspeed) return { kind: 'topspeed' };
  if (pps !== undefined) return { kind: 'packets', perSecond: parseRate(pps) };
  if (mbps !== undefined) return { kind: 'megabits', perSecond: parseRate(mbps) };
  return { kind: 'own', speed: parseFactor(speed ?? '1x') };
}

/** In ns; undefined where it is not given. @throws SynthError `SYNTH_USAGE` */
export const parseOptionalDuration = (text: string | undefined): number | undefined =>
  text === undefined ? undefined : parseDuration(text);

/** Undefined for the default. @throws SynthError `SYNTH_USAGE` */
export function parseCeiling(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  return text === 'none' ? Number.POSITIVE_INFINITY : parseRate(text);
}

/** @throws SynthError `SYNTH_USAGE` */
export function parseAllowed(texts: readonly string[]): ReturnType<typeof parseRanges> {
  return texts.flatMap(parseRanges);
}

/** @throws SynthError `SYNTH_USAGE` if neither or both are named */
export function requireDestination({
  to,
  interface: name,
}: {
  to?: string | undefined;
  interface?: string | undefined;
}): void {
  if (to !== undefined || name !== undefined) return;
  throw new SynthError('SYNTH_USAGE', 'where to? Neither --to nor --interface is given', {
    hint: 'For example --to udp://127.0.0.1:8000, or --interface veth0.',
  });
}
