/**
 * @module
 * The address plan of generated devices: which addresses each of them and its peers have, so that no two devices share one.
 */

import type { ConnectionRecords, Conversations, End } from '../conversations/records.js';
import { parseAddress } from '../net/address.js';
import type { ConversationEnd } from './conversation-spec.js';
import { DOCUMENTATION_CLIENT, DOCUMENTATION_SERVER, type Party } from './documentation-addresses.js';
import type { Identity } from './identity.js';

/** The ends of a device's conversations, by their index in what was learned. Ports aside. */
export interface DeviceAddresses {
  local(end: number): Omit<ConversationEnd, 'port'>;
  peer(end: number): Omit<ConversationEnd, 'port'>;
  /** Some IPv4 address of the device, and of a peer. */
  readonly someLocal: Omit<ConversationEnd, 'port'>;
  readonly somePeer: Omit<ConversationEnd, 'port'>;
}

/** Addresses for devices beyond those reserved for documentation: the benchmarking range (RFC 2544), and locally administered MACs. */
const FURTHER_DEVICES = {
  ipv4: parseAddress('198.18.0.1').bytes,
  mac: parseAddress('02:00:5e:00:53:00').bytes,
} as const;
/** Further addresses of one device: shared address space (RFC 6598), and documentation. */
const FURTHER_LOCALS = { 4: parseAddress('100.64.0.1').bytes, 6: parseAddress('2001:db8:2::1').bytes } as const;
/** Peers beyond the first 254 are in TEST-NET-3 and then in the other half of the benchmarking range. */
const FURTHER_PEERS = [parseAddress('203.0.113.1').bytes, parseAddress('198.19.0.1').bytes] as const;
const NET_HOSTS = 254;
/** Another MAC address than the device's, for peers on its link: the others are reached through the one of the server. */
const LINK_PEERS_MAC = parseAddress('00:00:5e:00:53:03').bytes;
const FURTHER_LINK_PEERS_MAC = parseAddress('06:00:5e:00:53:00').bytes;
const LINK_PEERS = 0xfd;
const BROADCAST = { mac: new Uint8Array(6).fill(0xff), address: new Uint8Array(4).fill(0xff) } as const;

/** An address so many further on. */
function plus(bytes: Uint8Array, count: number): Uint8Array {
  const sum = Uint8Array.from(bytes);
  let carry = count;
  for (let i = sum.length - 1; i >= 0 && carry > 0; i--) {
    carry += sum[i]!;
    sum[i] = carry & 0xff;
    carry = Math.floor(carry / 256);
  }
  return sum;
}

/** The modified EUI-64 interface identifier of a MAC address under fe80::/64 (RFC 4291 §2.5.6, appendix A). */
function linkLocalOf(mac: Uint8Array): Uint8Array {
  const [a, b, c, d, e, f] = mac as Uint8Array & [number, number, number, number, number, number]; // six bytes
  return Uint8Array.of(0xfe, 0x80, 0, 0, 0, 0, 0, 0, a ^ 2, b, c, 0xff, 0xfe, d, e, f);
}

/** RFC 3927 §2.1: hosts without another address, devices from the beginning of the block and peers from its end. */
const LINK_LOCAL_4 = parseAddress('169.254.1.0').bytes;
const LINK_LOCAL_4_HOSTS = 254 * 256;
const linkLocal4Of = (nth: number): Uint8Array => plus(LINK_LOCAL_4, nth % LINK_LOCAL_4_HOSTS);

/** RFC 1112 §6.4, RFC 2464 §7. */
function groupMac(address: Uint8Array): Uint8Array {
  if (address.length === 16) return Uint8Array.of(0x33, 0x33, ...address.subarray(12));
  return Uint8Array.of(1, 0, 0x5e, address[1]! & 0x7f, address[2]!, address[3]!);
}

/**
 * The addresses of one of many devices: of the first those of the identity, of the others the following ones. They all have the same peers.
 *
 * @param map applied to every IP address in the end
 */
export function deviceAddresses(
  { ends, records }: Conversations,
  { client, server, chosen, map }: Identity,
  device: number,
): DeviceAddresses {
  const mac = device === 0 ? client.mac.bytes : plus(FURTHER_DEVICES.mac, device);
  const taken = takenAddresses(ends, server);
  const nthOwn = (first: Uint8Array): Uint8Array => nthFree(first, device, taken);
  const own = { 4: deviceIpv4(client.ipv4.bytes, device, taken), 6: nthOwn(client.ipv6.bytes) } as const;
  const busiest = busiestPeers(records, ends);
  const counts = { local: { 4: 0, 6: 0 }, peer: { 4: 0, 6: 0 } };
  const mapped = (address: Uint8Array): Uint8Array =>
    map({ family: address.length === 4 ? 'ipv4' : 'ipv6', bytes: address }).bytes;
  const locals = new Map<number, Omit<ConversationEnd, 'port'>>();
  const peers = new Map<number, Omit<ConversationEnd, 'port'>>();
  const localOf = ({ ipVersion, kind, address }: End): Uint8Array => {
    if (kind === 'unspecified') return new Uint8Array(ipVersion === 4 ? 4 : 16);
    if (kind === 'linkLocal' && address === null) return ipVersion === 4 ? linkLocal4Of(device) : linkLocalOf(mac);
    if (address !== null && kind !== 'host' && kind !== 'linkLocal') return parseAddress(address).bytes;
    const nth = kind === 'host' ? counts.local[ipVersion]++ : -1;
    if (nth === 0 && (address === null || chosen.client === ipVersion)) return own[ipVersion];
    if (address !== null) return nthOwn(parseAddress(address).bytes);
    return plus(FURTHER_LOCALS[ipVersion], device * ends.length + nth - 1);
  };
  const peerOf = ({ ipVersion, kind, address }: End, isBusiest: boolean): Omit<ConversationEnd, 'port'> => {
    if (kind === 'unspecified') return { mac: server.mac.bytes, address: new Uint8Array(ipVersion === 4 ? 4 : 16) };
    if (kind === 'broadcast') {
      const directed = own[4].map((byte, i) => (i === 3 ? 255 : byte));
      return { mac: BROADCAST.mac, address: address === null ? directed : parseAddress(address).bytes };
    }
    if (kind === 'group') {
      const group = parseAddress(address!).bytes; // groups are always kept
      return { mac: groupMac(group), address: group };
    }
    if (kind === 'linkLocal') {
      const nth = counts.peer[ipVersion]++;
      const linkMac = nth < LINK_PEERS ? plus(LINK_PEERS_MAC, nth) : plus(FURTHER_LINK_PEERS_MAC, nth);
      const derived = ipVersion === 4 ? linkLocal4Of(LINK_LOCAL_4_HOSTS - 1 - nth) : linkLocalOf(linkMac);
      return { mac: linkMac, address: address === null ? derived : parseAddress(address).bytes };
    }
    const reached = server.mac.bytes;
    const first = ipVersion === 4 ? server.ipv4 : server.ipv6;
    if (isBusiest && (address === null || chosen.server === ipVersion)) return { mac: reached, address: first.bytes };
    if (address !== null) return { mac: reached, address: parseAddress(address).bytes };
    return { mac: reached, address: nthPeer(ipVersion, ++counts.peer[ipVersion], [client, server]) };
  };
  records.local.forEach((end) => {
    if (!locals.has(end)) locals.set(end, { mac, address: mapped(localOf(ends[end]!)) });
  });
  records.peer.forEach((end) => {
    if (peers.has(end)) return;
    const peer = peerOf(ends[end]!, busiest.has(end));
    peers.set(end, { mac: peer.mac, address: mapped(peer.address) });
  });
  return {
    local: (end) => locals.get(end)!,
    peer: (end) => peers.get(end)!,
    someLocal: { mac, address: mapped(own[4]) },
    somePeer: { mac: server.mac.bytes, address: mapped(server.ipv4.bytes) },
  };
}

const isSame = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;

/** The addresses of peers that are given, in their order: no device may have one of them. */
function takenAddresses(ends: readonly End[], server: Party): readonly Uint8Array[] {
  const kept = ends.flatMap(({ address, kind }) => (address === null || kind === 'group' ? [] : [address]));
  const given = [server.ipv4.bytes, server.ipv6.bytes, ...kept.map((text) => parseAddress(text).bytes)];
  return given.sort(Buffer.compare).filter((one, i, all) => i === 0 || !isSame(one, all[i - 1]!));
}

/** The address so many behind the first one, those that are taken not counted. */
function nthFree(first: Uint8Array, nth: number, taken: readonly Uint8Array[]): Uint8Array {
  let count = nth;
  for (const one of taken) {
    if (one.length !== first.length || Buffer.compare(one, first) <= 0) continue;
    if (Buffer.compare(one, plus(first, count)) > 0) break;
    count++;
  }
  return plus(first, count);
}

function deviceIpv4(first: Uint8Array, device: number, taken: readonly Uint8Array[]): Uint8Array {
  const isFurther = device >= NET_HOSTS && isSame(first, DOCUMENTATION_CLIENT.ipv4.bytes);
  return isFurther ? plus(FURTHER_DEVICES.ipv4, device - NET_HOSTS) : nthFree(first, device, taken);
}

/** A documentation address that neither the first device nor its busiest peer has. */
function nthPeer(ipVersion: 4 | 6, nth: number, parties: readonly Party[]): Uint8Array {
  const family = ipVersion === 4 ? 'ipv4' : 'ipv6';
  const first = DOCUMENTATION_SERVER[family].bytes;
  const taken = parties.map((party) => party[family].bytes).sort(Buffer.compare);
  if (ipVersion === 6 || nth < NET_HOSTS) return nthFree(first, nth, taken);
  return nth < 2 * NET_HOSTS ? plus(FURTHER_PEERS[0], nth - NET_HOSTS) : plus(FURTHER_PEERS[1], nth - 2 * NET_HOSTS);
}

/** The ends of most packets of either IP version that are hosts: they get the address of the identity's server. */
function busiestPeers(records: ConnectionRecords, ends: readonly End[]): ReadonlySet<number> {
  const packets = new Float64Array(ends.length);
  records.peer.forEach((end, record) => {
    packets[end]! += records.packets[record]!;
  });
  const busiest = ([4, 6] as const).map((ipVersion) =>
    ends.reduce<number>(
      (best, end, index) =>
        end.kind === 'host' && end.ipVersion === ipVersion && packets[index]! > (packets[best] ?? 0) ? index : best,
      -1,
    ),
  );
  return new Set(busiest);
}
