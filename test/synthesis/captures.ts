/** Captures of our own making, in memory. */
import type { TargetProfile } from '../../models/model-file.js';
import { CaptureWriter, type WrittenCaptureFormat } from '../../src/capture/capture-writer.js';
import { LINK_TYPE } from '../../src/capture/link-type.js';
import type { Output } from '../../src/output-file.js';
import { randomStream } from '../../src/random.js';
import type { PacketBlock } from '../../src/series/packet-series.js';
import { OneConversation } from '../../src/synthesis/assigner.js';
import { FrameComposer } from '../../src/synthesis/frame-composer.js';
import { FrameWriter } from '../../src/synthesis/frame-writer.js';
import { conversationOf, type IdentityOptions, identityOf } from '../../src/synthesis/identity.js';
import { createPayloadSource, type PayloadKind } from '../../src/synthesis/payload/payload-source.js';
import { writePackets } from '../../src/synthesis/write-packets.js';

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
  const composer = new FrameComposer({
    payload: source,
    random: randomStream(seed, 'headers'),
    strictSizes: true,
    mtu: Number.POSITIVE_INFINITY,
    oversize: 'error',
  });
  const assigner = new OneConversation(composer.open(conversationOf(identityOf(profile, identity))));
  const captureOptions = { format, linkType: LINK_TYPE.ethernet, application: 'synth test', comment };
  const writer = new CaptureWriter(output, captureOptions, source.preamble);
  await writePackets([block], new FrameWriter(writer, composer, assigner), { startNs });
  return output.content;
}
