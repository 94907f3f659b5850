/**
 * @module
 * The other side of a model: for each device the sink sends the inbound packets of the sequence whose outbound ones it receives. Both ends
 * draw the same from the same seed; the first packet of a device says when its sequence began.
 */
import type { SampleLimit, TrafficModel } from '../../models/generator.js';
import { SendCounts } from '../emission/send-counts.js';
import { Sender } from '../emission/sender.js';
import { type Precision, systemSleeper, Waiter } from '../emission/waiter.js';
import { openLinux } from '../host/native/linux.js';
import { MAX_SIZE_BYTES, type PacketBlock } from '../packets/packet-series.js';
import { randomStream } from '../random.js';
import { writePattern } from '../synthesis/payload/pattern.js';
import { DialogueQueue, type ReplySource } from './dialogue-queue.js';
import { type OnReplied, ReplyTransport } from './reply-transport.js';
import type { SinkTime } from './sink-time.js';
import type { Source } from './source.js';

export interface DialogueOptions {
  readonly model: TrafficModel;
  readonly seed: string;
  /** Of each device, both directions. */
  readonly limit: SampleLimit;
  readonly precision: Precision;
}

export interface DialogueReport {
  readonly devices: number;
  readonly sent: number;
  readonly bytes: number;
  readonly failed: number;
  readonly failures: Readonly<Record<string, number>>;
  readonly lateness: { readonly p50Ns: number; readonly p99Ns: number; readonly maxNs: number };
}

export class Dialogue {
  readonly #options: DialogueOptions;
  readonly #time: SinkTime;
  readonly #onReplied: OnReplied;
  readonly #queue: DialogueQueue;
  readonly #counts = new SendCounts();
  readonly #partners: Partner[] = [];
  readonly #byDevice = new Map<number, Partner>();
  #stopped = false;

  constructor(options: DialogueOptions, time: SinkTime, onReplied: OnReplied) {
    this.#options = options;
    this.#time = time;
    this.#onReplied = onReplied;
    const payload = new Uint8Array(MAX_SIZE_BYTES);
    writePattern(payload, 0, payload.length);
    this.#queue = new DialogueQueue(payload);
  }

  /** A device has been heard from a source for the first time, or from another one than before. */
  meet(device: number, source: Source): void {
    const { model, seed, limit } = this.#options;
    source.partner = device;
    const known = this.#byDevice.get(device);
    if (known !== undefined) {
      known.source = source;
      return;
    }
    const draw = () => model.sample(randomStream(seed, device === 0 ? 'packets' : `device-${device}/packets`), limit);
    const startNs = source.firstNs - firstOutboundNs(draw());
    const partner = new Partner(this.#partners.length, source, startNs, draw());
    this.#partners.push(partner);
    this.#byDevice.set(device, partner);
    if (partner.advance()) this.#queue.join(partner);
  }

  /** Resolves after `stop`. */
  async run(): Promise<void> {
    const { startNs, startWallNs, clock } = this.#time;
    const waiter = new Waiter(clock, systemSleeper(await openLinux()), this.#options.precision);
    const transport = new ReplyTransport((channel) => this.#partners[channel]!.source, this.#onReplied);
    const stopped = () => this.#stopped;
    const options = { startNs, startWallNs, stamp: false, channels: 0, paced: true, stopped };
    await new Sender(this.#queue, transport, waiter, this.#counts, options).run();
  }

  stop(): void {
    this.#stopped = true;
    this.#queue.end();
  }

  report(): DialogueReport {
    const { packets, bytes, failed, failures, lateness } = this.#counts;
    const histogram = lateness.histogram();
    return {
      devices: this.#partners.length,
      sent: packets,
      bytes,
      failed,
      failures: Object.fromEntries(failures),
      lateness: {
        p50Ns: histogram.getValueAtPercentile(50),
        p99Ns: histogram.getValueAtPercentile(99),
        maxNs: histogram.maxValue,
      },
    };
  }
}

/** When the first packet that the device sends is due; 0 if it sends none. */
function firstOutboundNs(blocks: Iterable<PacketBlock>): number {
  for (const { length, offsetsNs, outbound } of blocks) {
    for (let i = 0; i < length; i++) if (outbound[i] === 1) return offsetsNs[i]!;
  }
  return 0;
}

/** One device, at the next packet that is to be sent to it. */
class Partner implements ReplySource {
  readonly channel: number;
  /** Where it was heard last. */
  source: Source;
  timeNs = 0;
  length = 0;
  /** When its sequence began, and when that was heard of. */
  readonly #startNs: number;
  readonly #joinedNs: number;
  readonly #blocks: Iterator<PacketBlock>;
  #block: PacketBlock | undefined;
  #index = 0;

  constructor(channel: number, source: Source, startNs: number, blocks: Iterable<PacketBlock>) {
    this.channel = channel;
    this.source = source;
    this.#startNs = startNs;
    this.#joinedNs = source.firstNs;
    this.#blocks = blocks[Symbol.iterator]();
  }

  advance(): boolean {
    for (;;) {
      if (this.#block === undefined || this.#index >= this.#block.length) {
        const next = this.#blocks.next();
        if (next.done) return false;
        this.#block = next.value;
        this.#index = 0;
      }
      const { offsetsNs, sizes, outbound } = this.#block;
      const at = this.#index++;
      if (outbound[at] === 1) continue;
      const length = this.#lengthOf(sizes[at]!);
      if (length < 0) continue;
      // What comes before the first packet of the device could not be sent before that was here.
      this.timeNs = Math.max(this.#joinedNs, this.#startNs + offsetsNs[at]!);
      this.length = length;
      return true;
    }
  }

  /** What is left for the payload; -1 for what a stream does by itself, such as acknowledgements. */
  #lengthOf(sizeBytes: number): number {
    const { overheadBytes, origin } = this.source;
    const length = sizeBytes - (overheadBytes - origin.framingBytes);
    if (origin.transport === 'udp') return Math.max(0, length);
    return length > 0 ? length : -1;
  }
}
