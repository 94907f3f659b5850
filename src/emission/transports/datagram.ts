/**
 * @module
 * UDP by Node.js, where there are no system calls: slower, and what the system says of a datagram comes when it already counts as sent.
 */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { isIP } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { SynthError, type SynthErrorCode, systemErrorCode } from '../../errors.js';
import type { UdpSpec } from '../../host/transport-spec.js';
import type { Batch } from '../batch.js';
import { EventCounts, SEND, type Transport } from '../transport.js';

/** What waits in this process, for each channel. */
const MAX_WAITING_BYTES = 64 * 2 ** 10;
const PATIENCE_MS = 1;
/** RFC 768 and RFC 791: 65535 without the headers; an IPv6 header is not counted (RFC 8200, 3). */
const MAX_PAYLOAD = { 4: 65_507, 6: 65_527 } as const;

export class DatagramTransport extends EventCounts implements Transport {
  readonly needsEventLoop = true;
  failure = '';
  readonly #spec: UdpSpec;
  readonly #version: 4 | 6;
  readonly #sockets: Socket[] = [];

  constructor(spec: UdpSpec) {
    super();
    this.#spec = spec;
    this.#version = isIP(spec.target.address) === 6 ? 6 : 4;
  }

  async open(): Promise<void> {
    const { target, bind, channels } = this.#spec;
    for (let channel = 0; channel < channels; channel++) {
      const socket = createSocket(this.#version === 6 ? 'udp6' : 'udp4');
      this.#sockets.push(socket);
      const source = bind[channel % bind.length];
      if (source !== undefined) {
        const { address, port } = source;
        const begin = () => socket.bind({ address, port, exclusive: true });
        await opened(socket, 'listening', begin, 'SYNTH_SYSTEM_LIMIT', `binding to ${address}`);
      }
      const begin = () => socket.connect(target.port, target.address);
      const what = `connecting to ${target.address} port ${target.port}`;
      await opened(socket, 'connect', begin, 'SYNTH_TARGET_UNREACHABLE', what);
      socket.on('error', (error) => this.countError(systemErrorCode(error) ?? 'error'));
      socket.on('message', (message) => {
        this.receivedPackets++;
        this.receivedBytes += message.length;
      });
    }
  }

  send(batch: Batch): number {
    const { first } = batch;
    const count = batch.sameChannel();
    const socket = this.#sockets[batch.channel[first]!]!;
    for (let sent = 0; sent < count; sent++) {
      const at = batch.at[first + sent]!;
      const length = batch.length[first + sent]!;
      if (length > MAX_PAYLOAD[this.#version]) {
        this.failure = 'EMSGSIZE';
        return sent > 0 ? sent : SEND.failed;
      }
      if (socket.getSendQueueSize() > MAX_WAITING_BYTES) return sent > 0 ? sent : SEND.blocked;
      // The memory is used again when the batch is settled, and the socket may keep the datagram for longer.
      const datagram = Buffer.allocUnsafe(length);
      datagram.set(batch.bytes.subarray(at, at + length));
      this.#hand(socket, datagram, true);
    }
    return count;
  }

  #hand(socket: Socket, datagram: Buffer, isFirst: boolean): void {
    socket.send(datagram, (error) => {
      if (error === null) return;
      const name = systemErrorCode(error) ?? 'error';
      this.countError(name);
      // Of an earlier datagram; being told has cleared it, and this one has not been sent.
      if (name === 'ECONNREFUSED' && isFirst) this.#hand(socket, datagram, false);
    });
  }

  async waitForRoom(): Promise<void> {
    await pause(PATIENCE_MS);
  }

  /** Node.js does, in the turns of the event loop. */
  receive(): void {}

  async close(drainMs: number): Promise<void> {
    const waits = () => this.#sockets.some((socket) => socket.getSendQueueCount() > 0);
    for (let leftMs = drainMs; leftMs > 0 && waits(); leftMs -= PATIENCE_MS) await pause(PATIENCE_MS);
    const closed = this.#sockets.splice(0).map((socket) => {
      const event = once(socket, 'close');
      socket.close();
      return event;
    });
    await Promise.all(closed);
  }
}

/** Waits for a step on the way of a socket. @param what it is, for the message */
async function opened(
  socket: Socket,
  event: string,
  begin: () => void,
  code: SynthErrorCode,
  what: string,
): Promise<void> {
  try {
    const ready = once(socket, event);
    begin();
    await ready;
  } catch (error) {
    throw new SynthError(code, `${what}: ${systemErrorCode(error) ?? error}`, { cause: error });
  }
}
