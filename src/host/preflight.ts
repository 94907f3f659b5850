/**
 * @module
 * What is checked before a run: whether this host can do what is asked of it. Better one sentence now than a million failures later.
 */

import { isIP } from 'node:net';
import { nearest } from '../did-you-mean.js';
import { SynthError } from '../errors.js';
import { formatCount, formatCounted } from '../format.js';
import { ETHERNET_HEADER_BYTES, VLAN_TAG_BYTES } from '../net/header-bytes.js';
import { option, type Wording, wording } from '../wording.js';
import { LINUX, type Linux, openLinux } from './native/linux.js';
import { NativeSocket } from './native/native-socket.js';
import {
  interfaceNames,
  interfaceState,
  LINK_TYPE,
  maxOpenFiles,
  portsToGive,
  type SystemFiles,
  systemFiles,
} from './system-files.js';
import type { TcpSpec, TlsSpec, TransportSpec, UdpSpec } from './transport-spec.js';

export interface PreflightRequest {
  readonly spec: TransportSpec;
  /** Of the longest packet, as it is handed to the transport. */
  readonly maxBytes: number;
}

export interface PreflightSystem {
  readonly files: SystemFiles;
  readonly linux: Linux | undefined;
}

export async function thisSystem(): Promise<PreflightSystem> {
  return { files: systemFiles, linux: await openLinux() };
}

/** What the process has open beside its channels: libraries, files, the event loop, threads. */
const RESERVED_DESCRIPTORS = 64;
/** Drivers take this much more (IEEE 802.1Q). */

/** @throws SynthError `SYNTH_SYSTEM_LIMIT`, `SYNTH_USAGE` for source addresses that do not go with the target */
export function preflight({ spec, maxBytes }: PreflightRequest, { files, linux }: PreflightSystem): void {
  switch (spec.kind) {
    case 'frames':
      checkInterface(spec.interfaceName, maxBytes, files);
      checkPrivileges(linux, LINUX.AF_PACKET, 0);
      return;
    case 'raw':
      checkPrivileges(linux, LINUX.AF_INET, LINUX.IPPROTO_RAW);
      return;
    case 'unix':
      checkDescriptors(spec.channels, files);
      return;
    default:
      checkDescriptors(spec.channels, files);
      checkSources(spec);
      checkPorts(spec, files);
  }
}

const limit = (message: string, hint: Wording): SynthError => new SynthError('SYNTH_SYSTEM_LIMIT', message, { hint });

/** By trying, since capabilities, containers and security modules all have their say. */
function checkPrivileges(linux: Linux | undefined, family: number, protocol: number): void {
  if (linux !== undefined) new NativeSocket(linux, family, LINUX.SOCK_RAW, protocol).close();
}

/**
 * Whether frames can leave through an interface.
 *
 * @throws SynthError `SYNTH_SYSTEM_LIMIT`
 */
export function checkInterface(name: string, maxBytes: number, files: SystemFiles): void {
  const names = interfaceNames(files);
  if (names.length > 0 && !names.includes(name)) {
    const meant = nearest(name, names);
    throw limit(
      `there is no interface “${name}”; there are: ${names.join(', ')}`,
      meant === undefined ? wording`Take one of these with ${option('interface')}.` : `Did you mean ${meant}?`,
    );
  }
  const state = interfaceState(files, name);
  if (state === undefined) return;
  if (state.linkType !== LINK_TYPE.ethernet && state.linkType !== LINK_TYPE.loopback) {
    throw limit(
      `${name} is not an Ethernet interface: its link type is ${state.linkType}`,
      wording`Send IP packets instead, with ${option('to')} raw://`,
    );
  }
  if (!state.isUp) throw limit(`${name} is down`, `Bring it up with: ip link set dev ${name} up`);
  if (state.hasCarrier === false) {
    throw limit(`${name} is up, but has no carrier`, 'Connect the cable, or bring up what is at the other end.');
  }
  checkMtu(name, state.mtu, maxBytes);
}

function checkMtu(name: string, mtu: number, maxBytes: number): void {
  if (maxBytes <= mtu + ETHERNET_HEADER_BYTES + VLAN_TAG_BYTES) return;
  const needed = maxBytes - ETHERNET_HEADER_BYTES;
  throw limit(
    `the longest frame has ${formatCount(maxBytes)} bytes; ${name} takes ${formatCount(mtu + ETHERNET_HEADER_BYTES)}, by its MTU of ${mtu}`,
    wording`Raise it with: ip link set dev ${name} mtu ${needed}; for a model make smaller packets with ${option('mtu', mtu)}.`,
  );
}

function checkDescriptors(channels: number, files: SystemFiles): void {
  const most = maxOpenFiles(files);
  const needed = channels + RESERVED_DESCRIPTORS;
  if (most === undefined || needed <= most) return;
  throw limit(
    `${formatCounted(channels, 'connection')} need more open files than the ${formatCount(most)} that this process may have`,
    `Raise the limit with: ulimit -n ${needed}`,
  );
}

function checkSources({ target, bind }: UdpSpec | TcpSpec | TlsSpec): void {
  const version = isIP(target.address);
  const other = bind.find(({ address }) => isIP(address) !== version);
  if (other === undefined) return;
  throw new SynthError('SYNTH_USAGE', `${other.address} cannot be the source of packets to ${target.address}`, {
    hint: wording`Take IPv${version} addresses with ${option('bind')}.`,
  });
}

/** Channels take the source addresses in turn, so those of one are at most one more than those of another. */
function checkPorts({ bind, channels }: UdpSpec | TcpSpec | TlsSpec, files: SystemFiles): void {
  const fixed = bind.findIndex(({ port }, index) => port !== 0 && channelsOf(index, bind.length, channels) > 1);
  if (fixed >= 0) {
    const { address, port } = bind[fixed]!;
    throw limit(
      `${channelsOf(fixed, bind.length, channels)} channels cannot all have the source port ${port} of ${address}`,
      wording`Name more sources with ${option('bind')}, or leave out the port.`,
    );
  }
  const ports = portsToGive(files);
  const sources = Math.max(1, bind.length);
  if (ports === undefined || channels <= ports * sources) return;
  throw limit(
    `${formatCount(channels)} channels need more ports than the ${formatCount(ports)} that each source address has`,
    wording`Name ${Math.ceil(channels / ports)} addresses with ${option('bind')}, or raise: sysctl net.ipv4.ip_local_port_range`,
  );
}

/** How many channels have source `index` of `sources`. */
const channelsOf = (index: number, sources: number, channels: number): number =>
  Math.floor((channels - 1 - index) / sources) + 1;
