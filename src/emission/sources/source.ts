/**
 * @module
 * The contract of everything that packets to be sent come from: captures and models. A source says what is sent and at which of its
 * own times; the schedule behind the output says when that is.
 */
import type { CaptureWarning } from '../../capture/capture-file.js';
import { SynthError } from '../../errors.js';
import { action, option, type Wording, wording } from '../../wording.js';
import type { ScheduledOutput } from '../scheduled-output.js';

/** Whose packets are sent: those of the device, or of the first endpoint of a flow (out), those of its peers (in), or all. */
export const DIRECTIONS = ['out', 'in', 'both'] as const;
export type Directions = (typeof DIRECTIONS)[number];

export const isWanted = (directions: Directions, outbound: boolean): boolean =>
  directions === 'both' || outbound === (directions === 'out');

/** What is not sent, or not whole; of captures in one round. */
export class SourceCounts {
  /** Packets that go the other way. */
  otherDirection = 0;
  /** Packets without payload, which the system's own TCP sends as it needs them; or none at all, where a datagram cannot stand for them. */
  leftToStack = 0;
  /** Frames without an IP packet, where only those can be sent. */
  withoutIp = 0;
  /**
   * Packets of which the capture holds only the beginning. Frames and IP packets are sent as far as they go, if there is an Ethernet header at
   * least; payloads are padded with zeros.
   */
  cut = 0;
}

export interface PacketSource {
  /** How many senders there are, each with a channel of its own. */
  readonly channels: number;
  /** The longest packet in bytes, where that is known beforehand. */
  readonly maxBytes: number | undefined;
  readonly counts: SourceCounts;
  /** What was odd about the captures, known when they have been read. */
  readonly warnings: readonly CaptureWarning[];
  /**
   * Plans packets until there are no more, or the plan has ended, or nobody takes them any more. Holds a bounded number of them.
   *
   * @throws SynthError `SYNTH_NOTHING_TO_SEND` if not one was planned, `SYNTH_INTERRUPTED`, and what reading captures throws
   */
  produce(output: ScheduledOutput, signal?: AbortSignal): Promise<void>;
}

/** @throws SynthError `SYNTH_NOTHING_TO_SEND` if no packet was planned though somebody takes them */
export function requirePackets(output: ScheduledOutput, counts: SourceCounts): void {
  if (output.packets > 0 || output.closed) return;
  const { otherDirection, leftToStack, withoutIp } = counts;
  const reasons = [
    [otherDirection, 'go the other way'],
    [leftToStack, 'carry nothing, and are left to the network stack'],
    [withoutIp, 'hold no IP packet'],
  ] as const;
  const told = reasons.filter(([packets]) => packets > 0).map(([packets, reason]) => `${packets} packets ${reason}`);
  if (output.ended) told.push('the limits of the run end it before its first packet');
  throw new SynthError('SYNTH_NOTHING_TO_SEND', `nothing to send: ${told.join('; ') || 'there are no packets'}`, {
    hint: hintFor(counts),
  });
}

function hintFor({ otherDirection, leftToStack }: SourceCounts): Wording {
  if (leftToStack > 0) {
    return wording`Send datagrams, with ${option('to')} udp://HOST:PORT, or frames, with ${option('interface')}.`;
  }
  if (otherDirection > 0) return wording`Send the other direction, or both: ${option('direction')} out|in|both.`;
  return wording`See what there is with: ${action('inspectCapture')}, or ${action('describeModel')}`;
}
