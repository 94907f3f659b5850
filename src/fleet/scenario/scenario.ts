/**
 * @module
 * A scenario as it is run: everything that its file may leave out is filled in. It holds values only, so that threads can be given it.
 *
 * Texts called a template may hold `{{name}}`; what there is stands in `template.ts`.
 */
import type { BackOff } from '../../host/back-off.js';
import type { Threshold } from '../account/threshold.js';

export interface Scenario {
  readonly name: string;
  /** Undefined where each run is to draw its own. */
  readonly seed: string | undefined;
  readonly groups: readonly Group[];
  readonly phases: readonly Phase[];
  readonly storms: readonly Storm[];
  readonly limits: Limits;
  readonly thresholds: readonly Threshold[];
  readonly outputs: Outputs;
  /** Absolute paths of all files that it names, which nothing may be written over. */
  readonly files: readonly string[];
}

/** Devices that are alike: of one model, with one target. */
export interface Group {
  readonly name: string;
  /** Path of the model file, absolute. */
  readonly model: string;
  readonly count: number;
  readonly target: Target;
  /** Template of what the device calls itself: client identifier of MQTT, `{{id}}` elsewhere. */
  readonly id: string;
  /** Of each device the columns of the CSV of identities, taken in turn; templates see them by name. */
  readonly identities: readonly Readonly<Record<string, string>>[];
  readonly credentials: Credentials;
  /** Template: topic of MQTT, path of HTTP, CoAP and WebSocket; empty where the target has no such thing. */
  readonly topic: string;
  /** Templates of topics that MQTT devices subscribe to. */
  readonly subscribe: readonly string[];
  readonly payload: MessagePayload;
  readonly qos: 0 | 1 | 2;
  readonly retain: boolean;
  readonly will: Will | undefined;
  /** Divides all times of the model. */
  readonly speed: number;
  readonly silence: Silence;
  /** Each device begins to talk at random within this time after it has come up, in ns: nobody is in step. Undefined: as the model has it. */
  readonly spreadNs: number | undefined;
  /** What becomes of messages that are due while a device has no connection. */
  readonly offline: 'queue' | 'drop';
  /** Messages that a device keeps while it cannot send them; what comes on top is dropped. */
  readonly queue: number;
}

/** Templates; undefined where there is none. */
export interface Credentials {
  readonly username: string | undefined;
  readonly password: string | undefined;
  /** Paths of the client's certificate and key in PEM, by template. */
  readonly certificate: string | undefined;
  readonly key: string | undefined;
}

export interface Will {
  /** Templates. */
  readonly topic: string;
  readonly payload: string;
  readonly qos: 0 | 1 | 2;
  readonly retain: boolean;
}

/** What a message carries; always exactly as many bytes as the model says, where that is enough for the text. */
export type MessagePayload =
  /** A template. The text is padded with spaces, and cut where it is too long if `cut`; else it is sent whole. */
  | { readonly kind: 'template'; readonly text: string; readonly cut: boolean }
  /** Messages of a file, one a line, in turn; each is a template that is sent as it is, whatever the model's size. */
  | { readonly kind: 'lines'; readonly lines: readonly string[] }
  /** A pattern of letters. */
  | { readonly kind: 'pattern' };

/** What is done to gaps of at least `fromNs`: they are multiplied, and then no longer than `maxNs`. */
export interface Silence {
  readonly fromNs: number;
  readonly scale: number;
  readonly maxNs: number;
}

interface TargetBase {
  readonly name: string;
  /** For people. */
  readonly url: string;
  readonly host: string;
  readonly port: number;
  /** Undefined for plain connections. */
  readonly tls: TargetTls | undefined;
  readonly connectTimeoutMs: number;
  /** How long an acknowledgement, or an answer, may take. */
  readonly ackTimeoutMs: number;
  readonly backOff: BackOff;
}

/** Texts are PEM. */
export interface TargetTls {
  readonly ca: string | undefined;
  /** Of all devices whose group has none. */
  readonly certificate: string | undefined;
  readonly key: string | undefined;
  readonly serverName: string | undefined;
  readonly verify: boolean;
}

export interface MqttTarget extends TargetBase {
  readonly protocol: 'mqtt';
  readonly client: 'lean' | 'full';
  readonly over: 'tcp' | 'websocket';
  /** Of the WebSocket. */
  readonly path: string;
  readonly version: '3.1.1' | '5';
  readonly keepAliveS: number;
  readonly cleanSession: boolean;
  /** Publishes of a device that wait for their acknowledgement at a time; what is due beyond waits in its queue. */
  readonly inflight: number;
}

export interface HttpTarget extends TargetBase {
  readonly protocol: 'http';
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly inflight: number;
}

export interface CoapTarget extends TargetBase {
  readonly protocol: 'coap';
  readonly method: 'POST' | 'PUT' | 'GET' | 'DELETE';
  readonly confirmable: boolean;
  readonly inflight: number;
}

export interface WebSocketTarget extends TargetBase {
  readonly protocol: 'websocket';
  readonly binary: boolean;
  readonly subprotocol: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
}

export interface SocketTarget extends TargetBase {
  readonly protocol: 'udp' | 'tcp';
  /** Of tcp: whether each message begins with its length, four bytes. */
  readonly framing: 'length' | 'none';
}

export type Target = MqttTarget | HttpTarget | CoapTarget | WebSocketTarget | SocketTarget;
export type TargetProtocol = Target['protocol'];

export type Phase =
  /** The share of devices that are up goes to `toShare` in this time, evenly. */
  | { readonly kind: 'ramp'; readonly durationNs: number; readonly toShare: number }
  /** So many devices a second more are up, until all are. */
  | { readonly kind: 'arrive'; readonly durationNs: number; readonly perSecond: number }
  | { readonly kind: 'hold'; readonly durationNs: number }
  /** Devices stay connected, and say nothing; their own time stands still. */
  | { readonly kind: 'pause'; readonly durationNs: number };

/** Connections that are lost, and made again. */
export interface Storm {
  /** Since the beginning of the run. */
  readonly atNs: number;
  /** Of the devices. */
  readonly share: number;
  /** Within this time each of them loses its connection, at random. */
  readonly overNs: number;
  /** How long it then stays away. */
  readonly awayNs: number;
  /** Whether the connection is cut, or ended as the protocol has it. */
  readonly graceful: boolean;
}

export interface Limits {
  /** Connections begun in a second, by all devices together; may be infinite. */
  readonly connectsPerSecond: number;
  /** Messages that one device sends; may be infinite. */
  readonly messagesPerDevice: number;
  /** Ends the run, whatever the phases say; may be infinite. */
  readonly durationNs: number;
}

/** Undefined where it is not wanted. Paths are absolute. */
export interface Outputs {
  readonly report: string | undefined;
  readonly summary: string | undefined;
  /** NDJSON of every message of the first `recordDevices` devices of each group. */
  readonly record: string | undefined;
  readonly recordDevices: number;
  /** Where Prometheus may ask: `HOST:PORT`. */
  readonly metrics: string | undefined;
  /** URL of an OTLP/HTTP collector. */
  readonly otlp: string | undefined;
  /** Where the live page is: `HOST:PORT`. */
  readonly dashboard: string | undefined;
}
