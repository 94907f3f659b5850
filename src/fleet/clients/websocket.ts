/**
 * @module
 * Messages over a WebSocket, each a frame. They count as acknowledged when the system has taken them, which is told asynchronously.
 */

import { segmentHeaderBytes, tlsBytes, webSocketHeaderBytes } from '../../net/header-bytes.js';
import type { WebSocketTarget } from '../scenario/scenario.js';
import type { ClientIdentity, ClientListener, DeviceClient, OutgoingMessage } from './client.js';
import { LinkClient } from './link-client.js';
import { Sockets } from './sockets.js';
import { TargetFactory } from './target-factory.js';
import {
  authorization,
  type WebSocketLibrary,
  WebSocketLink,
  type WebSocketOptions,
  webSocketUrl,
} from './web-socket-link.js';

export class WebSocketFactory extends TargetFactory<WebSocketTarget> {
  #sockets!: Sockets;
  #library!: WebSocketLibrary;
  #segmentBytes = 0;

  protected async load(): Promise<void> {
    this.#sockets = new Sockets(this.target, this.address);
    this.#segmentBytes = segmentHeaderBytes(this.address);
    this.#library = await import('ws');
  }

  create<M extends OutgoingMessage>(identity: ClientIdentity, listener: ClientListener<M>): DeviceClient<M> {
    const open = this.#sockets.openerOf(identity);
    const options = this.#options(identity);
    const isSecure = this.#sockets.isSecure;
    return new LinkClient(identity, listener, this, {
      open: (user) => new WebSocketLink(open, options, user),
      overheadBytes: (payloadBytes, recordBytes) => {
        const header = webSocketHeaderBytes(payloadBytes);
        return this.#segmentBytes + header + (isSecure ? tlsBytes(recordBytes, header + payloadBytes) : 0);
      },
      encode: (payload) => payload,
      receiver: (onMessage) => (bytes) => onMessage(bytes.length),
    });
  }

  #options(identity: ClientIdentity): WebSocketOptions {
    const { headers, subprotocol, binary } = this.target;
    const basic = authorization(identity);
    return {
      library: this.#library,
      url: webSocketUrl(this.target, identity.path ?? '/'),
      subprotocol,
      headers: basic === undefined ? headers : { authorization: basic, ...headers },
      binary,
    };
  }
}
