/**
 * Conversations with payloads from the source under test, in frames that share no code with it: Ethernet, IPv4, and UDP, or TCP from the
 * first SYN on. Checksums of UDP are left out (RFC 768), those of TCP are zero: the programs that judge do not look at them.
 */
import { randomStream } from '../../../src/random.js';
import type { PayloadSource, PayloadStream } from '../../../src/synthesis/payload-stream.js';

export interface Turn {
  readonly size: number;
  readonly byOpener: boolean;
}

export interface Speakers {
  readonly servicePort: number;
  readonly openerPort: number;
  readonly multicast?: boolean;
  /** Last two bytes of the address of the opener, which makes conversations different. */
  readonly opener?: number;
}

const u16 = (value: number): number[] => [(value >>> 8) & 0xff, value & 0xff];
const u32 = (value: number): number[] => [...u16(value >>> 16), ...u16(value)];

const MULTICAST: Readonly<Record<number, readonly number[]>> = {
  1900: [239, 255, 255, 250],
  5353: [224, 0, 0, 251],
  5355: [224, 0, 0, 252],
};

/** Writes through an array that has the preamble, as the capture writer's has, and takes the payload out of it. */
export class Payloads {
  readonly #bytes: Uint8Array;
  readonly #preambleBytes: number;

  constructor(source: PayloadSource) {
    this.#preambleBytes = source.preamble.length;
    this.#bytes = new Uint8Array(this.#preambleBytes + 2 ** 19);
    this.#bytes.set(source.preamble);
  }

  next(stream: PayloadStream, { size, byOpener }: Turn): { readonly payload: Buffer; readonly sum: number } {
    const at = this.#preambleBytes;
    this.#bytes.fill(0xa5, at, at + size + 1);
    const sum = stream.write(this.#bytes, at, size, byOpener);
    if (this.#bytes[at + size] !== 0xa5) throw new Error('written beyond the end');
    return { payload: Buffer.from(this.#bytes.slice(at, at + size)), sum };
  }
}

export class CaptureMaker {
  readonly #source: PayloadSource;
  readonly #payloads: Payloads;
  readonly #records: Buffer[] = [Buffer.from('d4c3b2a1020004000000000000000000ffff040001000000', 'hex')];
  #time = 0;
  /** Of every packet with payload: its size and the bytes. */
  readonly sent: Buffer[] = [];

  constructor(source: PayloadSource) {
    this.#source = source;
    this.#payloads = new Payloads(source);
  }

  get content(): Buffer {
    return Buffer.concat(this.#records);
  }

  datagrams(speakers: Speakers, turns: readonly Turn[]): void {
    const { servicePort, openerPort, multicast = false } = speakers;
    const stream = this.#source.begin({ protocol: 17, servicePort, ipVersion: 4, multicast });
    for (const turn of turns) {
      const { payload } = this.#payloads.next(stream, turn);
      const [from, to] = turn.byOpener ? [openerPort, servicePort] : [servicePort, openerPort];
      this.sent.push(payload);
      this.#packet(speakers, turn.byOpener, 17, [...u16(from), ...u16(to), ...u16(8 + payload.length), 0, 0], payload);
    }
  }

  segments(speakers: Speakers, turns: readonly Turn[]): void {
    const { servicePort, openerPort } = speakers;
    const stream = this.#source.begin({ protocol: 6, servicePort, ipVersion: 4, multicast: false });
    const sequence = [1000, 2000]; // of the opener, of the other end
    const send = (byOpener: boolean, flags: number, payload: Buffer) => {
      const [from, to] = byOpener ? [openerPort, servicePort] : [servicePort, openerPort];
      const [mine, other] = byOpener ? sequence : [sequence[1], sequence[0]];
      const acknowledged = flags === 2 ? 0 : other!;
      const header = [
        ...u16(from),
        ...u16(to),
        ...u32(mine!),
        ...u32(acknowledged),
        0x50,
        flags,
        0xfa,
        0xf0,
        0,
        0,
        0,
        0,
      ];
      this.#packet(speakers, byOpener, 6, header, payload);
      sequence[byOpener ? 0 : 1]! += payload.length + (flags & 2 ? 1 : 0);
    };
    const nothing = Buffer.alloc(0);
    send(true, 0x02, nothing);
    send(false, 0x12, nothing);
    send(true, 0x10, nothing);
    for (const turn of turns) {
      const { payload } = this.#payloads.next(stream, turn);
      this.sent.push(payload);
      send(turn.byOpener, 0x18, payload);
    }
  }

  #packet(
    speakers: Speakers,
    byOpener: boolean,
    protocol: number,
    transport: readonly number[],
    payload: Buffer,
  ): void {
    const { servicePort, multicast = false, opener = 1 } = speakers;
    const client = [10, 7, ...u16(opener)];
    const server = multicast ? MULTICAST[servicePort]! : [198, 51, 100, 1];
    const [from, to] = byOpener ? [client, server] : [server, client];
    const total = 20 + transport.length + payload.length;
    const ip = [0x45, 0, ...u16(total), 0, 7, 0x40, 0, 64, protocol, 0, 0, ...from, ...to];
    const macs = byOpener ? [2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1] : [2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2];
    const head = Buffer.from([...macs, 8, 0, ...ip, ...transport]);
    const record = Buffer.alloc(16);
    this.#time += 1_000;
    record.writeUInt32LE(1_700_000_000 + Math.floor(this.#time / 1e6), 0);
    record.writeUInt32LE(this.#time % 1e6, 4);
    record.writeUInt32LE(head.length + payload.length, 8);
    record.writeUInt32LE(head.length + payload.length, 12);
    this.#records.push(record, head, payload);
  }
}

/** Turns of random sizes by random ends; the opener begins. */
export function randomTurns(seed: string, count: number, maxSize: number): Turn[] {
  const random = randomStream(seed, 'turns');
  return Array.from({ length: count }, (_, i) => ({
    size: 1 + Math.floor(random.next() ** 3 * maxSize),
    byOpener: i === 0 || random.next() < 0.5,
  }));
}
