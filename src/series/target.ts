/**
 * @module
 * A target: the device or the flow that is modelled, as `--device` and `--flow` name it.
 */

import { SynthError } from '../errors.js';
import { type Address, formatAddress, formatEndpoint, parseAddress } from '../net/address.js';
import { IP_PROTOCOL } from '../net/ip-protocol.js';
import { parseProtocol, protocolName } from '../net/protocol-name.js';

export interface DeviceTarget {
  readonly kind: 'device';
  readonly address: Address;
}

export interface Endpoint {
  readonly address: Address;
  /** Undefined for protocols without ports. */
  readonly port: number | undefined;
}

/** What `first` sends is outbound, what `second` sends is inbound. */
export interface FlowTarget {
  readonly kind: 'flow';
  /** IP protocol number. */
  readonly protocol: number;
  readonly first: Endpoint;
  readonly second: Endpoint;
}

export type Target = DeviceTarget | FlowTarget;

/** True for the protocols whose ports the decoder reads. */
export const hasPorts = (protocol: number): boolean =>
  protocol === IP_PROTOCOL.tcp || protocol === IP_PROTOCOL.udp || protocol === IP_PROTOCOL.sctp;

/** @throws SynthError `SYNTH_TARGET_INVALID` */
export function parseDevice(text: string): DeviceTarget {
  return { kind: 'device', address: parseAddress(text) };
}

const FLOW_HINT =
  'Write it like "UDP 192.168.0.102:18826 192.168.0.105:26454" or "TCP [2001:db8::1]:49735 [2001:db8::2]:443".';

/**
 * Reads `PROTOCOL ENDPOINT ENDPOINT`; an arrow between the endpoints is allowed.
 *
 * @throws SynthError `SYNTH_TARGET_INVALID`
 */
export function parseFlow(text: string): FlowTarget {
  const parts = text.trim().split(/\s+(?:(?:<?-+>|[↔→])\s+)?/);
  const [protocolText = '', firstText = '', secondText = ''] = parts;
  const protocol = parseProtocol(protocolText);
  if (parts.length !== 3 || protocol === undefined) {
    const message = `“${text}” is not a flow: it needs a protocol and two endpoints`;
    throw new SynthError('SYNTH_TARGET_INVALID', message, { hint: FLOW_HINT });
  }
  const first = parseEndpoint(firstText, hasPorts(protocol), text);
  const second = parseEndpoint(secondText, hasPorts(protocol), text);
  if (first.address.family !== second.address.family) {
    throw new SynthError('SYNTH_TARGET_INVALID', `“${text}” mixes IPv4 and IPv6 endpoints`, { hint: FLOW_HINT });
  }
  return { kind: 'flow', protocol, first, second };
}

function parseEndpoint(text: string, withPort: boolean, flow: string): Endpoint {
  const match = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text);
  const port = match ? Number(match[3]) : undefined;
  if (withPort && (port === undefined || port > 65_535)) {
    const message = `“${text}” in “${flow}” is not an address and a port`;
    throw new SynthError('SYNTH_TARGET_INVALID', message, { hint: FLOW_HINT });
  }
  const address = parseAddress(withPort ? (match![1] ?? match![2]!) : text);
  if (address.family === 'mac') {
    throw new SynthError('SYNTH_TARGET_INVALID', `“${flow}”: a flow is between IP addresses`, { hint: FLOW_HINT });
  }
  return { address, port: withPort ? port : undefined };
}

/** The target in the spelling that `--device` or `--flow` takes. */
export function formatTarget(target: Target): string {
  if (target.kind === 'device') return formatAddress(target.address);
  const endpoint = ({ address, port }: Endpoint) => formatEndpoint(address, port);
  return `${protocolName(target.protocol)} ${endpoint(target.first)} ${endpoint(target.second)}`;
}
