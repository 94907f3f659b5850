/**
 * @module
 * Who talks to whom in a generated capture: the ends that the user chose, else those that the model kept, else documentation addresses.
 */

import { SynthError } from '../errors.js';
import type { TargetProfile } from '../model-files/model-file.js';
import { type Address, type AddressFamily, parseAddress } from '../net/address.js';
import { action, type OptionName, option, wording } from '../wording.js';
import { DOCUMENTATION_CLIENT, DOCUMENTATION_SERVER, type Party } from './documentation-addresses.js';

export interface Identity {
  readonly ipVersion: 4 | 6;
  /** IP protocol number. */
  readonly protocol: number;
  /** The device, or the first endpoint of a flow. */
  readonly client: Party;
  readonly server: Party;
  /** The IP version of the address that the user chose for either; it goes before one that the model kept. */
  readonly chosen: { readonly client: 4 | 6 | undefined; readonly server: 4 | 6 | undefined };
  /** What becomes of every IP address in the end. */
  readonly map: (address: Address) => Address;
}

/** What the user wants otherwise than the model has it. */
export interface IdentityOptions {
  readonly clientIp?: string | undefined;
  readonly clientMac?: string | undefined;
  readonly clientPort?: number | undefined;
  readonly serverIp?: string | undefined;
  readonly serverMac?: string | undefined;
  readonly serverPort?: number | undefined;
  readonly map?: ((address: Address) => Address) | undefined;
}

/**
 * The identity of a generated capture: the user's choice, else what the model kept, else documentation addresses.
 *
 * @throws SynthError `SYNTH_TARGET_INVALID` for an address of the wrong family, `SYNTH_USAGE` for two IP versions
 */
export function identityOf(profile: TargetProfile, options: IdentityOptions): Identity {
  const kept = profile.addresses;
  const clientIp = parseAs(options.clientIp ?? kept?.local, ['ipv4', 'ipv6'], 'clientIp');
  const serverIp = parseAs(options.serverIp ?? kept?.peer, ['ipv4', 'ipv6'], 'serverIp');
  const chosen = [options.clientIp, options.serverIp].map((text) =>
    text === undefined ? undefined : parseAddress(text).family,
  );
  const [first, second] = chosen.filter((family) => family !== undefined);
  const version = (family: AddressFamily | undefined) => (family === undefined ? undefined : family === 'ipv4' ? 4 : 6);
  if (profile.kind === 'device' && (options.clientPort ?? options.serverPort) !== undefined) {
    throw new SynthError(
      'SYNTH_USAGE',
      wording`${option('clientPort')} and ${option('serverPort')} are for flows; a device has many conversations`,
      {
        hint: wording`Change ports with: ${action('mapPorts')}`,
      },
    );
  }
  if (second !== undefined && first !== second) {
    throw new SynthError(
      'SYNTH_USAGE',
      wording`${option('clientIp')} and ${option('serverIp')} are of different IP versions`,
    );
  }
  return {
    ipVersion: version(first) ?? profile.ipVersion,
    protocol: profile.protocol,
    client: party(
      DOCUMENTATION_CLIENT,
      clientIp,
      parseAs(options.clientMac ?? kept?.localMac ?? undefined, ['mac'], 'clientMac'),
      options.clientPort ?? profile.localPort ?? 0,
    ),
    server: party(
      DOCUMENTATION_SERVER,
      serverIp,
      parseAs(options.serverMac, ['mac'], 'serverMac'),
      options.serverPort ?? profile.peerPort ?? 0,
    ),
    chosen: { client: version(chosen[0]), server: version(chosen[1]) },
    map: options.map ?? ((address) => address),
  };
}

function parseAs(text: string | undefined, families: readonly AddressFamily[], name: OptionName): Address | undefined {
  if (text === undefined) return undefined;
  const address = parseAddress(text);
  if (families.includes(address.family)) return address;
  throw new SynthError(
    'SYNTH_TARGET_INVALID',
    wording`${option(name)}: “${text}” is not ${families[0] === 'mac' ? 'a MAC' : 'an IP'} address`,
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
