/**
 * @module
 * What is said about a transport before it is opened: plain data, since it goes to another thread.
 */
import type { InternetEndpoint } from './native/socket-address.js';

interface InternetSpec {
  /** Resolved: an IP address, IPv6 with its zone where it needs one. */
  readonly target: InternetEndpoint;
  /** Channels: one for each device. */
  readonly channels: number;
  /** Source addresses, given to the channels in turn; port 0 for any. Empty where the system chooses. */
  readonly bind: readonly InternetEndpoint[];
}

export interface UdpSpec extends InternetSpec {
  readonly kind: 'udp';
}

/** How messages are told apart in a stream: each begins with its length (see docs/emission.md), or not at all. */
export const FRAMINGS = ['length', 'none'] as const;
export type Framing = (typeof FRAMINGS)[number];

export interface StreamOptions {
  readonly channels: number;
  readonly framing: Framing;
  readonly connectTimeoutMs: number;
  /** A connection that takes nothing for so long is given up. */
  readonly stallTimeoutMs: number;
  /** Whether connections that end are made again. */
  readonly reconnect: boolean;
}

export interface TcpSpec extends InternetSpec, StreamOptions {
  readonly kind: 'tcp';
}

export interface TlsSpec extends InternetSpec, StreamOptions {
  readonly kind: 'tls';
  readonly serverName: string;
  /** PEM; undefined for those that Node.js trusts. */
  readonly ca: string | undefined;
  readonly certificate: string | undefined;
  readonly key: string | undefined;
  /** False to take any certificate. */
  readonly verify: boolean;
}

export interface UnixSpec extends StreamOptions {
  readonly kind: 'unix';
  readonly path: string;
}

/** Ethernet frames. */
export interface FramesSpec {
  readonly kind: 'frames';
  readonly interfaceName: string;
  readonly qdiscBypass: boolean;
}

/** IP packets, each to its own destination. */
export interface RawSpec {
  readonly kind: 'raw';
}

export type TransportSpec = UdpSpec | TcpSpec | TlsSpec | UnixSpec | FramesSpec | RawSpec;
