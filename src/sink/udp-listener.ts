/**
 * @module
 * A UDP socket by system calls: many datagrams with one call, each with the time at which the kernel got it, and replies in the same way.
 */

import { BATCH_PACKETS, type Batch } from '../emission/batch.js';
import { SEND } from '../emission/transport.js';
import { SynthError } from '../errors.js';
import { LINUX, type Linux } from '../host/native/linux.js';
import { MessageVector } from '../host/native/message-vector.js';
import { NativeSocket } from '../host/native/native-socket.js';
import { endpointOf, type InternetEndpoint, internetAddress } from '../host/native/socket-address.js';
import { endpointText, isWildcard, listenError, unmapped } from './listen-address.js';
import type { ArrivalHandler, Listener } from './listener.js';
import { NO_SECONDS, PacketInformation, readAncillary } from './packet-information.js';
import type { SinkTime } from './sink-time.js';
import type { Source } from './source.js';
import type { ReplyPath, SourceOrigin } from './source-origin.js';

const BUFFER_BYTES = 64 * 2 ** 20;
const DATAGRAM_BYTES = 65_536;
/** Not a power of two: the beginnings of all datagrams would fall into the same lines of the cache. */
const STRIDE_BYTES = DATAGRAM_BYTES + 192;
const NAME_BYTES = 32;
/** Time of arrival and local address, of IPv6. */
const CONTROL_BYTES = 128;
/** Of SO_MEMINFO: <linux/sock_diag.h>, SK_MEMINFO_DROPS. */
const MEMORY_FIELDS = 9;
const DROPS_FIELD = 8;

export class UdpListener implements Listener, ReplyPath {
  failure = '';
  readonly url: string;
  readonly descriptor: number;
  /** Room in the kernel for what has arrived: as much as this user may have. */
  readonly bufferBytes: number;
  readonly #linux: Linux;
  readonly #socket: NativeSocket;
  readonly #local: InternetEndpoint;
  readonly #handler: ArrivalHandler;
  readonly #time: SinkTime;
  readonly #isWildcard: boolean;

  readonly #received: MessageVector;
  readonly #bytes = new Uint8Array(BATCH_PACKETS * STRIDE_BYTES);
  readonly #names = new Uint8Array(BATCH_PACKETS * NAME_BYTES);
  readonly #controls = new Uint8Array(BATCH_PACKETS * CONTROL_BYTES);
  readonly #information = new PacketInformation();

  readonly #replies: MessageVector;
  readonly #replyNames: Uint8Array;
  readonly #replyNameBytes: number;

  /** By address and port: as one number for IPv4, as text for IPv6. */
  readonly #sources = new Map<number | string, Source>();
  #dropped = 0;
  #closed = false;

  /** Listens. @throws SynthError `SYNTH_SYSTEM_LIMIT` */
  constructor(linux: Linux, endpoint: InternetEndpoint, handler: ArrivalHandler, time: SinkTime) {
    this.#linux = linux;
    this.#handler = handler;
    this.#time = time;
    this.#isWildcard = isWildcard(endpoint.address);
    const address = internetAddress(endpoint, linux.if_nametoindex(/%(.*)$/.exec(endpoint.address)?.[1] ?? ''));
    this.#socket = openSocket(linux, address, endpoint, this.#isWildcard);
    this.descriptor = this.#socket.descriptor;
    const bufferBytes = new Int32Array(1);
    linux.getsockopt(this.descriptor, LINUX.SOL_SOCKET, LINUX.SO_RCVBUF, bufferBytes, Int32Array.of(4));
    this.bufferBytes = bufferBytes[0]!;
    this.#local = { address: endpoint.address, port: this.#socket.localEndpoint().port };
    this.url = `udp://${endpointText(this.#local)}`;
    this.#replyNameBytes = address.length;
    this.#replyNames = new Uint8Array(BATCH_PACKETS * NAME_BYTES);
    this.#received = this.#vectorForReceiving();
    this.#replies = new MessageVector(linux, BATCH_PACKETS);
    this.#information.prepareReplies(address.length === 16 ? 4 : 6);
    for (let i = 0; i < BATCH_PACKETS; i++) {
      this.#replies.setName(i, this.#replyNames.subarray(i * NAME_BYTES, i * NAME_BYTES + address.length));
      if (this.#isWildcard) this.#replies.setControl(i, this.#information.replyControl(i));
    }
  }

  #vectorForReceiving(): MessageVector {
    const vector = new MessageVector(this.#linux, BATCH_PACKETS);
    vector.useMemory(this.#bytes);
    for (let i = 0; i < BATCH_PACKETS; i++) {
      vector.setBytes(i, i * STRIDE_BYTES, DATAGRAM_BYTES);
      vector.setName(i, this.#names.subarray(i * NAME_BYTES, (i + 1) * NAME_BYTES));
      vector.setControl(i, this.#controls.subarray(i * CONTROL_BYTES, (i + 1) * CONTROL_BYTES));
    }
    return vector;
  }

  get dropped(): number {
    // The number of a closed socket may be that of another one.
    if (this.#closed) return this.#dropped;
    const fields = new Int32Array(MEMORY_FIELDS);
    const { SOL_SOCKET, SO_MEMINFO } = LINUX;
    const length = Int32Array.of(fields.byteLength);
    if (this.#linux.getsockopt(this.descriptor, SOL_SOCKET, SO_MEMINFO, fields, length) === 0) {
      this.#dropped = fields[DROPS_FIELD]! >>> 0;
    }
    return this.#dropped;
  }

  /** Takes what is there, at most as many as one call takes. @returns how many; 0 where there are none now */
  drain(): number {
    const count = this.#received.receive(this.descriptor, BATCH_PACKETS);
    if (count < 0) {
      const name = this.#linux.errorName();
      // What a source says of a reply that it refuses: the next call goes on.
      if (name !== 'EAGAIN') this.#handler.problem(name);
      return 0;
    }
    for (let i = 0; i < count && !this.#handler.isFull; i++) this.#arrived(i);
    // Both are overwritten by what has come.
    for (let i = 0; i < count; i++) this.#received.resetControlLength(i, CONTROL_BYTES);
    return count;
  }

  #arrived(index: number): void {
    const information = this.#information;
    readAncillary(this.#controls, index * CONTROL_BYTES, this.#received.controlLength(index), information);
    const { seconds, nanoseconds } = information;
    const sinceNs = seconds === NO_SECONDS ? this.#time.now() : this.#time.since(seconds, nanoseconds);
    const source = this.#sourceAt(index * NAME_BYTES);
    this.#handler.arrived(source, this.#bytes, index * STRIDE_BYTES, this.#received.receivedBytes(index), sinceNs);
  }

  #sourceAt(at: number): Source {
    const key = this.#keyAt(at);
    const known = this.#sources.get(key);
    if (known !== undefined) return known;
    const { address, port } = endpointOf(this.#names, at);
    const { localAddress } = this.#information;
    const local = this.#isWildcard && localAddress !== undefined ? localAddress : this.#local.address;
    const source = this.#handler.openSource({
      url: this.url,
      transport: 'udp',
      remote: { address: unmapped(address), port },
      local: { address: unmapped(local), port: this.#local.port },
      framingBytes: 0,
      path: this,
      name: this.#names.slice(at, at + this.#replyNameBytes),
    });
    if (!source.isOthers) this.#sources.set(key, source);
    return source;
  }

  #keyAt(at: number): number | string {
    const names = this.#names;
    const port = names[at + 2]! * 256 + names[at + 3]!;
    if (names[at] !== LINUX.AF_INET) return String.fromCharCode(port, ...names.subarray(at + 8, at + 28));
    const high = names[at + 4]! * 256 + names[at + 5]!;
    return (high * 65_536 + names[at + 6]! * 256 + names[at + 7]!) * 65_536 + port;
  }

  reply(batch: Batch, originOf: (channel: number) => SourceOrigin): number {
    const vector = this.#replies;
    const { first } = batch;
    vector.useMemory(batch.bytes);
    let count = 0;
    while (first + count < batch.count) {
      const origin = originOf(batch.channel[first + count]!);
      if (origin.path !== this) break;
      this.#replyNames.set(origin.name!, count * NAME_BYTES); // sources of this path have one
      if (this.#isWildcard) this.#information.setReplySource(count, origin.local!);
      vector.setBytes(count, batch.at[first + count]!, batch.length[first + count]!);
      count++;
    }
    const sent = vector.send(this.descriptor, count);
    if (sent > 0) return sent;
    const name = this.#linux.errorName();
    if (name === 'EAGAIN' || name === 'ENOBUFS') return SEND.blocked;
    this.failure = name;
    return SEND.failed;
  }

  async close(): Promise<void> {
    this.#dropped = this.dropped;
    this.#closed = true;
    this.#socket.close();
  }
}

function openSocket(linux: Linux, address: Uint8Array, endpoint: InternetEndpoint, wildcard: boolean): NativeSocket {
  const isIpv4 = address[0] === LINUX.AF_INET;
  const socket = new NativeSocket(linux, address[0]!, LINUX.SOCK_DGRAM);
  try {
    // As TCP servers of Node.js have it, the unspecified IPv6 address is also that of IPv4.
    if (!isIpv4) socket.set(LINUX.SOL_IPV6, LINUX.IPV6_V6ONLY, wildcard ? 0 : 1);
    if (linux.bind(socket.descriptor, address, address.length) !== 0) {
      throw listenError(`udp://${endpointText(endpoint)}`, linux.errorName());
    }
    socket.setBuffers(BUFFER_BYTES);
    socket.set(LINUX.SOL_SOCKET, LINUX.SO_TIMESTAMPNS, 1);
    if (wildcard && isIpv4) socket.set(LINUX.SOL_IP, LINUX.IP_PKTINFO, 1);
    if (wildcard && !isIpv4) socket.set(LINUX.SOL_IPV6, LINUX.IPV6_RECVPKTINFO, 1);
    return socket;
  } catch (error) {
    socket.close();
    throw error instanceof SynthError ? error : listenError(endpointText(endpoint), String(error), error);
  }
}
