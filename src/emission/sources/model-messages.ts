/**
 * @module
 * What a model's devices send through sockets: messages as long as their packets are without the headers that the system will put
 * before them. What the stack of a stream sends by itself is left to it; as datagrams packets that would be headers alone are sent empty.
 */
import type { SampleLimit, Sampling, TrafficModel } from '../../../models/traffic-model.js';
import { SynthError } from '../../errors.js';
import type { LoadedModel, TargetProfile } from '../../model-files/model-file.js';
import { IP_HEADER_BYTES, TCP_HEADER_BYTES, UDP_HEADER_BYTES } from '../../net/header-bytes.js';
import { IP_PROTOCOL } from '../../net/ip-protocol.js';
import { MAX_PACKET_BYTES } from '../../net/sizes.js';
import { streamStackBytes } from '../../packets/stack-packets.js';
import { deviceStream, runStream } from '../../packets/streams.js';
import { TimeQueue } from '../../packets/time-queue.js';
import { openPayloadSource, type PayloadChoice } from '../../synthesis/payload/payload-source.js';
import type { PayloadSource, PayloadStream } from '../../synthesis/payload-stream.js';
import { samplingModel } from '../../synthesis/sampled-model.js';
import { option, wording } from '../../wording.js';
import type { ScheduledOutput } from '../scheduled-output.js';
import type { SocketKind } from './capture-payloads.js';
import { copyBytes, type ViewedBytes } from './copy-bytes.js';
import { DevicePackets } from './device-packets.js';
import { isInVain, requireSampling } from './model-run.js';
import { type Directions, isWanted, type PacketSource, requirePackets, SourceCounts } from './source.js';

/** Packets that are drawn at a time, for all devices together and for one. */
const AHEAD_PACKETS = 65_536;
const MIN_BLOCK = 64;
const MAX_BLOCK = 4096;

export interface ModelMessagesOptions {
  readonly seed: string;
  /** Of each device. */
  readonly limit: SampleLimit;
  /** How packets are drawn; as the model has learned if left out. */
  readonly sampling: Sampling | undefined;
  /** Each has a channel of its own, and draws what it does in a generated capture. */
  readonly devices: number;
  readonly directions: Directions;
  readonly payload: PayloadChoice;
  readonly socket: SocketKind;
  /** Of the packets that the system will make. */
  readonly ipVersion: 4 | 6;
  /** Where there are several devices, each starts within this time of the beginning of the run, in ns. */
  readonly spreadNs: number;
}

export class ModelMessages implements PacketSource {
  readonly channels: number;
  readonly maxBytes = undefined;
  readonly counts = new SourceCounts();
  readonly warnings = [];
  readonly #file: LoadedModel;
  readonly #model: TrafficModel;
  readonly #options: ModelMessagesOptions;
  readonly #headerBytes: number;
  /** Packets up to this are left to the stack. */
  readonly #stackBytes: number;
  /** Whether the device has opened the conversation, for payloads that know who speaks. */
  readonly #openedByDevice: boolean;
  /** Where payloads are written that need a preamble, which the ring has not, and where in it; empty for those that need none. */
  #beside = viewed(0);
  #besideAt = 0;

  /**
   * @throws SynthError `SYNTH_USAGE` if the model cannot be told how to draw, or `protocol` is asked for where there is not one conversation
   *   to speak in
   */
  constructor(file: LoadedModel, options: ModelMessagesOptions) {
    const { devices, socket, ipVersion } = options;
    this.#file = file;
    this.#model = samplingModel(file.model, options.sampling);
    this.#options = options;
    this.channels = devices;
    this.#headerBytes = IP_HEADER_BYTES[ipVersion] + (socket === 'datagrams' ? UDP_HEADER_BYTES : TCP_HEADER_BYTES);
    // A datagram is sent for each packet, also where it carries nothing.
    this.#stackBytes = socket === 'stream' ? streamStackBytes(file, ipVersion) : 0;
    this.#openedByDevice = file.conversations?.services[0]?.openedByLocal ?? true;
    if (options.payload === 'protocol') requireConversation(file.profile, socket);
  }

  /** @throws SynthError also `SYNTH_USAGE` for rounds, or a run that does not end; as `openPayloadSource` does */
  async produce(output: ScheduledOutput, signal?: AbortSignal): Promise<void> {
    const { seed, limit, payload, directions } = this.#options;
    requireSampling(output, this.#model, limit);
    const source = await openPayloadSource(payload, runStream(seed, 'payload'));
    this.#prepare(source.preamble);
    const devices = this.#createDevices(source);
    const queue = new TimeQueue(devices.filter((device) => device.advance()));
    for (let device = queue.first; device !== undefined; device = queue.first) {
      const length = device.sizeBytes - this.#headerBytes;
      if (!output.hasRoom(Math.max(0, length)) && !(await output.room(Math.max(0, length), 1, signal))) break;
      if (!isWanted(directions, device.outbound === 1)) {
        this.counts.otherDirection++;
        output.skip(device.timeNs);
      } else {
        this.#send(device, length, output);
      }
      if (output.ended || isInVain(output, this.counts)) break;
      queue.advance();
    }
    requirePackets(output, this.counts);
  }

  #prepare(preamble: Uint8Array): void {
    if (preamble.length === 0) return;
    this.#besideAt = preamble.length;
    this.#beside = viewed(preamble.length + MAX_PACKET_BYTES);
    this.#beside.bytes.set(preamble);
  }

  #createDevices(source: PayloadSource): readonly DevicePackets[] {
    const { seed, limit, devices, spreadNs } = this.#options;
    const blockPackets = Math.max(MIN_BLOCK, Math.min(MAX_BLOCK, Math.floor(AHEAD_PACKETS / devices)));
    return Array.from({ length: devices }, (_, channel) => {
      const blocks = this.#model.sample(deviceStream(seed, channel, 'packets'), { ...limit, blockPackets });
      const isSpread = devices > 1 && spreadNs > 0;
      const startNs = isSpread ? Math.floor(deviceStream(seed, channel, 'phase').next() * spreadNs) : 0;
      return new DevicePackets(blocks, { channel, startNs, payload: this.#beginPayload(source) });
    });
  }

  #beginPayload(source: PayloadSource): PayloadStream {
    const { socket, ipVersion } = this.#options;
    const { localPort, peerPort } = this.#file.profile;
    const servicePort = (this.#openedByDevice ? peerPort : localPort) ?? 0;
    const protocol = socket === 'datagrams' ? IP_PROTOCOL.udp : IP_PROTOCOL.tcp;
    return source.begin({ protocol, servicePort, ipVersion, multicast: false });
  }

  #send({ timeNs, sizeBytes, outbound, channel, payload }: DevicePackets, room: number, output: ScheduledOutput): void {
    if (sizeBytes <= this.#stackBytes) {
      this.counts.leftToStack++;
      output.skip(timeNs);
      return;
    }
    const length = Math.max(0, room);
    const to = output.begin(length);
    const byOpener = this.#openedByDevice === (outbound === 1);
    const besideAt = this.#besideAt;
    if (besideAt === 0) {
      payload.write(output.bytes, to, length, byOpener);
    } else {
      payload.write(this.#beside.bytes, besideAt, length, byOpener);
      copyBytes(this.#beside, besideAt, output, to, length);
    }
    output.commit(timeNs, channel);
  }
}

function viewed(length: number): ViewedBytes {
  const bytes = new Uint8Array(length);
  return { bytes, view: new DataView(bytes.buffer) };
}

/** @throws SynthError `SYNTH_USAGE` unless the model is of one conversation that the socket can have */
function requireConversation({ kind, protocol }: TargetProfile, socket: SocketKind): void {
  const needed = socket === 'datagrams' ? IP_PROTOCOL.udp : IP_PROTOCOL.tcp;
  if (kind === 'flow' && protocol === needed) return;
  const what =
    kind === 'flow' ? 'a flow of another protocol than the socket' : 'a device, which has many conversations';
  throw new SynthError('SYNTH_USAGE', `the model is of ${what}; there is no protocol to speak`, {
    hint: wording`Take ${option('payload')} pattern, zeros, random or a file; or send frames, with ${option('interface')}.`,
  });
}
