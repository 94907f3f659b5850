/**
 * @module
 * What a model makes a device say: of the packets that it sends those that carry something, with the times and sizes of the group's wishes.
 */
import type { TrafficModel } from '../../../models/generator.js';
import { IP_PROTOCOL } from '../../capture/packet.js';
import type { LoadedModelFile } from '../../model-files/model-file.js';
import type { PacketBlock } from '../../packets/packet-series.js';
import type { Random } from '../../random.js';
import { IP_HEADER_BYTES, UDP_HEADER_BYTES } from '../../synthesis/channel.js';
import type { Silence } from '../scenario/scenario.js';

/** Few, since thousands of devices hold a block each. */
const BLOCK_PACKETS = 64;
/** A device that draws so many packets and says nothing is silent for good. */
const MOST_IN_VAIN = 200_000;
/** A SYN of Linux: maximum segment size, timestamps, selective acknowledgements and window scaling are 20 bytes of options. */
const SYN_BYTES = 40;

/**
 * The longest IP packet that counts as one of the stack: one of TCP that may be a SYN, an ACK or a keep-alive. Other protocols have none, and
 * of a model of packets with payload all are messages.
 */
export function stackPacketBytes({ profile, training }: LoadedModelFile): number {
  const ipBytes = IP_HEADER_BYTES[profile.ipVersion];
  if (training.payloadOnly) return 0;
  return profile.protocol === IP_PROTOCOL.tcp ? ipBytes + SYN_BYTES : ipBytes + UDP_HEADER_BYTES;
}

export interface MessageTimesOptions {
  readonly speed: number;
  readonly silence: Silence;
  /** See `stackPacketBytes`. */
  readonly stackBytes: number;
  /** Own time of the device at which its series begins, in ns. */
  readonly startNs: number;
}

/** A device's messages, one after the other. */
export class MessageTimes {
  // The message that `advance` came to: when, in the device's own time, and how long its IP packet is to be.
  ownNs = 0;
  sizeBytes = 0;
  /** Packets passed over since the beginning that carry nothing. */
  leftToStack = 0;
  readonly #blocks: Iterator<PacketBlock>;
  readonly #options: MessageTimesOptions;
  #block: PacketBlock | undefined;
  #next = 0;
  /** Time of the model at the message before. */
  #modelNs = 0;

  constructor(model: TrafficModel, random: Random, options: MessageTimesOptions) {
    const endless = { packets: Number.POSITIVE_INFINITY, durationNs: Number.POSITIVE_INFINITY };
    this.#blocks = model.sample(random, { ...endless, blockPackets: BLOCK_PACKETS })[Symbol.iterator]();
    this.#options = options;
    this.ownNs = options.startNs;
  }

  /** @returns false if there is none */
  advance(): boolean {
    const { stackBytes } = this.#options;
    for (let drawn = 0; drawn < MOST_IN_VAIN; drawn++) {
      if (this.#block === undefined || this.#next === this.#block.length) {
        const { done, value } = this.#blocks.next();
        if (done) return false;
        this.#block = value;
        this.#next = 0;
      }
      const next = this.#next++;
      if (this.#block.outbound[next] !== 1) continue;
      const size = this.#block.sizes[next]!;
      if (size <= stackBytes) {
        this.leftToStack++;
        continue;
      }
      const modelNs = this.#block.offsetsNs[next]!;
      this.ownNs += gapOf(modelNs - this.#modelNs, this.#options);
      this.#modelNs = modelNs;
      this.sizeBytes = size;
      return true;
    }
    return false;
  }
}

function gapOf(modelGapNs: number, { speed, silence }: MessageTimesOptions): number {
  const gapNs = modelGapNs / speed;
  return gapNs < silence.fromNs ? gapNs : Math.min(gapNs * silence.scale, silence.mostNs);
}
