/**
 * A cable between two hosts of `namespaces.ts` that delays and loses packets, or is cut: two TUN devices with this process between them. (The kernel
 * has a discipline for that, netem, but not every kernel has it built in.)
 */
import { closeSync, constants, openSync, readSync, writeSync } from 'node:fs';
import { systemErrorCode } from '../../src/errors.js';
import type { Linux } from '../../src/host/native/linux.js';
import { type Random, randomStream } from '../../src/random.js';
import type { Host, Network } from './namespaces.js';

/** <linux/if_tun.h>, <net/if.h> */
const TUNSETIFF = 0x400454ca;
const IFF_TUN = 0x0001;
const IFF_NO_PI = 0x1000;
const IFNAMSIZ = 16;
const IFREQ_BYTES = 40;
const NAME = 'bad0';

const LOOK_MS = 2;
const LONGEST_PACKET = 65_536;

/** Addresses of its ends. */
export const BAD_CABLE = { here: '10.78.0.1', there: '10.78.0.2', interfaceName: NAME } as const;

interface Packet {
  readonly bytes: Uint8Array;
  readonly dueMs: number;
  readonly to: number;
}

export class BadCable {
  /** Of each packet, one way. */
  delayMs = 0;
  /** Share of packets that are lost. */
  loss = 0;
  isCut = false;
  lost = 0;
  carried = 0;
  readonly #ends: readonly [number, number];
  readonly #timer: NodeJS.Timeout;
  readonly #random: Random;
  readonly #buffer = new Uint8Array(LONGEST_PACKET);
  #underWay: Packet[] = [];

  constructor(linux: Linux, { here, there }: Network, seed: string) {
    this.#random = randomStream(seed, 'cable');
    this.#ends = [openEnd(linux, here, BAD_CABLE.here), openEnd(linux, there, BAD_CABLE.there)];
    this.#timer = setInterval(() => this.#look(), LOOK_MS);
  }

  close(): void {
    clearInterval(this.#timer);
    for (const end of this.#ends) closeSync(end);
  }

  #look(): void {
    this.#ends.forEach((end, index) => {
      for (let length = this.#read(end); length > 0; length = this.#read(end)) {
        if (this.isCut || this.#random.next() < this.loss) this.lost++;
        else
          this.#underWay.push({
            bytes: this.#buffer.slice(0, length),
            // Of this packet: those before it may have taken a while on a busy machine.
            dueMs: performance.now() + this.delayMs,
            to: this.#ends[1 - index]!,
          });
      }
    });
    const now = performance.now();
    const due = this.#underWay.filter(({ dueMs }) => dueMs <= now);
    if (due.length === 0) return;
    this.#underWay = this.#underWay.filter(({ dueMs }) => dueMs > now);
    for (const { bytes, to } of due) {
      writeSync(to, bytes);
      this.carried++;
    }
  }

  /** @returns 0 if there is nothing */
  #read(end: number): number {
    try {
      return readSync(end, this.#buffer);
    } catch (error) {
      if (systemErrorCode(error) === 'EAGAIN') return 0;
      throw error;
    }
  }
}

function openEnd(linux: Linux, host: Host, address: string): number {
  const descriptor = host.inside(() => {
    const end = openSync('/dev/net/tun', constants.O_RDWR | constants.O_NONBLOCK);
    const request = Buffer.alloc(IFREQ_BYTES);
    request.write(NAME);
    request.writeUInt16LE(IFF_TUN | IFF_NO_PI, IFNAMSIZ);
    if (linux.ioctl(end, TUNSETIFF, request) !== 0) throw new Error(`TUNSETIFF: ${linux.errorName()}`);
    return end;
  });
  host.run('ip', 'address', 'add', `${address}/24`, 'dev', NAME);
  host.run('ip', 'link', 'set', NAME, 'up');
  return descriptor;
}
