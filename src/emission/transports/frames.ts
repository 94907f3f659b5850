/**
 * @module
 * Ethernet frames onto an interface: AF_PACKET, past the queueing discipline, many frames with one call.
 */

import { LINUX, type Linux } from '../../host/native/linux.js';
import { MessageVector } from '../../host/native/message-vector.js';
import { NativeSocket } from '../../host/native/native-socket.js';
import { linkAddress } from '../../host/native/socket-address.js';
import type { FramesSpec } from '../../host/transport-spec.js';
import { ETHERNET_HEADER_BYTES, VLAN_TAG_BYTES } from '../../net/header-bytes.js';
import { BATCH_PACKETS, type Batch } from '../batch.js';
import { EventCounts, SEND, type Transport } from '../transport.js';
import { roomInSocket } from './room.js';

const BUFFER_BYTES = 4 * 2 ** 20;
/** struct ifreq: a name of 16 bytes, then what is asked for. */
const INTERFACE_REQUEST = { bytes: 40, valueAt: 16 };

export class FramesTransport extends EventCounts implements Transport {
  readonly needsEventLoop = false;
  failure = '';
  readonly #spec: FramesSpec;
  readonly #linux: Linux;
  readonly #vector: MessageVector;
  /** A frame that the kernel takes, and then finds too long by the four bytes that only a VLAN tag may add (packet_snd in af_packet.c). */
  readonly #tooLong: MessageVector;
  #isTooLong = false;
  #socket: NativeSocket | undefined;

  constructor(spec: FramesSpec, linux: Linux) {
    super();
    this.#spec = spec;
    this.#linux = linux;
    this.#vector = new MessageVector(linux, BATCH_PACKETS);
    this.#tooLong = new MessageVector(linux, 1);
  }

  async open(): Promise<void> {
    const { interfaceName, qdiscBypass } = this.#spec;
    const socket = new NativeSocket(this.#linux, LINUX.AF_PACKET, LINUX.SOCK_RAW);
    this.#socket = socket;
    socket.bind(linkAddress(this.#linux.if_nametoindex(interfaceName), false), interfaceName);
    if (qdiscBypass) socket.set(LINUX.SOL_PACKET, LINUX.PACKET_QDISC_BYPASS, 1);
    socket.setBuffers(BUFFER_BYTES);
    this.#prepareTooLong(socket);
  }

  override rehearse(on: boolean): boolean {
    this.#vector.rehearse(on);
    return true;
  }

  #prepareTooLong({ descriptor }: NativeSocket): void {
    const ask = (request: number) => {
      const answer = new DataView(new ArrayBuffer(INTERFACE_REQUEST.bytes));
      new TextEncoder().encodeInto(this.#spec.interfaceName, new Uint8Array(answer.buffer));
      const isKnown = this.#linux.ioctl(descriptor, request, new Uint8Array(answer.buffer)) === 0;
      return isKnown ? answer : undefined;
    };
    const mtu = ask(LINUX.SIOCGIFMTU)?.getInt32(INTERFACE_REQUEST.valueAt, true);
    const linkType = ask(LINUX.SIOCGIFHWADDR)?.getUint16(INTERFACE_REQUEST.valueAt, true);
    if (mtu === undefined || linkType !== LINUX.ARPHRD_ETHER) return;
    const frame = new Uint8Array(mtu + ETHERNET_HEADER_BYTES + VLAN_TAG_BYTES);
    this.#tooLong.useMemory(frame);
    this.#tooLong.setBytes(0, 0, frame.length);
    this.#isTooLong = true;
  }

  override keepWarm(): void {
    // Taken only if somebody has raised the MTU meanwhile: then never again.
    if (this.#isTooLong && this.#tooLong.send(this.#socket!.descriptor, 1) > 0) this.#isTooLong = false;
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
