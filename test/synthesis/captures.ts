/** Captures of our own making, in memory. */

import { CaptureWriter, type WrittenCaptureFormat } from '../../src/capture/capture-writer.js';
import { ROLE } from '../../src/conversations/role.js';
import type { TargetProfile } from '../../src/model-files/model-file.js';
import { LINK_TYPE } from '../../src/net/link-type.js';
import type { Output } from '../../src/output-file.js';
import type { PacketBlock } from '../../src/packets/packet-series.js';
import { randomStream } from '../../src/random.js';
import type { Channel } from '../../src/synthesis/channel.js';
import { ChannelFactory } from '../../src/synthesis/channel-factory.js';
import { deviceAddresses } from '../../src/synthesis/device-addresses.js';
import { FramePlanner } from '../../src/synthesis/frame-planner.js';
import { FrameWriter } from '../../src/synthesis/frame-writer.js';
import { type IdentityOptions, identityOf } from '../../src/synthesis/identity.js';
import { createPayloadSource, type PayloadKind } from '../../src/synthesis/payload/payload-source.js';
import { singleConversation } from '../../src/synthesis/single-conversation.js';

export class MemoryOutput implements Output {
  readonly name = 'memory';
  readonly #chunks: Uint8Array[] = [];

  async write(bytes: Uint8Array): Promise<void> {
    this.#chunks.push(bytes.slice());
  }

  async finish(): Promise<void> {}

  async discard(): Promise<void> {}

  get content(): Buffer {
    return Buffer.concat(this.#chunks);
  }
}

export const profileOf = (ipVersion: 4 | 6, protocol: number): TargetProfile => ({
  kind: 'flow',
  ipVersion,
  protocol,
  localPort: 49_152,
  peerPort: 9,
  addresses: null,
});

export interface CaptureOptions {
  readonly profile: TargetProfile;
  readonly format?: WrittenCaptureFormat;
  readonly payload?: PayloadKind;
  readonly startNs?: bigint;
  readonly identity?: IdentityOptions;
  readonly seed?: string;
  readonly comment?: string;
}

export const START_NS = 1_700_000_000_123_456_789n;
export const COMMENT = 'Synthetic traffic, über alles';

export async function captureOf(block: PacketBlock, options: CaptureOptions): Promise<Buffer> {
  const { profile, format = 'nsecpcap', payload = 'random', startNs = START_NS, identity = {}, seed = '1' } = options;
  const { comment = COMMENT } = options;
  const output = new MemoryOutput();
  const source = createPayloadSource(payload, randomStream(seed, 'payload'));
  const channels = { payload: source, random: randomStream(seed, 'headers'), strictSizes: true };
  const planner = new FramePlanner({ mtu: Number.POSITIVE_INFINITY, oversize: 'error' });
  const chosen = identityOf(profile, identity);
  const conversations = singleConversation(undefined, chosen);
  const factory = new ChannelFactory(channels, conversations, deviceAddresses(conversations, chosen, 0));
  const channel = factory.open({ record: 0, localPort: chosen.client.port, peerPort: chosen.server.port });
  const captureOptions = { format, linkType: LINK_TYPE.ethernet, application: 'synth test', comment };
  const writer = new CaptureWriter(output, captureOptions, source.preamble);
  await writeFrames(block, new FrameWriter(writer, planner, source.preamble), startNs, () => ({
    conversation: channel,
    role: ROLE.data,
  }));
  return output.content;
}

/** Writes a block whose packets have conversations that are given. */
export async function writeFrames(
  { length, offsetsNs, sizes, outbound }: PacketBlock,
  writer: FrameWriter,
  startNs: bigint,
  assignment: (packet: number) => { readonly conversation: Channel; readonly role: number },
): Promise<void> {
  await writer.begin();
  for (let i = 0; i < length; i++) {
    const timeNs = startNs + BigInt(offsetsNs[i]!);
    const sizeBytes = sizes[i]!;
    if (!writer.hasRoom(sizeBytes)) await writer.flush(sizeBytes);
    const packet = { sizeBytes, outbound: outbound[i]!, ...assignment(i) };
    writer.write(Number(timeNs / 1_000_000_000n), Number(timeNs % 1_000_000_000n), packet);
  }
  await writer.end();
}
