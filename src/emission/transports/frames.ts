/**
 * @module
 * Ethernet frames onto an interface: AF_PACKET, past the queueing discipline, many frames with one call.
 */
import { BATCH_PACKETS, type Batch } from '../batch.js';
import { LINUX, type Linux } from '../native/linux.js';
import { MessageVector } from '../native/message-vector.js';
import { NativeSocket } from '../native/native-socket.js';
import { linkAddress } from '../native/socket-address.js';
import { EventCounts, SEND, type Transport } from '../transport.js';
import type { FramesSpec } from '../transport-spec.js';
import { roomInSocket } from './room.js';

const BUFFER_BYTES = 4 * 2 ** 20;

export class FramesTransport extends EventCounts implements Transport {
  readonly needsEventLoop = false;
  failure = '';
  readonly #spec: FramesSpec;
  readonly #linux: Linux;
  readonly #vector: MessageVector;
  #socket: NativeSocket | undefined;

  constructor(spec: FramesSpec, linux: Linux) {
    super();
    this.#spec = spec;
    this.#linux = linux;
    this.#vector = new MessageVector(linux, BATCH_PACKETS);
  }

  async open(): Promise<void> {
    const { interfaceName, qdiscBypass } = this.#spec;
    const socket = new NativeSocket(this.#linux, LINUX.AF_PACKET, LINUX.SOCK_RAW);
    this.#socket = socket;
    socket.bind(linkAddress(this.#linux.if_nametoindex(interfaceName), false), interfaceName);
    if (qdiscBypass) socket.set(LINUX.SOL_PACKET, LINUX.PACKET_QDISC_BYPASS, 1);
    socket.setBuffers(BUFFER_BYTES);
  }

  override rehearse(on: boolean): boolean {
    this.#vector.rehearsal = on;
    return true;
  }

  send(batch: Batch): number {
    const vector = this.#vector;
    vector.useMemory(batch.bytes);
    const count = batch.remaining;
    for (let i = 0; i < count; i++) vector.setBytes(i, batch.at[batch.first + i]!, batch.length[batch.first + i]!);
    const sent = vector.send(this.#socket!.descriptor, count);
    if (sent > 0) return sent;
    const name = this.#linux.errorName();
    if (name === 'EAGAIN' || name === 'ENOBUFS') return SEND.blocked;
    this.failure = name;
    return SEND.failed;
  }

  waitForRoom(): Promise<void> {
    return roomInSocket(this.#linux, this.#socket!.descriptor);
  }

  receive(): void {}

  async close(): Promise<void> {
    this.#socket?.close();
  }
}
