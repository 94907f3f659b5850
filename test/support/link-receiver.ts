/** What arrives at an interface in a namespace, by a packet socket: frames of one source, others are noise of the system. */
import { LINUX, type Linux } from '../../src/host/native/linux.js';
import { MessageVector } from '../../src/host/native/message-vector.js';
import { NativeSocket } from '../../src/host/native/native-socket.js';
import { linkAddress } from '../../src/host/native/socket-address.js';
import type { Host } from './namespaces.js';

const FRAMES = 64;
const FRAME_BYTES = 65_536;

export class LinkReceiver {
  readonly #socket: NativeSocket;
  readonly #vector: MessageVector;
  readonly #memory = new Uint8Array(FRAMES * FRAME_BYTES);

  constructor(linux: Linux, host: Host) {
    this.#socket = host.inside(() => {
      const socket = new NativeSocket(linux, LINUX.AF_PACKET, LINUX.SOCK_RAW);
      socket.setBuffers(16 * 2 ** 20);
      socket.bind(linkAddress(linux.if_nametoindex(host.interfaceName), true), host.interfaceName);
      return socket;
    });
    this.#vector = new MessageVector(linux, FRAMES);
    this.#vector.useMemory(this.#memory);
    for (let i = 0; i < FRAMES; i++) this.#vector.setBytes(i, i * FRAME_BYTES, FRAME_BYTES);
  }

  /** Frames that have come since the last call. */
  frames(): Uint8Array[] {
    const frames: Uint8Array[] = [];
    for (;;) {
      const count = this.#vector.receive(this.#socket.descriptor, FRAMES);
      for (let i = 0; i < count; i++) {
        const at = i * FRAME_BYTES;
        frames.push(this.#memory.slice(at, at + this.#vector.receivedBytes(i)));
      }
      if (count < FRAMES) return frames;
    }
  }

  close(): void {
    this.#socket.close();
  }
}
