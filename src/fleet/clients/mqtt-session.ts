/**
 * @module
 * An MQTT session: messages that wait for their acknowledgement, by packet identifier, and what the broker said that it takes.
 */
import type { IConnackPacket } from 'mqtt-packet';

interface OpenMessage<M> {
  readonly message: M;
  readonly sentMs: number;
}

const MAX_ID = 65_535;

export class MqttSession<M> {
  /** Most messages that may be open, by the target; the broker may say less. */
  readonly #inflight: number;
  /** By packet identifier, oldest first; made when it is needed. */
  #open: Map<number, OpenMessage<M>> | undefined;
  /** Identifiers of messages of QoS 2 that have come and are not released. They outlive a connection as its session does. */
  #unreleased: Set<number> | undefined;
  /** Goes on from connection to connection: a broker may still know what it was told under an identifier. */
  #lastId = 0;
  #maxOpen: number;
  #maxQos = 2;
  #maxPacketBytes = Number.POSITIVE_INFINITY;

  constructor(inflight: number) {
    this.#inflight = inflight;
    this.#maxOpen = inflight;
  }

  /** The broker has accepted a connection. */
  accepted({ sessionPresent, properties = {} }: IConnackPacket): void {
    if (!sessionPresent) this.#unreleased = undefined;
    this.#maxOpen = Math.min(this.#inflight, properties.receiveMaximum ?? MAX_ID);
    this.#maxQos = properties.maximumQoS ?? 2;
    this.#maxPacketBytes = properties.maximumPacketSize ?? Number.POSITIVE_INFINITY;
  }

  /** Number of messages without acknowledgement. */
  get open(): number {
    return this.#open?.size ?? 0;
  }

  /** Whether a message of this QoS may be sent now. */
  hasRoom(qos: 0 | 1 | 2): boolean {
    return qos === 0 || this.open < this.#maxOpen;
  }

  /** MQTT 5, 3.2.2.3: the reason code for what the broker said beforehand that it does not take; 0 for what it takes. */
  refusalOf(qos: 0 | 1 | 2, packetBytes: number): number {
    if (qos > this.#maxQos) return 0x9b;
    return packetBytes > this.#maxPacketBytes ? 0x95 : 0;
  }

  /** A packet identifier that no open message has. */
  nextId(): number {
    do {
      this.#lastId = this.#lastId === MAX_ID ? 1 : this.#lastId + 1;
    } while (this.#open?.has(this.#lastId) === true);
    return this.#lastId;
  }

  /** A message waits for its acknowledgement from now on. */
  sent(id: number, message: M, sentMs: number): void {
    this.#open ??= new Map();
    this.#open.set(id, { message, sentMs });
  }

  /** The message with this identifier, which is not open any more; undefined for one of an earlier connection. */
  settle(id: number): M | undefined {
    const message = this.#open?.get(id)?.message;
    if (message !== undefined) this.#open!.delete(id);
    return message;
  }

  /** When the oldest open message was sent; infinite where there is none. */
  get oldestMs(): number {
    if (this.#open === undefined || this.#open.size === 0) return Number.POSITIVE_INFINITY;
    for (const { sentMs } of this.#open.values()) return sentMs;
    return Number.POSITIVE_INFINITY;
  }

  /** A message of QoS 2 has come. @returns false if it has come before */
  received(id: number): boolean {
    const isRepeated = this.#unreleased?.has(id) === true;
    this.#unreleased ??= new Set();
    this.#unreleased.add(id);
    return !isRepeated;
  }

  released(id: number): void {
    this.#unreleased?.delete(id);
  }

  /** The connection has ended: nothing is open. */
  disconnected(): void {
    this.#open?.clear();
  }
}
