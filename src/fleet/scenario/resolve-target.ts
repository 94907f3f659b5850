/**
 * @module
 * Targets of a scenario: from a URL and keys to everything that a client has to know.
 */
import { isIP } from 'node:net';
import { nearest } from '../../did-you-mean.js';
import type { KeyPath, Problems } from './problems.js';
import type { Target, TargetTls } from './scenario.js';
import type { ScenarioFile } from './scenario-schema.js';

export type LongTarget = Exclude<ScenarioFile['targets'][string], string>;

interface Scheme {
  readonly protocol: Target['protocol'];
  readonly tls: boolean;
  /** Of MQTT. */
  readonly over?: 'websocket';
  /** Undefined where the URL has to say it. */
  readonly port: number | undefined;
}

/** A map: objects know more names than these, such as `constructor`. */
const SCHEMES: ReadonlyMap<string, Scheme> = new Map(
  Object.entries<Scheme>({
    mqtt: { protocol: 'mqtt', tls: false, port: 1883 },
    mqtts: { protocol: 'mqtt', tls: true, port: 8883 },
    'mqtt+ws': { protocol: 'mqtt', tls: false, over: 'websocket', port: 80 },
    'mqtt+wss': { protocol: 'mqtt', tls: true, over: 'websocket', port: 443 },
    http: { protocol: 'http', tls: false, port: 80 },
    https: { protocol: 'http', tls: true, port: 443 },
    coap: { protocol: 'coap', tls: false, port: 5683 },
    ws: { protocol: 'websocket', tls: false, port: 80 },
    wss: { protocol: 'websocket', tls: true, port: 443 },
    udp: { protocol: 'udp', tls: false, port: undefined },
    tcp: { protocol: 'tcp', tls: false, port: undefined },
    tls: { protocol: 'tcp', tls: true, port: undefined },
  }),
);

const COMMON_KEYS = ['url', 'connect_timeout', 'ack_timeout', 'back_off'];
const TLS_KEYS = ['ca', 'cert', 'key', 'server_name', 'verify'];
const KEYS: Readonly<Record<Target['protocol'], readonly string[]>> = {
  mqtt: ['client', 'mqtt_version', 'keep_alive', 'clean_session', 'inflight'],
  http: ['method', 'headers', 'inflight'],
  coap: ['method', 'confirmable', 'inflight'],
  websocket: ['subprotocol', 'binary', 'headers'],
  tcp: ['framing'],
  udp: [],
};

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
  const allowed = [...COMMON_KEYS, ...KEYS[scheme.protocol], ...(scheme.tls ? TLS_KEYS : [])];
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
  const base = {
    name,
    url: long.url,
    host,
    port,
    tls,
    connectTimeoutMs: milliseconds(long.connect_timeout ?? 10e9),
    ackTimeoutMs: milliseconds(long.ack_timeout ?? 30e9),
    backOff: {
      firstMs: milliseconds(long.back_off?.first ?? 0.5e9),
      mostMs: milliseconds(long.back_off?.most ?? 30e9),
    },
  };
  if (base.backOff.firstMs > base.backOff.mostMs) {
    problems.add([...path, 'back_off'], 'the first pause is longer than the longest');
  }
  return { target: ofProtocol(base, scheme, place.path, long, path, problems), path: place.path };
}

const milliseconds = (ns: number): number => Math.max(1, ns / 1e6);

type Base = Pick<Target, 'name' | 'url' | 'host' | 'port' | 'tls' | 'connectTimeoutMs' | 'ackTimeoutMs' | 'backOff'>;

function ofProtocol(
  base: Base,
  scheme: Scheme,
  urlPath: string,
  long: LongTarget,
  path: KeyPath,
  problems: Problems,
): Target {
  switch (scheme.protocol) {
    case 'mqtt':
      return {
        ...base,
        protocol: 'mqtt',
        client: long.client ?? 'lean',
        over: scheme.over ?? 'tcp',
        path: urlPath === '' ? '/mqtt' : urlPath,
        version: long.mqtt_version === undefined || long.mqtt_version === '3.1.1' ? '3.1.1' : '5',
        keepAliveS: Math.min(65_535, Math.round((long.keep_alive ?? 60e9) / 1e9)),
        cleanSession: long.clean_session ?? true,
        inflight: long.inflight ?? 20,
      };
    case 'http':
      return {
        ...base,
        protocol: 'http',
        method: (long.method ?? 'POST').toUpperCase(),
        headers: long.headers ?? {},
        inflight: long.inflight ?? 1,
      };
    case 'coap': {
      const method = (long.method ?? 'POST').toUpperCase();
      const known = (['POST', 'PUT', 'GET', 'DELETE'] as const).find((one) => one === method);
      if (known === undefined)
        problems.add([...path, 'method'], `CoAP has no ${method}, only GET, POST, PUT and DELETE`);
      // NSTART of RFC 7252 is 1.
      return {
        ...base,
        protocol: 'coap',
        method: known ?? 'POST',
        confirmable: long.confirmable ?? true,
        inflight: long.inflight ?? 1,
      };
    }
    case 'websocket':
      return {
        ...base,
        protocol: 'websocket',
        binary: long.binary ?? true,
        subprotocol: long.subprotocol,
        headers: long.headers ?? {},
      };
    default:
      return { ...base, protocol: scheme.protocol, framing: long.framing ?? 'length' };
  }
}

interface Place {
  readonly scheme: Scheme;
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
