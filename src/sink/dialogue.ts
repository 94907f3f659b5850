/**
 * @module
 * The other side of a model: for each device the sink sends the inbound packets of the sequence whose outbound ones it receives. Both ends
 * draw the same from the same seed; the first packet of a device says when its sequence began.
 */

import type { SampleLimit, TrafficModel } from '../../models/traffic-model.js';
import { SendCounts } from '../emission/send-counts.js';
import { Sender } from '../emission/sender.js';
import { type Precision, systemSleeper, Waiter } from '../emission/waiter.js';
import { openLinux } from '../host/native/linux.js';
import { MAX_SIZE_BYTES } from '../net/sizes.js';
import { PacketCursor } from '../packets/packet-cursor.js';
import { type ModelledPackets, streamStackBytes } from '../packets/stack-packets.js';
import { deviceStream } from '../packets/streams.js';
import { writePattern } from '../synthesis/payload/pattern.js';
import { DialogueQueue, type ReplySource } from './dialogue-queue.js';
import { type OnReplied, ReplyTransport } from './reply-transport.js';
import type { SinkTime } from './sink-time.js';
import type { Source } from './source.js';

/** What a dialogue needs of a model file. */
export type DialogueModel = ModelledPackets & { readonly model: TrafficModel };

export interface DialogueOptions {
  readonly file: DialogueModel;
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
    const { file, seed, limit } = this.#options;
    source.partner = device;
    const known = this.#byDevice.get(device);
    if (known !== undefined) {
      known.source = source;
      return;
    }
    const draw = () => new PacketCursor(file.model.sample(deviceStream(seed, device, 'packets'), limit));
    const startNs = source.firstNs - firstOutboundNs(draw());
    const partner = new Partner(this.#partners.length, source, startNs, draw(), file);
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
function firstOutboundNs(packets: PacketCursor): number {
  while (packets.advance()) if (packets.outbound === 1) return packets.offsetNs;
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
  readonly #packets: PacketCursor;
  readonly #file: DialogueModel;

  constructor(channel: number, source: Source, startNs: number, packets: PacketCursor, file: DialogueModel) {
    this.channel = channel;
    this.source = source;
    this.#startNs = startNs;
    this.#joinedNs = source.firstNs;
    this.#packets = packets;
    this.#file = file;
  }

  advance(): boolean {
    const packets = this.#packets;
    while (packets.advance()) {
      if (packets.outbound === 1 || this.#isLeftToStack(packets.sizeBytes)) continue;
      // What comes before the first packet of the device could not be sent before that was here.
      this.timeNs = Math.max(this.#joinedNs, this.#startNs + packets.offsetNs);
      this.length = this.#lengthOf(packets.sizeBytes);
      return true;
    }
    return false;
  }

  #isLeftToStack(sizeBytes: number): boolean {
    const { origin, ipVersion } = this.source;
    return origin.transport === 'tcp' && sizeBytes <= streamStackBytes(this.#file, ipVersion);
  }

  /** What is left for the payload. */
  #lengthOf(sizeBytes: number): number {
    const { overheadBytes, origin } = this.source;
    return Math.max(0, sizeBytes - (overheadBytes - origin.framingBytes));
  }
}
