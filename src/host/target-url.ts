/**
 * @module
 * Where packets go, as `--to` and `--bind` say it.
 */
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { nearest } from '../did-you-mean.js';
import { SynthError, systemErrorCode } from '../errors.js';
import { addressesIn, hostAddresses, parseRange } from '../net/address-range.js';
import type { InternetEndpoint } from './native/socket-address.js';
import type { TransportSpec } from './transport-spec.js';

const INTERNET_KINDS = ['udp', 'tcp', 'tls'] as const;
type InternetKind = (typeof INTERNET_KINDS)[number];
type UrlKind = Exclude<TransportSpec['kind'], 'frames'>;
const SCHEMES: Readonly<Record<UrlKind, true>> = { udp: true, tcp: true, tls: true, unix: true, raw: true };
/** Schemes of targets: every transport but frames, which are sent through an interface. A transport without one does not compile. */
export const TARGET_SCHEMES: readonly string[] = Object.keys(SCHEMES);

export type EmissionTarget =
  | {
      readonly kind: InternetKind;
      /** A name, or an IP address without brackets, with its zone where it has one. */
      readonly host: string;
      readonly port: number;
    }
  | { readonly kind: 'unix'; readonly path: string }
  /** Each packet to its own destination. */
  | { readonly kind: 'raw' };

const HINT = 'Write it like udp://127.0.0.1:8000, tcp://[::1]:8000, tls://host:8883, unix:///run/sink.sock or raw://';

const usage = (message: string, hint = HINT): SynthError => new SynthError('SYNTH_USAGE', message, { hint });

/** @throws SynthError `SYNTH_USAGE` */
export function parseTarget(text: string): EmissionTarget {
  const [, scheme = '', rest = ''] = /^([a-z][a-z0-9+.-]*):\/\/(.*)$/is.exec(text) ?? [];
  if (scheme === '') throw withoutScheme(text);
  const kind = scheme.toLowerCase();
  if (kind === 'unix') return { kind, path: parsePath(rest, text) };
  if (kind === 'raw') {
    if (rest === '') return { kind };
    throw usage(`“${text}”: raw packets have their destinations in themselves`, 'Did you mean raw://?');
  }
  if (isInternetKind(kind)) return { kind, ...parseAuthority(kind, rest, text) };
  const meant = nearest(kind, TARGET_SCHEMES);
  throw usage(
    `“${text}”: nothing sends to ${kind}://`,
    meant === undefined ? HINT : `Did you mean ${meant}://${rest}?`,
  );
}

const isInternetKind = (kind: string): kind is InternetKind => (INTERNET_KINDS as readonly string[]).includes(kind);

function withoutScheme(text: string): SynthError {
  const rest = text.replace(/^[a-z]*:?\/{0,2}(?=.*:\d)/i, '');
  const message = `“${text}” does not say how to send`;
  if (/^(\[[^\]]+\]|[^\s/:]+):\d+$/.test(rest)) {
    const scheme = /^([a-z]+):/i.exec(text)?.[1]?.toLowerCase() ?? '';
    return usage(message, `Did you mean ${isInternetKind(scheme) ? scheme : 'udp'}://${rest}?`);
  }
  return usage(message, text.startsWith('/') ? `Did you mean unix://${text}?` : HINT);
}

function parsePath(rest: string, text: string): string {
  if (rest.startsWith('/')) return rest;
  throw usage(`“${text}”: the path of a unix socket begins with a slash`, `Did you mean unix:///${rest}?`);
}

function parseAuthority(kind: InternetKind, rest: string, text: string): { host: string; port: number } {
  if (rest.includes('@')) {
    const host = rest.slice(rest.lastIndexOf('@') + 1);
    throw usage('a target has no user and no password in it', `Did you mean ${kind}://${host}?`);
  }
  const authority = rest.replace(/\/$/, '');
  if (/[/?#]/.test(authority)) {
    throw usage(`“${text}”: ${kind} has no paths`, `Did you mean ${kind}://${authority.replace(/[/?#].*$/, '')}?`);
  }
  if (isIP(authority) === 6) throw usage(`“${text}” has no port`, `Did you mean ${kind}://[${authority}]:8000?`);
  const [, bracketed, plain, portText] = /^(?:\[([^\]]*)\]|([^:[\]]*))(?::([^:]*))?$/.exec(authority) ?? [];
  const host = bracketed ?? plain;
  if (host === undefined) throw bracketsMissing(kind, authority, text);
  requireHost(host, bracketed !== undefined, text);
  if (portText === undefined || portText === '') {
    throw usage(`“${text}” has no port`, `Did you mean ${kind}://${authority.replace(/:$/, '')}:8000?`);
  }
  return { host, port: parsePort(portText, text) };
}

function bracketsMissing(kind: InternetKind, authority: string, text: string): SynthError {
  const [, address = '', port = ''] = /^(.*):(\d+)$/.exec(authority) ?? [];
  const hint = isIP(address) === 6 ? `Did you mean ${kind}://[${address}]:${port}?` : HINT;
  return usage(`“${text}” is not a host and a port`, hint);
}

function requireHost(host: string, bracketed: boolean, text: string): void {
  if (bracketed) {
    if (isIP(host) !== 6) throw usage(`“${text}”: what stands in brackets is not an IPv6 address`);
    return;
  }
  if (host === '') throw usage(`“${text}” has no host`);
  if (/[\s%\\"<>|^`{}]/.test(host)) throw usage(`“${text}”: “${host}” is not a host`);
  // 300.1.1.1, 10.1: no name looks like that, and resolvers make something else of some.
  if (/^[\d.]+$/.test(host) && isIP(host) !== 4) throw usage(`“${text}”: “${host}” is not an IPv4 address`);
}

function parsePort(portText: string, text: string): number {
  const port = /^\d{1,5}$/.test(portText) ? Number(portText) : 0;
  if (port >= 1 && port <= 65_535) return port;
  throw usage(`“${text}”: “${portText}” is not a port from 1 to 65535`);
}

/**
 * The address of a name; IPv4 before IPv6, otherwise in the order of the system.
 *
 * @throws SynthError `SYNTH_TARGET_UNREACHABLE`
 */
export async function resolveHost(host: string): Promise<string> {
  if (isIP(host) !== 0) return host;
  try {
    const { address } = await lookup(host, { order: 'ipv4first' });
    return address;
  } catch (error) {
    const message = `no address is known of “${host}”: ${systemErrorCode(error) ?? error}`;
    const hint = 'Check the spelling and the name servers, or give an IP address.';
    throw new SynthError('SYNTH_TARGET_UNREACHABLE', message, { hint, cause: error });
  }
}

const BIND_HINT = 'Write it like 127.0.0.2, 127.0.0.2:4000, [::1]:4000 or 127.0.0.0/28, with commas between them.';
const MAX_BIND_ADDRESSES = 65_536;

/**
 * Source addresses, with commas between them; port 0 for any. Ranges stand for the addresses of their hosts.
 *
 * @throws SynthError `SYNTH_USAGE` also for more than 65536 addresses, or both IPv4 and IPv6
 */
export function parseBindAddresses(text: string): InternetEndpoint[] {
  const endpoints = text.split(',').flatMap((part) => parseBind(part.trim()));
  if (endpoints.length > MAX_BIND_ADDRESSES) {
    throw usage(`“${text}” names ${endpoints.length} addresses, more than ${MAX_BIND_ADDRESSES}`, BIND_HINT);
  }
  if (new Set(endpoints.map(({ address }) => isIP(address))).size > 1) {
    throw usage(`“${text}” mixes IPv4 and IPv6 addresses`, 'All devices send to one target: take those of its kind.');
  }
  return endpoints;
}

function parseBind(text: string): InternetEndpoint[] {
  if (text.includes('/')) {
    const range = parseRange(text);
    if (addressesIn(range) <= MAX_BIND_ADDRESSES) {
      return hostAddresses(range).map((address) => ({ address, port: 0 }));
    }
    throw usage(`“${text}” has more than ${MAX_BIND_ADDRESSES} addresses`, BIND_HINT);
  }
  const plain = text.replace(/^\[([^\]]*)\]$/, '$1');
  if (isIP(plain) !== 0) return [{ address: plain, port: 0 }];
  const [, bracketed, dotted, port = ''] = /^(?:\[([^\]]+)\]|([\d.]+)):(.*)$/.exec(text) ?? [];
  const address = bracketed ?? dotted ?? '';
  if (isIP(address) === 0) throw usage(`“${text}” is not a source address`, BIND_HINT);
  return [{ address, port: parsePort(port, text) }];
}
