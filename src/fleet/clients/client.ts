/**
 * @module
 * The contract of everything that a device speaks through: one connection to one target. A client makes one attempt to connect when it
 * is told to and tells of everything that happens; when to try again, what to send and what to count is the device's business.
 */
import type { Target } from '../scenario/scenario.js';

/** Who a device is, and how it speaks: all templates are filled in. */
export interface ClientIdentity {
  /** Client identifier, unique in the fleet. */
  readonly id: string;
  readonly username: string | undefined;
  readonly password: string | undefined;
  /** PEM; undefined where the target's is taken, or none. */
  readonly certificate: string | undefined;
  readonly key: string | undefined;
  readonly will:
    | { readonly topic: string; readonly payload: string; readonly qos: 0 | 1 | 2; readonly retain: boolean }
    | undefined;
  /** Topics to subscribe to once connected. */
  readonly subscribe: readonly string[];
  /** Path that a WebSocket is opened with, `/` where there is none; what its messages have as topic then says nothing. */
  readonly path?: string | undefined;
}

export interface OutgoingMessage {
  /** Topic or path. */
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly qos: 0 | 1 | 2;
  readonly retain: boolean;
  /** Whether it was sent before, and its acknowledgement never came. */
  readonly isRepeated: boolean;
}

/**
 * What a client tells. Between `onConnected` and `onClosed` it is connected. Every message that was handed over ends in exactly one of
 * `onAcknowledged`, `onFailed` and `onClosed` (which ends all that are open).
 */
export interface ClientListener<M extends OutgoingMessage = OutgoingMessage> {
  onConnected(): void;
  /**
   * The connection has ended, or never came to be; called once for every `connect`. The client can be told to connect again, also from
   * inside this call.
   *
   * @param reason short and stable, to count by: `ECONNREFUSED`, `ETIMEDOUT`, `ECONNRESET`, `closed-by-peer`, `connect-timeout`,
   *   `not-authorized`, `ack-timeout`, `CERT_HAS_EXPIRED`; `closed` after `disconnect` or `destroy`
   */
  onClosed(reason: string): void;
  /** The target has the message: PUBACK, PUBCOMP, response of 2xx, ACK; where the protocol has no such thing, when the system has taken it. */
  onAcknowledged(message: M): void;
  /** The target did not take it, or nobody knows; the connection stays. @param reason such as `http-503`, `ack-timeout`, `not-authorized` */
  onFailed(message: M, reason: string): void;
  /** What the target has sent by itself, or in answer. */
  onReceived(bytes: number): void;
}

export interface DeviceClient<M extends OutgoingMessage = OutgoingMessage> {
  /**
   * Bytes of the IP packet that carries a message of this topic, QoS and payload length, without the payload: headers of IP, TCP or UDP, TLS
   * and the protocol. Exact where the protocol allows it, else measured; the length of a field that depends on the payload's length counts.
   */
  overheadBytes(topic: string, qos: 0 | 1 | 2, payloadBytes: number): number;
  /** Whether `onAcknowledged` says that the target has the message, rather than the system of this host. */
  acknowledges(qos: 0 | 1 | 2): boolean;
  /** One attempt. Only when not connected, and none is under way. */
  connect(): void;
  /** Takes a message, while connected. @returns false if it cannot be taken before others are acknowledged, or have left */
  send(message: M): boolean;
  /** Called once, when there is room again after `send` has returned false. */
  onRoom: (() => void) | undefined;
  /** Keeps what is sent until `uncork`, and then hands it over at once; where there is something to gain from that. */
  cork?(): void;
  uncork?(): void;
  /** Ends the connection as the protocol has it, after what has been handed over has left; `onClosed` follows, within a second or so. */
  disconnect(): void;
  /** Cuts the connection at once, as a device that loses its power or its network; `onClosed` follows, also where none had been made. */
  destroy(): void;
}

/** Shared by all devices of a thread that have the same target: agents, contexts of TLS, what was measured. */
export interface ClientFactory {
  /** IP address that devices connect to, for whoever checks whether that is allowed; empty before `prepare`. */
  readonly address: string;
  /** Resolves names, loads what is heavy, measures overheads. @throws SynthError `SYNTH_TARGET_UNREACHABLE` for a name that has no address */
  prepare(): Promise<void>;
  create<M extends OutgoingMessage>(identity: ClientIdentity, listener: ClientListener<M>): DeviceClient<M>;
  /** When all clients have closed. */
  close(): Promise<void>;
}

export type CreateFactory = (target: Target) => Promise<ClientFactory>;
