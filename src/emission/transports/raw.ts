/**
 * @module
 * IP packets with their headers, each to its own destination: raw sockets, many packets with one call.
 *
 * The kernel writes the header checksum of IPv4, and an identification and a source address that are 0 (raw(7)); it takes nothing longer than the MTU.
 */

import { LINUX, type Linux } from '../../host/native/linux.js';
import { MessageVector } from '../../host/native/message-vector.js';
import { NativeSocket } from '../../host/native/native-socket.js';
import { internetAddress } from '../../host/native/socket-address.js';
import { destinationOf, type IpVersion, ipVersion } from '../../net/ip-header.js';
import { BATCH_PACKETS, type Batch } from '../batch.js';
import { EventCounts, SEND, type Transport } from '../transport.js';
import { roomInSocket } from './room.js';

const BUFFER_BYTES = 4 * 2 ** 20;

/** One version of IP, with a destination for each packet of a batch. */
interface Family {
  readonly socket: NativeSocket;
  readonly vector: MessageVector;
  readonly destinations: readonly Uint8Array[];
}

export class RawTransport extends EventCounts implements Transport {
  readonly needsEventLoop = false;
  failure = '';
  readonly #linux: Linux;
  /** IPv6 is absent where the system has none. */
  readonly #families = new Map<IpVersion, Family>();

  constructor(linux: Linux) {
    super();
    this.#linux = linux;
  }

  async open(): Promise<void> {
    const { AF_INET, AF_INET6, SOL_IP, IP_HDRINCL, SOL_IPV6, IPV6_HDRINCL } = LINUX;
    const ipv4 = this.#openFamily(4, AF_INET, '0.0.0.0');
    ipv4.set(SOL_IP, IP_HDRINCL, 1);
    if (!this.#hasFamily(AF_INET6)) return;
    // Raw sockets of this protocol take headers by themselves; kernels before 4.5 do not know the option.
    this.#openFamily(6, AF_INET6, '::').set(SOL_IPV6, IPV6_HDRINCL, 1);
  }

  #hasFamily(family: number): boolean {
    const descriptor = this.#linux.socket(family, LINUX.SOCK_DGRAM, 0);
    if (descriptor < 0) return false;
    this.#linux.close(descriptor);
    return true;
  }

  #openFamily(version: IpVersion, family: number, anyAddress: string): NativeSocket {
    const socket = new NativeSocket(this.#linux, family, LINUX.SOCK_RAW, LINUX.IPPROTO_RAW);
    socket.setBuffers(BUFFER_BYTES);
    socket.set(LINUX.SOL_SOCKET, LINUX.SO_BROADCAST, 1);
    const vector = new MessageVector(this.#linux, BATCH_PACKETS);
    const destinations = Array.from({ length: BATCH_PACKETS }, (_, index) => {
      const name = internetAddress({ address: anyAddress, port: 0 });
      vector.setName(index, name);
      return name;
    });
    this.#families.set(version, { socket, vector, destinations });
    return socket;
  }

  send(batch: Batch): number {
    const version = versionAt(batch, batch.first);
    if (version === undefined) return this.#fail('EINVAL');
    const family = this.#families.get(version);
    if (family === undefined) return this.#fail('EAFNOSUPPORT');
    const sent = family.vector.send(family.socket.descriptor, this.#prepare(batch, version, family));
    if (sent > 0) return sent;
    const name = this.#linux.errorName();
    return name === 'EAGAIN' || name === 'ENOBUFS' ? SEND.blocked : this.#fail(name);
  }

  #fail(failure: string): number {
    this.failure = failure;
    return SEND.failed;
  }

  /** @returns how many packets from the head on are of this version */
  #prepare(batch: Batch, version: IpVersion, { vector, destinations }: Family): number {
    const { bytes, first, count } = batch;
    const addressAt = version === 4 ? 4 : 8; // in struct sockaddr_in and sockaddr_in6
    vector.useMemory(bytes);
    let i = first;
    for (; i < count && versionAt(batch, i) === version; i++) {
      const at = batch.at[i]!;
      vector.setBytes(i - first, at, batch.length[i]!);
      destinations[i - first]!.set(destinationOf(version, bytes, at), addressAt);
    }
    return i - first;
  }

  waitForRoom(batch: Batch): Promise<void> {
    const version = versionAt(batch, batch.first)!; // it was blocked, so there is one
    return roomInSocket(this.#linux, this.#families.get(version)!.socket.descriptor);
  }

  receive(): void {}

  async close(): Promise<void> {
    for (const { socket } of this.#families.values()) socket.close();
  }
}

const versionAt = ({ bytes, at, length }: Batch, index: number): IpVersion | undefined =>
  ipVersion(bytes, at[index]!, length[index]!);
