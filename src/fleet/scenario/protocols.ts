/**
 * @module
 * What a scenario may say about each protocol: the schemes of its URLs, the keys of its targets and groups, and their defaults.
 */
import type { KeyPath, Problems } from './problems.js';
import type { Target, TargetProtocol } from './scenario.js';
import type { ScenarioFile } from './scenario-schema.js';

export type LongTarget = Exclude<ScenarioFile['targets'][string], string>;

/** Begins a URL. */
export interface Scheme {
  readonly tls: boolean;
  /** Undefined where the URL has to say it. */
  readonly port: number | undefined;
  /** Of MQTT. */
  readonly over?: 'websocket';
}

/** What targets of all protocols have. */
export type TargetBase = Pick<
  Target,
  'name' | 'url' | 'host' | 'port' | 'tls' | 'connectTimeoutMs' | 'ackTimeoutMs' | 'backOff'
>;

/** What a target is made of. */
export interface TargetInput {
  readonly base: TargetBase;
  readonly scheme: Scheme;
  /** Of the URL; empty where it has none. */
  readonly urlPath: string;
  /** As the file has it. */
  readonly keys: LongTarget;
  readonly path: KeyPath;
  readonly problems: Problems;
}

export interface Protocol<T extends Target> {
  readonly schemes: Readonly<Record<string, Scheme>>;
  /** Keys of a target that go with this protocol, beside those that go with all. */
  readonly keys: readonly (keyof LongTarget)[];
  /** Whether groups have a path, and a user name and a password. */
  readonly hasPath: boolean;
  readonly hasCredentials: boolean;
  resolve(input: TargetInput): T;
}

const COAP_METHODS = ['POST', 'PUT', 'GET', 'DELETE'] as const;

/** A protocol that is missing here does not compile. */
export const PROTOCOLS: { readonly [P in TargetProtocol]: Protocol<Target & { readonly protocol: P }> } = {
  mqtt: {
    schemes: {
      mqtt: { tls: false, port: 1883 },
      mqtts: { tls: true, port: 8883 },
      'mqtt+ws': { tls: false, over: 'websocket', port: 80 },
      'mqtt+wss': { tls: true, over: 'websocket', port: 443 },
    },
    keys: ['client', 'mqtt_version', 'keep_alive', 'clean_session', 'inflight'],
    hasPath: false,
    hasCredentials: true,
    resolve: ({ base, scheme, urlPath, keys }) => ({
      ...base,
      protocol: 'mqtt',
      client: keys.client ?? 'lean',
      over: scheme.over ?? 'tcp',
      path: urlPath === '' ? '/mqtt' : urlPath,
      version: keys.mqtt_version === undefined || keys.mqtt_version === '3.1.1' ? '3.1.1' : '5',
      keepAliveS: Math.min(65_535, Math.round((keys.keep_alive ?? 60e9) / 1e9)),
      cleanSession: keys.clean_session ?? true,
      inflight: keys.inflight ?? 20,
    }),
  },
  http: {
    schemes: { http: { tls: false, port: 80 }, https: { tls: true, port: 443 } },
    keys: ['method', 'headers', 'inflight'],
    hasPath: true,
    hasCredentials: true,
    resolve: ({ base, keys }) => ({
      ...base,
      protocol: 'http',
      method: (keys.method ?? 'POST').toUpperCase(),
      headers: keys.headers ?? {},
      inflight: keys.inflight ?? 1,
    }),
  },
  coap: {
    schemes: { coap: { tls: false, port: 5683 } },
    keys: ['method', 'confirmable', 'inflight'],
    hasPath: true,
    hasCredentials: false,
    resolve: ({ base, keys, path, problems }) => {
      const method = (keys.method ?? 'POST').toUpperCase();
      const known = COAP_METHODS.find((one) => one === method);
      if (known === undefined) {
        problems.add([...path, 'method'], `CoAP has no ${method}, only GET, POST, PUT and DELETE`);
      }
      return {
        ...base,
        protocol: 'coap',
        method: known ?? 'POST',
        confirmable: keys.confirmable ?? true,
        inflight: keys.inflight ?? 1, // NSTART of RFC 7252
      };
    },
  },
  websocket: {
    schemes: { ws: { tls: false, port: 80 }, wss: { tls: true, port: 443 } },
    keys: ['subprotocol', 'binary', 'headers'],
    hasPath: true,
    hasCredentials: true,
    resolve: ({ base, keys }) => ({
      ...base,
      protocol: 'websocket',
      binary: keys.binary ?? true,
      subprotocol: keys.subprotocol,
      headers: keys.headers ?? {},
    }),
  },
  udp: {
    schemes: { udp: { tls: false, port: undefined } },
    keys: [],
    hasPath: false,
    hasCredentials: false,
    resolve: ({ base }) => ({ ...base, protocol: 'udp', framing: 'length' }),
  },
  tcp: {
    schemes: { tcp: { tls: false, port: undefined }, tls: { tls: true, port: undefined } },
    keys: ['framing'],
    hasPath: false,
    hasCredentials: false,
    resolve: ({ base, keys }) => ({ ...base, protocol: 'tcp', framing: keys.framing ?? 'length' }),
  },
};

/** The protocol of each scheme. A map: objects know more names than these, such as `constructor`. */
export const SCHEMES: ReadonlyMap<string, Scheme & { readonly protocol: TargetProtocol }> = new Map(
  (Object.keys(PROTOCOLS) as TargetProtocol[]).flatMap((protocol) =>
    Object.entries(PROTOCOLS[protocol].schemes).map(([name, scheme]) => [name, { ...scheme, protocol }] as const),
  ),
);
