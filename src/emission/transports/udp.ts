/**
 * @module
 * UDP by system calls: one connected socket for each channel, many datagrams with one call.
 *
 * That a target refuses is heard with a later datagram (ICMP port unreachable, as ECONNREFUSED): it is counted, and the later one
 * sent all the same.
 */

import { LINUX, type Linux } from '../../host/native/linux.js';
import { MessageVector } from '../../host/native/message-vector.js';
import { NativeSocket } from '../../host/native/native-socket.js';
import { type InternetEndpoint, internetAddress } from '../../host/native/socket-address.js';
import type { UdpSpec } from '../../host/transport-spec.js';
import { BATCH_PACKETS, type Batch } from '../batch.js';
import { EventCounts, SEND, type Transport } from '../transport.js';
import { roomInSocket } from './room.js';

const BUFFER_BYTES = 2 ** 20;
/** With many channels each gets less: what is on its way is bounded for all of them together. */
const MANY_CHANNELS = 64;
const SMALL_BUFFER_BYTES = 128 * 2 ** 10;
/** What routers and the target say of datagrams that had left (icmp(7)). */
const REPORTS = new Set(['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'EACCES', 'ENOPROTOOPT', 'EHOSTDOWN']);
const RECEIVE_BYTES = 65_536;
const POLL_BYTES = 8;

export class UdpTransport extends EventCounts implements Transport {
  readonly needsEventLoop = false;
  failure = '';
  readonly #spec: UdpSpec;
  readonly #linux: Linux;
  readonly #vector: MessageVector;
  readonly #sockets: NativeSocket[] = [];
  readonly #received: MessageVector;
  /** One struct pollfd for each socket. */
  #polls = new Uint8Array(0);

  constructor(spec: UdpSpec, linux: Linux) {
    super();
    this.#spec = spec;
    this.#linux = linux;
    this.#vector = new MessageVector(linux, BATCH_PACKETS);
    this.#received = new MessageVector(linux, BATCH_PACKETS);
    this.#received.useMemory(new Uint8Array(RECEIVE_BYTES));
    // What is received is only counted, so all of it may go to the same place.
    for (let i = 0; i < BATCH_PACKETS; i++) this.#received.setBytes(i, 0, RECEIVE_BYTES);
  }

  async open(): Promise<void> {
    const { target, channels, bind } = this.#spec;
    const address = internetAddress(target, this.#scopeOf(target));
    this.#polls = new Uint8Array(channels * POLL_BYTES);
    const polls = new DataView(this.#polls.buffer);
    for (let channel = 0; channel < channels; channel++) {
      const socket = new NativeSocket(this.#linux, address[0]!, LINUX.SOCK_DGRAM);
      this.#sockets.push(socket);
      const source = bind[channel % bind.length];
      if (source !== undefined) socket.bind(internetAddress(source, this.#scopeOf(source)), source.address);
      socket.setBuffers(channels > MANY_CHANNELS ? SMALL_BUFFER_BYTES : BUFFER_BYTES);
      socket.connect(address, `${target.address} port ${target.port}`);
      polls.setInt32(channel * POLL_BYTES, socket.descriptor, true);
      this.#polls[channel * POLL_BYTES + 4] = LINUX.POLLIN;
    }
  }

  #scopeOf({ address }: InternetEndpoint): number {
    return this.#linux.if_nametoindex(/%(.*)$/.exec(address)?.[1] ?? '');
  }

  override rehearse(on: boolean): boolean {
    this.#vector.rehearse(on);
    return true;
  }

  send(batch: Batch): number {
    const vector = this.#vector;
    const { first } = batch;
    vector.useMemory(batch.bytes);
    const count = batch.sameChannel();
    for (let i = 0; i < count; i++) vector.setBytes(i, batch.at[first + i]!, batch.length[first + i]!);
    const { descriptor } = this.#sockets[batch.channel[first]!]!;
    let last = '';
    for (;;) {
      const sent = vector.send(descriptor, count);
      if (sent > 0) return sent;
      const name = this.#linux.errorName();
      if (name === 'EAGAIN' || name === 'ENOBUFS') return SEND.blocked;
      if (name === last || !REPORTS.has(name)) {
        this.failure = name;
        return SEND.failed;
      }
      // Of an earlier datagram, and being told has cleared it; what concerns this one comes again.
      this.countError(name);
      last = name === 'ECONNREFUSED' ? '' : name;
    }
  }

  waitForRoom(batch: Batch): Promise<void> {
    return roomInSocket(this.#linux, this.#sockets[batch.channel[batch.first]!]!.descriptor);
  }

  receive(): void {
    const ready = this.#linux.poll(this.#polls, this.#sockets.length, 0);
    for (let channel = 0, left = ready; left > 0 && channel < this.#sockets.length; channel++) {
      const events = this.#polls[channel * POLL_BYTES + 6]!;
      if (events === 0) continue;
      left--;
      this.#drain(this.#sockets[channel]!.descriptor);
    }
  }

  #drain(descriptor: number): void {
    for (;;) {
      const count = this.#received.receive(descriptor, BATCH_PACKETS);
      if (count < 0) {
        const name = this.#linux.errorName();
        if (name === 'EAGAIN') return;
        this.countError(name);
        if (!REPORTS.has(name)) return;
        continue;
      }
      this.receivedPackets += count;
      for (let i = 0; i < count; i++) this.receivedBytes += this.#received.receivedBytes(i);
      if (count < BATCH_PACKETS) return;
    }
  }

  async close(): Promise<void> {
    this.receive();
    for (const socket of this.#sockets) socket.close();
  }
}
