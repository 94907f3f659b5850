/**
 * @module
 * A client for protocols without acknowledgements: what it is given it writes to a link, and that is all.
 */
import type { ClientIdentity, ClientListener, OutgoingMessage } from './client.js';
import { ConnectionClient, MAX_WAITING_BYTES, type SharedByClients } from './connection-client.js';
import type { Link, LinkUser } from './link.js';

/** What differs between protocols. */
export interface LinkProtocol<M> {
  open(user: LinkUser<M>): Link<M>;
  /** @param recordBytes what a record of TLS has beside its content, where there are records */
  overheadBytes(payloadBytes: number, recordBytes: number): number;
  /** A message as it is written. The link may keep it. */
  encode(payload: Uint8Array): Uint8Array;
  /** For one connection: takes what comes, and tells of each message in it. */
  receiver(onMessage: (bytes: number) => void): (bytes: Buffer) => void;
}

/** Of a connection that is not there yet. */
const USUAL_RECORD_BYTES = 22;

export class LinkClient<M extends OutgoingMessage> extends ConnectionClient<M> implements LinkUser<M> {
  readonly #protocol: LinkProtocol<M>;
  #link: Link<M> | undefined;
  #receive: ((bytes: Buffer) => void) | undefined;

  constructor(
    identity: ClientIdentity,
    listener: ClientListener<M>,
    shared: SharedByClients,
    protocol: LinkProtocol<M>,
  ) {
    super(identity, listener, shared);
    this.#protocol = protocol;
  }

  overheadBytes(_topic: string, _qos: 0 | 1 | 2, payloadBytes: number): number {
    return this.#protocol.overheadBytes(payloadBytes, this.#link?.recordBytes ?? USUAL_RECORD_BYTES);
  }

  acknowledges(): boolean {
    return false;
  }

  protected open(): void {
    this.#link = this.#protocol.open(this);
  }

  linkOpened(): void {
    this.connected();
  }

  linkReceived(bytes: Buffer): void {
    this.#receive ??= this.#protocol.receiver((length) => this.listener.onReceived(length));
    this.#receive(bytes);
  }

  linkWritten(message: M): void {
    this.listener.onAcknowledged(message);
  }

  linkDrained(): void {
    this.offerRoom();
  }

  linkClosed(reason: string): void {
    this.finish(reason);
  }

  protected hasRoom(): boolean {
    return this.#link!.waitingBytes <= MAX_WAITING_BYTES;
  }

  protected take(message: M): void {
    this.#link!.writeMessage(this.#protocol.encode(message.payload), message);
  }

  protected leave(): void {
    this.#link!.end();
  }

  protected release(): void {
    const link = this.#link;
    this.#link = undefined;
    this.#receive = undefined;
    link?.abandon();
  }
}
