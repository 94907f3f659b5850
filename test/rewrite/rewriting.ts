/** Runs a rewriting of frames, or of a file, as the tests need it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { captureInput } from '../../src/capture/capture-file.js';
import { NO_LIMITS, type RotationLimits } from '../../src/output/rotation.js';
import { type FrameChangeOptions, SAME_FRAMES } from '../../src/rewrite/frame-change.js';
import { ALL_PACKETS, type PacketRangeOptions } from '../../src/rewrite/packet-range.js';
import { type RewriteOptions, type Rewritten, rewriteCaptures } from '../../src/rewrite/rewrite.js';
import { SAME_TIMES, type TimeChangeOptions } from '../../src/rewrite/time-change.js';
import { type Frame, pcap, SECOND, sampleFrames } from '../support/frames.js';
import { readPackets, type SeenPacket } from '../support/read.js';

/** What a test wants otherwise than that all is copied. */
export interface Wishes extends Partial<Omit<RewriteOptions, 'frames' | 'time' | 'range'>> {
  readonly frames?: Partial<FrameChangeOptions>;
  readonly time?: Partial<TimeChangeOptions>;
  readonly range?: Partial<PacketRangeOptions>;
}

/** A folder that is gone after the tests of the file. */
export function temporaryFolder(): (name: string) => string {
  const folder = mkdtempSync(join(tmpdir(), 'synth-rewrite-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return (name) => join(folder, name);
}

export function rewriteFile(from: string | readonly string[], out: string, wishes: Wishes = {}): Promise<Rewritten> {
  return rewriteCaptures([from].flat(), {
    format: 'nsecpcap',
    force: true,
    target: undefined,
    payloadOnly: false,
    ...wishes,
    out,
    range: { ...ALL_PACKETS, ...wishes.range },
    time: { ...SAME_TIMES, ...wishes.time },
    frames: { ...SAME_FRAMES, ...wishes.frames },
  });
}

/** The packets of what comes out when a capture with these bytes goes in. */
export async function rewriteBytes(file: (name: string) => string, bytes: Uint8Array, wishes: Wishes = {}) {
  writeFileSync(file('in'), bytes);
  const result = await rewriteFile(file('in'), file('out'), wishes);
  const { packets } = await readPackets(captureInput(file('out')));
  return { result, packets };
}

export const rotation = (limits: Partial<RotationLimits>, resume = false) => ({
  ...NO_LIMITS,
  ...limits,
  resume,
  resumeCommand: undefined,
});

/** Rewrites a capture with these bytes into a series of files. */
export async function rewriteSeries(
  file: (name: string) => string,
  bytes: Uint8Array,
  out: string,
  limits: Partial<RotationLimits>,
  wishes: Wishes = {},
): Promise<Rewritten> {
  writeFileSync(file('in'), bytes);
  return rewriteFile(file('in'), file(out), { ...wishes, rotation: rotation(limits) });
}

/** Frames of a capture whose times jump: seconds since the first one. */
export const jumping = (seconds: readonly number[]): Frame[] =>
  sampleFrames(seconds.length).map((frame, i) => ({
    ...frame,
    timeNs: 1_700_000_000n * SECOND + BigInt(Math.round(seconds[i]! * 1e9)),
  }));

/** The frame that comes out when this one goes in, in hexadecimal digits, and what is decoded of it. */
export async function rewriteFrame(
  file: (name: string) => string,
  frame: Uint8Array,
  frames: Partial<FrameChangeOptions>,
  { linkType = 1, wireLength = frame.length }: { linkType?: number; wireLength?: number } = {},
): Promise<SeenPacket> {
  const one: Frame = { timeNs: SECOND, bytes: frame, wireLength };
  const { packets } = await rewriteBytes(file, pcap([one], { linkType }), { frames });
  return packets[0]!;
}

export const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
