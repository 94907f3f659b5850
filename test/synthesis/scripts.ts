/** Scripted conversations: what a model may sample and an assigner may make of it, as captures. */

import { CaptureWriter } from '../../src/capture/capture-writer.js';
import { ROLE } from '../../src/conversations/role.js';
import { LINK_TYPE } from '../../src/net/link-type.js';
import type { SynOptions } from '../../src/net/syn-options.js';
import { randomStream } from '../../src/random.js';
import type { Channel } from '../../src/synthesis/channel.js';
import { type ConversationSpec, NO_SYN_OPTIONS } from '../../src/synthesis/conversation-spec.js';
import { FramePlanner, type Oversize } from '../../src/synthesis/frame-planner.js';
import { FrameWriter } from '../../src/synthesis/frame-writer.js';
import { openChannel } from '../../src/synthesis/open-channel.js';
import { createPayloadSource, type PayloadKind } from '../../src/synthesis/payload/payload-source.js';
import { blockOf, type Row } from '../models/blocks.js';
import fc, { sample } from '../support/fast-check.js';
import { MemoryOutput, START_NS, writeFrames } from './captures.js';

export interface ScriptedPacket {
  readonly sizeBytes: number;
  readonly outbound: 0 | 1;
  readonly role: number;
}

export interface Script {
  readonly spec: ConversationSpec;
  readonly packets: readonly ScriptedPacket[];
}

/** What Linux offers. */
export const LINUX_SYN: SynOptions = { mss: 1460, windowScale: 7, sackPermitted: true, timestamps: true };

/** The `number`-th conversation of a capture: no two have the same ports. */
export function specOf(number: number, partial: Partial<ConversationSpec> = {}): ConversationSpec {
  const ipVersion = partial.ipVersion ?? 4;
  const address = (last: number) =>
    ipVersion === 4
      ? Uint8Array.of(10, 0, 0, last)
      : Uint8Array.of(0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last);
  const mac = (last: number) => Uint8Array.of(2, 0, 0, 0, 0, last);
  return {
    ipVersion,
    protocol: 6,
    local: { mac: mac(1), address: address(1), port: 40_000 + number },
    peer: { mac: mac(2), address: address(2), port: 9 }, // discard: no dissector looks into the payload
    openedByLocal: true,
    midstream: false,
    syn: { local: LINUX_SYN, peer: LINUX_SYN },
    ...partial,
  };
}

const ALONE: Script = {
  spec: specOf(0, { protocol: 17 }),
  packets: [{ sizeBytes: 100, outbound: 1, role: ROLE.data }],
};

export interface ScriptedCaptureOptions {
  readonly strictSizes?: boolean;
  readonly mtu?: number;
  readonly oversize?: Oversize;
  /** Between packets of all conversations. */
  readonly gapNs?: number;
  readonly payload?: PayloadKind;
  /** Begins with a packet that forces none, so that no other has the time of the first. */
  readonly firstAlone?: boolean;
}

export interface ScriptedCapture {
  readonly bytes: Buffer;
  readonly forcedFrames: number;
  /** Sampled packets in their order. */
  readonly rows: readonly Row[];
  readonly channels: readonly Channel[];
}

/** Writes scripts in turns: the first packet of each, the second of each … */
export async function captureOfScripts(
  given: readonly Script[],
  options: ScriptedCaptureOptions = {},
): Promise<ScriptedCapture> {
  const { strictSizes = false, mtu = Number.POSITIVE_INFINITY, oversize = 'error' } = options;
  const { gapNs = 1e6, payload: kind = 'random', firstAlone = false } = options;
  const payload = createPayloadSource(kind, randomStream('scripts', 'payload'));
  const channelOptions = { payload, random: randomStream('scripts', 'headers'), strictSizes };
  const scripts = firstAlone ? [ALONE, ...given] : given;
  const channels = scripts.map(({ spec }) => openChannel(spec, channelOptions));
  const turns: { channel: Channel; role: number }[] = [];
  const rows: Row[] = [];
  const longest = Math.max(...scripts.map(({ packets }) => packets.length));
  for (let i = 0; i < longest; i++) {
    for (const [index, { packets }] of scripts.entries()) {
      const packet = packets[i];
      if (packet === undefined) continue;
      turns.push({ channel: channels[index]!, role: packet.role });
      rows.push([rows.length * gapNs, packet.sizeBytes, packet.outbound]);
    }
  }
  const output = new MemoryOutput();
  const capture = new CaptureWriter(
    output,
    { format: 'nsecpcap', linkType: LINK_TYPE.ethernet, application: '', comment: '' },
    payload.preamble,
  );
  const writer = new FrameWriter(capture, new FramePlanner({ mtu, oversize }), payload.preamble);
  await writeFrames(blockOf(rows), writer, START_NS, (packet) => ({
    conversation: turns[packet]!.channel,
    role: turns[packet]!.role,
  }));
  return { bytes: output.content, forcedFrames: writer.forcedFrames, rows, channels };
}

const size = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(40, 52, 60, 72) },
  { weight: 4, arbitrary: fc.constantFrom(41, 44, 64, 1500, 1420) },
  { weight: 4, arbitrary: fc.integer({ min: 20, max: 120 }) },
  { weight: 4, arbitrary: fc.integer({ min: 40, max: 1500 }) },
  { weight: 1, arbitrary: fc.constantFrom(9000, 32_000, 64_280, 65_535, 70_000) },
);
const ordinaryRole = fc.constantFrom<number>(ROLE.data, ROLE.data, ROLE.ack);
const anyRole = fc.constantFrom<number>(ROLE.data, ROLE.data, ROLE.data, ROLE.ack, ...Object.values(ROLE));
const direction = fc.constantFrom<0 | 1>(0, 1);

const packetsOf = (role: fc.Arbitrary<number>, outbound: fc.Arbitrary<0 | 1> = direction) =>
  fc.array(fc.record({ sizeBytes: size, outbound, role }), { minLength: 1, maxLength: 60, size: 'max' });

const synOptions = fc.oneof(
  fc.constant(LINUX_SYN),
  fc.constant(NO_SYN_OPTIONS),
  fc.record({
    mss: fc.constantFrom(null, 536, 1460),
    windowScale: fc.constantFrom(null, 0, 2, 14),
    sackPermitted: fc.boolean(),
    timestamps: fc.boolean(),
  }),
);

/** Any conversation over TCP, numbered from `first` on. */
export const anyScript: fc.Arbitrary<Omit<Script, 'spec'> & { readonly partial: Partial<ConversationSpec> }> =
  fc.record({
    partial: fc.record({
      ipVersion: fc.constantFrom<4 | 6>(4, 4, 6),
      openedByLocal: fc.boolean(),
      midstream: fc.boolean(),
      syn: fc.record({ local: synOptions, peer: synOptions }),
    }),
    packets: fc.oneof(
      packetsOf(ordinaryRole),
      packetsOf(anyRole),
      packetsOf(ordinaryRole, fc.constant(1)),
      packetsOf(ordinaryRole, fc.constant(0)),
    ),
  });

/** Scripts by a seed, of any conversations over TCP. */
export const scriptsOf = (count: number, seed: number): Script[] =>
  sample(anyScript, count, seed).map(({ partial, packets }, i) => ({ spec: specOf(i, partial), packets }));

/** The same packet so many times. */
export const packets = (
  count: number,
  sizeBytes: number,
  outbound: 0 | 1,
  role: number = ROLE.data,
): readonly ScriptedPacket[] => Array.from({ length: count }, () => ({ sizeBytes, outbound, role }));
