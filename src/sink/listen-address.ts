/**
 * @module
 * Where a sink listens, as people write it, and why it cannot.
 */

import { SynthError } from '../errors.js';
import type { InternetEndpoint } from '../host/native/socket-address.js';
import { formatEndpoint, parseAddress } from '../net/address.js';

export type ListenAddress =
  | { readonly kind: 'udp' | 'tcp' | 'tls'; readonly endpoint: InternetEndpoint }
  | { readonly kind: 'unix'; readonly path: string };

const INTERNET = /^(udp|tcp|tls):\/\/(\[[^\]]+\]|[^:[\]/]+):(\d{1,5})\/?$/i;
const UNIX = /^unix:\/\/(.+)$/i;
/** sockaddr_un has 108 bytes, and a zero behind the path. */
const MAX_PATH_BYTES = 107;

/**
 * Reads lists like `udp://127.0.0.1:8000,tcp://[::1]:9000,unix:///tmp/x.sock`; port 0 is any free one.
 *
 * @throws SynthError `SYNTH_USAGE`
 */
export function parseListen(texts: readonly string[]): readonly ListenAddress[] {
  return texts.flatMap((text) => text.split(',')).map((part) => parseOne(part.trim()));
}

function parseOne(text: string): ListenAddress {
  const path = UNIX.exec(text)?.[1];
  if (path !== undefined) {
    if (Buffer.byteLength(path) > MAX_PATH_BYTES) {
      throw new SynthError('SYNTH_USAGE', `“${text}”: a socket path has at most ${MAX_PATH_BYTES} bytes`);
    }
    return { kind: 'unix', path };
  }
  const [, scheme, host, digits] = INTERNET.exec(text) ?? [];
  const port = Number(digits);
  if (scheme === undefined || host === undefined || port > 65_535) throw notListenable(text);
  const kind = scheme.toLowerCase() as 'udp' | 'tcp' | 'tls'; // the pattern has no other
  return { kind, endpoint: { address: ipAddress(host.replace(/^\[(.*)\]$/, '$1'), text), port } };
}

function ipAddress(host: string, text: string): string {
  if (host === 'localhost') return '127.0.0.1';
  const zone = /%.*$/.exec(host)?.[0] ?? '';
  try {
    const address = parseAddress(host);
    if (address.family !== 'mac') return `${host.slice(0, host.length - zone.length)}${zone}`;
  } catch {
    // Told below, with the whole text.
  }
  throw notListenable(text);
}

function notListenable(text: string): SynthError {
  return new SynthError('SYNTH_USAGE', `“${text}” is nothing to listen on`, {
    hint: 'Write it like udp://127.0.0.1:8000, tcp://[::1]:9000, tls://0.0.0.0:8443 or unix:///tmp/synth.sock; port 0 is any free one.',
  });
}

/** An endpoint as it stands in a URL. */
export function endpointText({ address, port }: InternetEndpoint): string {
  const zone = /%.*$/.exec(address)?.[0] ?? '';
  const text = formatEndpoint(parseAddress(address), port);
  return zone === '' ? text : text.replace(']', `${zone}]`);
}

/** The IPv4 address in an IPv6 one that stands for it (RFC 4291 §2.5.5.2), as sockets for both versions tell it. */
export const unmapped = (address: string): string =>
  /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1] ?? unmappedWords(address);

function unmappedWords(address: string): string {
  const [, high, low] = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/i.exec(address) ?? [];
  if (high === undefined || low === undefined) return address;
  const words = [Number.parseInt(high, 16), Number.parseInt(low, 16)];
  return words.flatMap((word) => [word >> 8, word & 0xff]).join('.');
}

export const isWildcard = (address: string): boolean => /^(0\.0\.0\.0|[0:]+)$/.test(address);

const REASONS: Readonly<Record<string, readonly [what: string, hint: string]>> = {
  EADDRINUSE: ['another program has it', 'Take another port, or 0 for any that is free.'],
  EADDRNOTAVAIL: ['no interface of this host has the address', 'See which there are with: ip address'],
  EACCES: ['permission denied', 'Ports below 1024 take root, or: setcap cap_net_bind_service=ep on the node binary.'],
  EINVAL: ['not an address to listen on', 'A link-local address needs its interface: [fe80::1%eth0].'],
};

/** Node.js says the same of a folder that is not there. */
const PATH_REASON = ['no such folder, or no permission in it', 'Take a path in a folder that is yours.'] as const;

/** @param code name of a system error, such as `EADDRINUSE` */
export function listenError(url: string, code: string, cause?: unknown): SynthError {
  const known = url.startsWith('unix:') && code === 'EACCES' ? PATH_REASON : REASONS[code];
  const [what, hint] = known ?? [code, undefined];
  return new SynthError('SYNTH_SYSTEM_LIMIT', `cannot listen on ${url}: ${what}`, {
    cause,
    ...(hint !== undefined && { hint }),
  });
}
