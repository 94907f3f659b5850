/**
 * @module
 * What has arrived, as frames: the addresses and ports are those of both ends, and streams are TCP connections whose segments are the messages.
 */

import type { CaptureWriter } from '../capture/capture-writer.js';
import { ROLE } from '../conversations/role.js';
import { parseAddress } from '../net/address.js';
import { IP_HEADER_BYTES, TCP_HEADER_BYTES } from '../net/header-bytes.js';
import { IP_PROTOCOL } from '../net/ip-protocol.js';
import type { Random } from '../random.js';
import type { Channel } from '../synthesis/channel.js';
import { type ConversationEnd, type ConversationSpec, NO_SYN_OPTIONS } from '../synthesis/conversation-spec.js';
import { DOCUMENTATION_CLIENT, DOCUMENTATION_SERVER, type Party } from '../synthesis/documentation-addresses.js';
import { FrameEncoder } from '../synthesis/frame-encoder.js';
import { FramePlanner } from '../synthesis/frame-planner.js';
import { type ChannelOptions, openChannel } from '../synthesis/open-channel.js';
import type { Arrival } from './arrival.js';
import { ArrivedPayload } from './arrived-payload.js';
import type { SinkTime } from './sink-time.js';
import type { Source } from './source.js';

/** Longer messages become several segments: half of what the window of a receiver takes. */
const MAX_SEGMENT_BYTES = 32_000;
/** RFC 863: of what has no ports. */
const DISCARD_PORT = 9;
const FIRST_PORT = 49_152;
const PORTS = 65_536 - FIRST_PORT;

export class ArrivalFrames {
  readonly #payload = new ArrivedPayload();
  readonly #channelOptions: ChannelOptions;
  readonly #planner = new FramePlanner({ mtu: Number.POSITIVE_INFINITY, oversize: 'fragment' });
  readonly #encoder: FrameEncoder;
  /** The packet that is written: one object for all. */
  readonly #packet = { sizeBytes: 0, outbound: 0, role: 0 };
  readonly #time: SinkTime;
  readonly #channels = new Map<Source, Channel>();

  /** @param random for initial numbers */
  constructor(random: Random, time: SinkTime) {
    const payload = this.#payload;
    this.#time = time;
    this.#channelOptions = { payload, random, strictSizes: false };
    this.#encoder = new FrameEncoder(payload.preamble);
  }

  /** @returns bytes of the frames */
  write(capture: CaptureWriter, source: Source, { bytes, at, length, sinceNs, outbound }: Arrival): number {
    const { framingBytes, transport } = source.origin;
    this.#payload.set(bytes, at, length, framingBytes);
    const headerBytes = source.overheadBytes - framingBytes;
    const channel = this.#channelOf(source);
    let left = framingBytes + length;
    let written = 0;
    do {
      const part = transport === 'udp' ? left : Math.min(left, MAX_SEGMENT_BYTES);
      written += this.#writePacket(capture, channel, headerBytes + part, outbound, ROLE.data, sinceNs);
      left -= part;
    } while (left > 0);
    return written;
  }

  /** The end of a connection, if any of it has been written. @returns bytes of the frames */
  end(capture: CaptureWriter, source: Source, sinceNs: number): number {
    const channel = this.#channels.get(source);
    if (channel === undefined || source.origin.transport === 'udp' || channel.isClosed) return 0;
    const sizeBytes = IP_HEADER_BYTES[source.ipVersion] + TCP_HEADER_BYTES;
    this.#channels.delete(source);
    return (
      this.#writePacket(capture, channel, sizeBytes, 1, ROLE.fin, sinceNs) +
      this.#writePacket(capture, channel, sizeBytes, 0, ROLE.fin, sinceNs) +
      this.#writePacket(capture, channel, sizeBytes, 1, ROLE.ack, sinceNs)
    );
  }

  #writePacket(
    capture: CaptureWriter,
    channel: Channel,
    sizeBytes: number,
    outbound: number,
    role: number,
    sinceNs: number,
  ): number {
    const packet = this.#packet;
    packet.sizeBytes = sizeBytes;
    packet.outbound = outbound;
    packet.role = role;
    const plan = this.#planner.plan(channel, packet, sinceNs / 1e6);
    const seconds = this.#time.secondsOf(sinceNs);
    const nanoseconds = this.#time.nanosecondsOf(sinceNs);
    let written = 0;
    for (let index = 0; index < plan.frames; index++) {
      const frameBytes = plan.frameBytes[index]!;
      capture.reserve(frameBytes);
      const frameAt = capture.beginRecord(seconds, nanoseconds, frameBytes, frameBytes);
      this.#encoder.write(plan, index, capture.bytes, frameAt);
      capture.endRecord();
      written += frameBytes;
    }
    return written;
  }

  #channelOf(source: Source): Channel {
    const known = this.#channels.get(source);
    if (known !== undefined) return known;
    const spec: ConversationSpec = {
      ipVersion: source.ipVersion,
      protocol: IP_PROTOCOL[source.origin.transport],
      local: remoteEnd(source),
      peer: localEnd(source),
      openedByLocal: true,
      midstream: false,
      syn: { local: NO_SYN_OPTIONS, peer: NO_SYN_OPTIONS },
    };
    const channel = openChannel(spec, this.#channelOptions);
    this.#channels.set(source, channel);
    return channel;
  }
}

/** Sockets without addresses get those that are reserved for documentation, and a port each. */
const remoteEnd = ({ origin, index, ipVersion }: Source): ConversationEnd => {
  const { remote } = origin;
  const port = remote?.port ?? FIRST_PORT + (index % PORTS);
  return { ...endOf(DOCUMENTATION_CLIENT, ipVersion, remote?.address), port };
};

const localEnd = ({ origin, ipVersion }: Source): ConversationEnd => ({
  ...endOf(DOCUMENTATION_SERVER, ipVersion, origin.local?.address),
  port: origin.local?.port ?? DISCARD_PORT,
});

/** What no socket tells is the MAC address. */
function endOf(party: Omit<Party, 'port'>, ipVersion: 4 | 6, address: string | undefined) {
  const documented = ipVersion === 4 ? party.ipv4 : party.ipv6;
  return { mac: party.mac.bytes, address: (address === undefined ? documented : parseAddress(address)).bytes };
}
