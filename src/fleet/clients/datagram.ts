/**
 * @module
 * Messages as datagrams of UDP, each device from a socket of its own. They count as acknowledged when the system has taken them, which is told
 * asynchronously. The socket is connected, so that a target that is not there is heard of: that ends what stands for a connection here.
 */
import { createSocket, type Socket } from 'node:dgram';
import { isIP } from 'node:net';
import { errorName } from '../../host/stream-socket.js';
import { datagramHeaderBytes } from '../../net/header-bytes.js';
import type { SocketTarget } from '../scenario/scenario.js';
import type { ClientIdentity, ClientListener, DeviceClient, OutgoingMessage } from './client.js';
import type { Link, LinkUser } from './link.js';
import { LinkClient } from './link-client.js';
import { TargetFactory } from './target-factory.js';

export class DatagramFactory extends TargetFactory<SocketTarget> {
  #headerBytes = 0;

  protected async load(): Promise<void> {
    this.#headerBytes = datagramHeaderBytes(this.address);
  }

  create<M extends OutgoingMessage>(identity: ClientIdentity, listener: ClientListener<M>): DeviceClient<M> {
    return new LinkClient(identity, listener, this, {
      open: (user) => new DatagramLink(connectedSocket(this.address, this.target.port), user),
      overheadBytes: () => this.#headerBytes,
      encode: (payload) => payload,
      receiver: (onMessage) => (bytes) => onMessage(bytes.length),
    });
  }
}

/** Begins to connect. */
export function connectedSocket(address: string, port: number): Socket {
  const socket = createSocket(isIP(address) === 6 ? 'udp6' : 'udp4');
  socket.connect(port, address);
  return socket;
}

class DatagramLink<M> implements Link<M> {
  readonly recordBytes = 0;
  readonly #socket: Socket;
  #user: LinkUser<M> | undefined;
  #isEnding = false;
  #waiting = 0;

  constructor(socket: Socket, user: LinkUser<M>) {
    this.#socket = socket;
    this.#user = user;
    socket.once('connect', () => this.#user?.linkOpened());
    socket.on('message', (message) => this.#user?.linkReceived(message));
    socket.on('error', (error) => this.#close(errorName(error)));
  }

  // Each datagram leaves by itself.
  cork(): void {}
  uncork(): void {}

  get waitingBytes(): number {
    return this.#isEnding ? 0 : this.#socket.getSendQueueSize();
  }

  write(bytes: Uint8Array): void {
    this.#socket.send(bytes);
  }

  writeMessage(bytes: Uint8Array, message: M): void {
    this.#waiting++;
    this.#socket.send(bytes, (error) => {
      this.#waiting--;
      if (error) this.#close(errorName(error));
      else this.#user?.linkWritten(message);
      this.#user?.linkDrained();
      this.#closeIfDone();
    });
  }

  end(): void {
    this.#isEnding = true;
    queueMicrotask(() => this.#closeIfDone());
  }

  #closeIfDone(): void {
    if (this.#isEnding && this.#waiting === 0) this.#close('closed');
  }

  #close(reason: string): void {
    const user = this.#user;
    this.abandon();
    user?.linkClosed(reason);
  }

  abandon(): void {
    if (this.#user === undefined) return;
    this.#user = undefined;
    this.#socket.close();
  }
}
