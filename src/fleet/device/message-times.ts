/**
 * @module
 * What a model makes a device say: of the packets that it sends those that carry something, with the times and sizes of the group's wishes.
 */
import type { TrafficModel } from '../../../models/traffic-model.js';
import { PacketCursor } from '../../packets/packet-cursor.js';
import type { Random } from '../../random.js';
import type { Silence } from '../scenario/scenario.js';

/** Few, since thousands of devices hold a block each. */
const BLOCK_PACKETS = 64;
/** A device that draws so many packets and says nothing is silent for good. */
const MAX_IN_VAIN = 200_000;
export interface MessageTimesOptions {
  readonly speed: number;
  readonly silence: Silence;
  /** Packets up to this are left to the stack, see `stackPacketBytes`. */
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
  readonly #packets: PacketCursor;
  readonly #options: MessageTimesOptions;
  /** Time of the model at the message before. */
  #modelNs = 0;

  constructor(model: TrafficModel, random: Random, options: MessageTimesOptions) {
    const endless = { packets: Number.POSITIVE_INFINITY, durationNs: Number.POSITIVE_INFINITY };
    this.#packets = new PacketCursor(model.sample(random, { ...endless, blockPackets: BLOCK_PACKETS }));
    this.#options = options;
    this.ownNs = options.startNs;
  }

  /** @returns false if there is none */
  advance(): boolean {
    const { stackBytes } = this.#options;
    for (let drawn = 0; drawn < MAX_IN_VAIN; drawn++) {
      if (!this.#packets.advance()) return false;
      const { outbound, sizeBytes, offsetNs } = this.#packets;
      if (outbound !== 1) continue;
      if (sizeBytes <= stackBytes) {
        this.leftToStack++;
        continue;
      }
      this.ownNs += gapOf(offsetNs - this.#modelNs, this.#options);
      this.#modelNs = offsetNs;
      this.sizeBytes = sizeBytes;
      return true;
    }
    return false;
  }
}

function gapOf(modelGapNs: number, { speed, silence }: MessageTimesOptions): number {
  const gapNs = modelGapNs / speed;
  return gapNs < silence.fromNs ? gapNs : Math.min(gapNs * silence.scale, silence.maxNs);
}
