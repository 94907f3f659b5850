/**
 * @module
 * A UDP socket by Node.js, for systems without those calls: a datagram at a time, with the time at which it is seen here.
 */

import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import type { Batch } from '../emission/batch.js';
import { systemErrorCode } from '../errors.js';
import type { InternetEndpoint } from '../host/native/socket-address.js';
import { endpointText, isWildcard, listenError, unmapped } from './listen-address.js';
import type { ArrivalHandler, Listener } from './listener.js';
import type { SinkTime } from './sink-time.js';
import type { Source } from './source.js';
import type { ReplyPath, SourceOrigin } from './source-origin.js';

const BUFFER_BYTES = 4 * 2 ** 20;

export class DatagramListener implements Listener, ReplyPath {
  readonly failure = '';
  /** Nobody tells. */
  readonly dropped = 0;
  readonly #endpoint: InternetEndpoint;
  readonly #handler: ArrivalHandler;
  readonly #time: SinkTime;
  readonly #socket: Socket;
  readonly #sources = new Map<string, Source>();
  #port = 0;

  constructor(endpoint: InternetEndpoint, handler: ArrivalHandler, time: SinkTime) {
    this.#endpoint = endpoint;
    this.#handler = handler;
    this.#time = time;
    const { address } = endpoint;
    this.#socket = createSocket(isIPv6(address) ? { type: 'udp6', ipv6Only: !isWildcard(address) } : { type: 'udp4' });
  }

  get url(): string {
    return `udp://${endpointText({ ...this.#endpoint, port: this.#port })}`;
  }

  /** @throws SynthError `SYNTH_SYSTEM_LIMIT` */
  async open(): Promise<void> {
    const { address, port } = this.#endpoint;
    const socket = this.#socket;
    await new Promise<void>((resolve, reject) => {
      socket.once('error', (error) => {
        socket.close();
        reject(listenError(`udp://${endpointText(this.#endpoint)}`, systemErrorCode(error) ?? error.message, error));
      });
      socket.bind(port, address, resolve);
    });
    this.#port = socket.address().port;
    socket.removeAllListeners('error');
    socket.on('error', (error) => this.#handler.problem(systemErrorCode(error) ?? error.message));
    socket.on('message', (bytes, remote) => this.#arrived(bytes, remote));
    try {
      socket.setRecvBufferSize(BUFFER_BYTES);
    } catch {
      // It stays as large as the system has it.
    }
  }

  #arrived(bytes: Uint8Array, remote: RemoteInfo): void {
    if (this.#handler.isFull) return;
    this.#handler.arrived(this.#sourceOf(remote), bytes, 0, bytes.length, this.#time.now());
  }

  #sourceOf({ address, port }: RemoteInfo): Source {
    const key = `${address} ${port}`;
    const known = this.#sources.get(key);
    if (known !== undefined) return known;
    const source = this.#handler.openSource({
      url: this.url,
      transport: 'udp',
      remote: { address: unmapped(address), port },
      local: { address: this.#endpoint.address, port: this.#port },
      framingBytes: 0,
      path: this,
      name: undefined,
    });
    if (!source.isOthers) this.#sources.set(key, source);
    return source;
  }

  reply(batch: Batch, originOf: (channel: number) => SourceOrigin): number {
    const at = batch.at[batch.first]!;
    const { remote } = originOf(batch.channel[batch.first]!);
    const { address, port } = remote!; // UDP always has one
    const isMapped = isIPv6(this.#endpoint.address) && !isIPv6(address);
    const bytes = batch.bytes.slice(at, at + batch.length[batch.first]!);
    this.#socket.send(bytes, port, isMapped ? `::ffff:${address}` : address, (error) => {
      if (error) this.#handler.problem(systemErrorCode(error) ?? error.message);
    });
    return 1;
  }

  close(): Promise<void> {
    return new Promise((resolve) => this.#socket.close(() => resolve()));
  }
}
