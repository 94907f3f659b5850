/**
 * @module
 * Who talks to whom in a generated capture. Without captured or chosen addresses these are the ones reserved for documentation:
 * RFC 7042 (MAC), RFC 5737 (IPv4), RFC 3849 (IPv6).
 */
import type { TargetProfile } from '../../models/model-file.js';
import { type Address, type AddressFamily, parseAddress } from '../capture/address.js';
import { SynthError } from '../errors.js';
import type { Target } from '../series/target.js';
import { type ConversationEnd, type ConversationSpec, NO_SYN_OPTIONS } from './conversation-spec.js';

/** One end of a generated conversation; both IP addresses, since a device may use both versions. */
export interface Party {
  readonly mac: Address;
  readonly ipv4: Address;
  readonly ipv6: Address;
  /** Ignored by protocols without ports. */
  readonly port: number;
}

export interface Identity {
  readonly ipVersion: 4 | 6;
  /** IP protocol number. */
  readonly protocol: number;
  /** The device, or the first endpoint of a flow. */
  readonly client: Party;
  readonly server: Party;
}

export const DOCUMENTATION_CLIENT: Omit<Party, 'port'> = {
  mac: parseAddress('00:00:5e:00:53:01'),
  ipv4: parseAddress('192.0.2.1'),
  ipv6: parseAddress('2001:db8::1'),
};

export const DOCUMENTATION_SERVER: Omit<Party, 'port'> = {
  mac: parseAddress('00:00:5e:00:53:02'),
  ipv4: parseAddress('198.51.100.1'),
  ipv6: parseAddress('2001:db8:1::1'),
};

/** How a generated device can be found in a capture: by its MAC address, or, where that was changed, by its IP addresses. */
export const DOCUMENTATION_TARGETS: readonly Target[] = [
  { kind: 'device', address: DOCUMENTATION_CLIENT.mac },
  { kind: 'device', address: DOCUMENTATION_CLIENT.ipv4 },
  { kind: 'device', address: DOCUMENTATION_CLIENT.ipv6 },
];

/** What the user wants otherwise than the model has it. */
export interface IdentityOptions {
  readonly clientIp?: string | undefined;
  readonly clientMac?: string | undefined;
  readonly clientPort?: number | undefined;
  readonly serverIp?: string | undefined;
  readonly serverMac?: string | undefined;
  readonly serverPort?: number | undefined;
}

/**
 * The identity of a generated capture: the user's choice, else what the model kept, else documentation addresses.
 *
 * @throws SynthError `SYNTH_TARGET_INVALID` for an address of the wrong family, `SYNTH_USAGE` for two IP versions
 */
export function identityOf(profile: TargetProfile, options: IdentityOptions): Identity {
  const kept = profile.addresses;
  const clientIp = parseAs(options.clientIp ?? kept?.local, ['ipv4', 'ipv6'], '--client-ip');
  const serverIp = parseAs(options.serverIp ?? kept?.peer, ['ipv4', 'ipv6'], '--server-ip');
  const chosen = [options.clientIp, options.serverIp].map((text) =>
    text === undefined ? undefined : parseAddress(text).family,
  );
  const [first, second] = chosen.filter((family) => family !== undefined);
  if (second !== undefined && first !== second) {
    throw new SynthError('SYNTH_USAGE', '--client-ip and --server-ip are of different IP versions');
  }
  return {
    ipVersion: first === undefined ? profile.ipVersion : first === 'ipv4' ? 4 : 6,
    protocol: profile.protocol,
    client: party(
      DOCUMENTATION_CLIENT,
      clientIp,
      parseAs(options.clientMac ?? kept?.localMac ?? undefined, ['mac'], '--client-mac'),
      options.clientPort ?? profile.localPort ?? 0,
    ),
    server: party(
      DOCUMENTATION_SERVER,
      serverIp,
      parseAs(options.serverMac, ['mac'], '--server-mac'),
      options.serverPort ?? profile.peerPort ?? 0,
    ),
  };
}

/** The conversation of an identity, which has begun before the capture. */
export function conversationOf({ ipVersion, protocol, client, server }: Identity): ConversationSpec {
  const end = ({ mac, ipv4, ipv6, port }: Party): ConversationEnd => ({
    mac: mac.bytes,
    address: ipVersion === 4 ? ipv4.bytes : ipv6.bytes,
    port,
  });
  return {
    ipVersion,
    protocol,
    local: end(client),
    peer: end(server),
    openedByLocal: true,
    midstream: true,
    syn: { local: NO_SYN_OPTIONS, peer: NO_SYN_OPTIONS },
  };
}

function parseAs(text: string | undefined, families: readonly AddressFamily[], what: string): Address | undefined {
  if (text === undefined) return undefined;
  const address = parseAddress(text);
  if (families.includes(address.family)) return address;
  throw new SynthError(
    'SYNTH_TARGET_INVALID',
    `${what}: “${text}” is not ${families[0] === 'mac' ? 'a MAC' : 'an IP'} address`,
  );
}

function party(base: Omit<Party, 'port'>, ip: Address | undefined, mac: Address | undefined, port: number): Party {
  return {
    mac: mac ?? base.mac,
    ipv4: ip?.family === 'ipv4' ? ip : base.ipv4,
    ipv6: ip?.family === 'ipv6' ? ip : base.ipv6,
    port,
  };
}
