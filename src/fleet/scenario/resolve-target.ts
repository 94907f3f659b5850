/**
 * @module
 * Targets of a scenario: from a URL and keys to everything that a client has to know.
 */
import { isIP } from 'node:net';
import { nearest } from '../../did-you-mean.js';
import type { KeyPath, Problems } from './problems.js';
import { type LongTarget, PROTOCOLS, SCHEMES, type Scheme, type TargetBase } from './protocols.js';
import type { Target, TargetTls } from './scenario.js';

const COMMON_KEYS = ['url', 'connect_timeout', 'ack_timeout', 'back_off'];
const TLS_KEYS = ['ca', 'cert', 'key', 'server_name', 'verify'];
export interface ResolvedTarget {
  readonly target: Target;
  /** Of the URL: the default path of groups; empty where it has none. */
  readonly path: string;
}

/** @param readText of a file that a key names. @returns undefined if something is wrong with it */
export function resolveTarget(
  name: string,
  given: string | LongTarget,
  problems: Problems,
  readText: (path: KeyPath, file: string) => string | undefined,
): ResolvedTarget | undefined {
  const path: KeyPath = ['targets', name];
  const long: LongTarget = typeof given === 'string' ? { url: given } : given;
  const place = parsePlace(long.url, typeof given === 'string' ? path : [...path, 'url'], problems);
  if (place === undefined) return undefined;
  const { scheme, host, port } = place;
  const allowed = [...COMMON_KEYS, ...PROTOCOLS[scheme.protocol].keys, ...(scheme.tls ? TLS_KEYS : [])];
  for (const key of Object.keys(long).filter((key) => !allowed.includes(key))) {
    problems.add([...path, key], `does not go with ${long.url.split(':')[0]}://`);
  }
  const file = (key: 'ca' | 'cert' | 'key') => {
    const named = long[key];
    return named === undefined ? undefined : readText([...path, key], named);
  };
  const tls: TargetTls | undefined = scheme.tls
    ? {
        ca: file('ca'),
        certificate: file('cert'),
        key: file('key'),
        serverName: long.server_name,
        verify: long.verify ?? true,
      }
    : undefined;
  const base: TargetBase = {
    name,
    url: long.url,
    host,
    port,
    tls,
    connectTimeoutMs: milliseconds(long.connect_timeout ?? 10e9),
    ackTimeoutMs: milliseconds(long.ack_timeout ?? 30e9),
    backOff: {
      firstMs: milliseconds(long.back_off?.first ?? 0.5e9),
      maxMs: milliseconds(long.back_off?.most ?? 30e9),
    },
  };
  if (base.backOff.firstMs > base.backOff.maxMs) {
    problems.add([...path, 'back_off'], 'the first pause is longer than the longest');
  }
  const input = { base, scheme, urlPath: place.path, keys: long, path, problems };
  return { target: PROTOCOLS[scheme.protocol].resolve(input), path: place.path };
}

const milliseconds = (ns: number): number => Math.max(1, ns / 1e6);

interface Place {
  readonly scheme: Scheme & { readonly protocol: Target['protocol'] };
  readonly host: string;
  readonly port: number;
  /** With its query; empty if there is none. */
  readonly path: string;
}

function parsePlace(url: string, path: KeyPath, problems: Problems): Place | undefined {
  const [, name, rest = ''] = /^([a-z][a-z0-9+.-]*):\/\/(.*)$/i.exec(url) ?? [];
  const scheme = SCHEMES.get((name ?? '').toLowerCase());
  if (scheme === undefined) {
    const names = [...SCHEMES.keys()];
    const meant = name === undefined ? undefined : nearest(name, names);
    const hint =
      meant === undefined
        ? `Write it like ${names.slice(0, 2).join('://… or ')}://….`
        : `Did you mean ${meant}://${rest}?`;
    problems.add(path, `“${url}” is not a target. ${hint}`);
    return undefined;
  }
  if (rest.split('/')[0]!.includes('@')) {
    problems.add(path, 'a target has no user and no password in it. Groups have username and password.');
    return undefined;
  }
  // What it is called matters to the parser of URLs, which knows some schemes better than others.
  const parsed = URL.canParse(`http://${rest}`) ? new URL(`http://${rest}`) : undefined;
  const host = parsed?.hostname.replace(/^\[(.*)\]$/, '$1') ?? '';
  if (parsed === undefined || host === '' || (/^[\d.]+$/.test(host) && isIP(host) === 0)) {
    problems.add(path, `“${url}” is not a target: what stands behind ${name}:// is not a host`);
    return undefined;
  }
  const portText = /^(?:\[[^\]]*\]|[^:/?#]*):(\d+)/.exec(rest)?.[1];
  const port = portText === undefined ? scheme.port : Number(portText);
  if (port === undefined || port === 0) {
    problems.add(path, `“${url}” has no port`);
    return undefined;
  }
  const wholePath = `${parsed.pathname === '/' && !/^[^/]*\//.test(rest) ? '' : parsed.pathname}${parsed.search}`;
  return { scheme, host, port, path: wholePath };
}
