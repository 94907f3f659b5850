/**
 * @module
 * Messages over TCP or TLS, each with its length before it or none. They count as acknowledged when the system has taken them, which is told
 * asynchronously.
 */
import { framedBytes, frameMessage, LENGTH_BYTES, MessageDecoder } from '../../host/framing.js';
import { segmentHeaderBytes, tlsBytes } from '../../net/header-bytes.js';
import type { SocketTarget } from '../scenario/scenario.js';
import type { ClientIdentity, ClientListener, DeviceClient, OutgoingMessage } from './client.js';
import { SocketLink } from './link.js';
import { LinkClient } from './link-client.js';
import { Sockets } from './sockets.js';
import { TargetFactory } from './target-factory.js';

type Framing = SocketTarget['framing'];

const prefixBytes = (framing: Framing): number => (framing === 'length' ? LENGTH_BYTES : 0);

export class StreamFactory extends TargetFactory<SocketTarget> {
  #sockets!: Sockets;
  #readBuffer!: Buffer;
  #segmentBytes = 0;

  protected async load(): Promise<void> {
    this.#sockets = new Sockets(this.target, this.address);
    this.#readBuffer = SocketLink.readBuffer();
    this.#segmentBytes = segmentHeaderBytes(this.address);
  }

  create<M extends OutgoingMessage>(identity: ClientIdentity, listener: ClientListener<M>): DeviceClient<M> {
    const { framing, tls } = this.target;
    const open = this.#sockets.openerOf(identity);
    return new LinkClient(identity, listener, this, {
      open: (user) => new SocketLink(open, this.#sockets.readyEvent, this.#readBuffer, user),
      overheadBytes: (payloadBytes, recordBytes) => {
        const prefix = prefixBytes(framing);
        return this.#segmentBytes + prefix + (tls === undefined ? 0 : tlsBytes(recordBytes, prefix + payloadBytes));
      },
      encode: (payload) => framed(framing, payload),
      receiver: (onMessage) => receiverOf(framing, onMessage),
    });
  }
}

/** In memory of its own, which the socket may keep. */
function framed(framing: Framing, payload: Uint8Array): Buffer {
  // What `frameMessage` takes as the message includes its length.
  const length = payload.length + prefixBytes(framing);
  const message = Buffer.allocUnsafe(framedBytes(framing, length));
  frameMessage(framing, payload, 0, length, message);
  return message;
}

/** Counts messages; chunks where there is no telling them apart. */
function receiverOf(framing: Framing, onMessage: (bytes: number) => void): (bytes: Buffer) => void {
  if (framing === 'none') return (bytes) => onMessage(bytes.length);
  const decoder = new MessageDecoder((_bytes, _at, length) => onMessage(length));
  let isFramed = true;
  return (bytes) => {
    try {
      if (isFramed) decoder.push(bytes);
      else onMessage(bytes.length);
    } catch {
      // It answers in its own way, which is no reason not to send.
      isFramed = false;
      onMessage(bytes.length);
    }
  };
}
