/**
 * @module
 * Arrays of struct mmsghdr, for many packets with one system call: their bytes stay where they are, and only addresses are written.
 */
import { LINUX, type Linux } from './linux.js';

/** sendmmsg(2) and recvmmsg(2) on 64-bit systems: struct mmsghdr, struct iovec. */
const MESSAGE_BYTES = 64;
const MESSAGE = { name: 0, nameLength: 8, vector: 16, vectorLength: 24, control: 32, controlLength: 40, received: 56 };
const VECTOR_BYTES = 16;

export class MessageVector {
  readonly messages: Uint8Array;
  readonly #linux: Linux;
  readonly #words: Uint32Array;
  readonly #vectors: Uint8Array;
  readonly #vectorWords: Uint32Array;
  /** 1 where `send` makes its call for no packets. */
  #rehearsal = 0;
  #memory: Uint8Array | undefined;
  /** Address of `#memory`, in two halves. */
  #low = 0;
  #high = 0;

  constructor(linux: Linux, count: number) {
    this.#linux = linux;
    this.messages = new Uint8Array(count * MESSAGE_BYTES);
    this.#words = new Uint32Array(this.messages.buffer);
    this.#vectors = new Uint8Array(count * VECTOR_BYTES);
    this.#vectorWords = new Uint32Array(this.#vectors.buffer);
    const vectors = linux.address(this.#vectors);
    for (let i = 0; i < count; i++) {
      this.#setAddress(i, MESSAGE.vector, vectors + BigInt(i * VECTOR_BYTES));
      this.#words[i * 16 + MESSAGE.vectorLength / 4] = 1;
    }
  }

  #setAddress(index: number, field: number, address: bigint): void {
    this.#words[index * 16 + field / 4] = Number(address & 0xffff_ffffn);
    this.#words[index * 16 + field / 4 + 1] = Number(address >> 32n);
  }

  rehearse(on: boolean): void {
    this.#rehearsal = on ? 1 : 0;
  }

  /** What all packets lie in; the same array most of the time, which then costs nothing. */
  useMemory(memory: Uint8Array): void {
    if (memory === this.#memory) return;
    this.#memory = memory;
    const address = this.#linux.address(memory);
    this.#low = Number(address & 0xffff_ffffn);
    this.#high = Number(address >> 32n);
  }

  /** Message `index` is these bytes of the memory. */
  setBytes(index: number, at: number, length: number): void {
    const words = this.#vectorWords;
    const low = this.#low + at;
    words[index * 4] = low;
    words[index * 4 + 1] = low >= 2 ** 32 ? this.#high + 1 : this.#high;
    words[index * 4 + 2] = length;
  }

  /** Where message `index` goes to or comes from: a sockaddr in memory that lives as long as this. */
  setName(index: number, name: Uint8Array): void {
    this.#setAddress(index, MESSAGE.name, this.#linux.address(name));
    this.#words[index * 16 + MESSAGE.nameLength / 4] = name.length;
  }

  /** Where ancillary data of message `index` goes to. */
  setControl(index: number, control: Uint8Array): void {
    this.#setAddress(index, MESSAGE.control, this.#linux.address(control));
    this.#words[index * 16 + MESSAGE.controlLength / 4] = control.length;
  }

  /** How much room there is for ancillary data: each reception leaves what has come in its place. */
  resetControlLength(index: number, bytes: number): void {
    this.#words[index * 16 + MESSAGE.controlLength / 4] = bytes;
  }

  /** Bytes of ancillary data that have come with message `index`, and of the packet itself. */
  controlLength(index: number): number {
    return this.#words[index * 16 + MESSAGE.controlLength / 4]!;
  }

  receivedBytes(index: number): number {
    return this.#words[index * 16 + MESSAGE.received / 4]!;
  }

  /** @returns how many were sent, or -1; in a rehearsal all, of which none is */
  send(descriptor: number, count: number): number {
    // Without a branch: V8 would throw away what it has compiled when another one is taken for the first time.
    const pretended = count * this.#rehearsal;
    return this.#linux.sendmmsg(descriptor, this.messages, count - pretended, LINUX.MSG_DONTWAIT) + pretended;
  }

  receive(descriptor: number, count: number): number {
    return this.#linux.recvmmsg(descriptor, this.messages, count, LINUX.MSG_DONTWAIT, null);
  }
}
