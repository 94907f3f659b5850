/** What a reading of captures comes to, copied out so that a test can compare it. */
import { expect } from 'vitest';
import type { CaptureInput, CaptureWarning } from '../../src/capture/capture-file.js';
import { NONE, type Packet } from '../../src/capture/packet.js';
import { type CaptureReport, readCaptures } from '../../src/capture/read-captures.js';
import { SKIP, skipReasonName } from '../../src/capture/skip-reason.js';
import { SynthError, type SynthErrorCode } from '../../src/errors.js';
import { formatAddress } from '../../src/net/address.js';
import { memoryInput, pcap, SECOND } from './frames.js';

/** The record of a packet. */
export interface SeenRecord {
  readonly timeNs: bigint;
  readonly frame: string;
  readonly wireLength: number;
  readonly linkType: number;
}

/** What was decoded; only `skip` has a meaning where that is not `decoded`. */
export interface SeenPacket extends SeenRecord {
  readonly skip: string;
  readonly macs: readonly [string | undefined, string | undefined];
  readonly ipVersion: 4 | 6;
  readonly source: string;
  readonly destination: string;
  readonly sizeBytes: number;
  readonly protocol: number;
  readonly ports: readonly [number, number];
  readonly payloadLength: number;
  readonly fragment: boolean;
  readonly firstFragment: boolean;
  readonly identification: number;
}

function copy(packet: Packet): SeenPacket {
  const { bytes, at, ipVersion, skip } = packet;
  const macAt = (position: number) =>
    position === NONE ? undefined : formatAddress({ family: 'mac', bytes: bytes.slice(position, position + 6) });
  const ipAt = (position: number) =>
    skip !== SKIP.decoded
      ? ''
      : ipVersion === 4
        ? formatAddress({ family: 'ipv4', bytes: bytes.slice(position, position + 4) })
        : formatAddress({ family: 'ipv6', bytes: bytes.slice(position, position + 16) });
  return {
    timeNs: BigInt(packet.seconds) * SECOND + BigInt(packet.nanoseconds),
    frame: Buffer.from(bytes.subarray(at, at + packet.capturedLength)).toString('hex'),
    wireLength: packet.wireLength,
    linkType: packet.linkType,
    skip: skipReasonName(skip),
    macs: [macAt(packet.sourceMacAt), macAt(packet.destinationMacAt)],
    ipVersion,
    source: ipAt(packet.sourceAt),
    destination: ipAt(packet.destinationAt),
    sizeBytes: packet.sizeBytes,
    protocol: packet.protocol,
    ports: [packet.sourcePort, packet.destinationPort],
    payloadLength: packet.payloadLength,
    fragment: packet.fragment,
    firstFragment: packet.firstFragment,
    identification: packet.identification,
  };
}

export async function readPackets(
  ...inputs: readonly CaptureInput[]
): Promise<{ packets: SeenPacket[]; records: SeenRecord[]; report: CaptureReport }> {
  const packets: SeenPacket[] = [];
  const report = await readCaptures(inputs, (packet) => packets.push(copy(packet)));
  const records = packets.map(({ timeNs, frame, wireLength, linkType }) => ({ timeNs, frame, wireLength, linkType }));
  return { packets, records, report };
}

/** The only packet of a pcap that holds one frame. */
export async function decodeFrame(bytes: Uint8Array, linkType = 1, wireLength = bytes.length): Promise<SeenPacket> {
  const { packets } = await readPackets(memoryInput(pcap([{ timeNs: SECOND, bytes, wireLength }], { linkType })));
  expect(packets).toHaveLength(1);
  return packets[0]!;
}

/** A report, or the SynthError that came instead. Any other error is a failure of the test. */
export type Outcome = { readonly report: CaptureReport } | { readonly error: SynthError };

export async function outcomeOf(input: CaptureInput, onPacket: (packet: Packet) => void = () => {}): Promise<Outcome> {
  try {
    return { report: await readCaptures([input], onPacket) };
  } catch (error) {
    if (error instanceof SynthError) return { error };
    throw error;
  }
}

export async function expectSynthError(
  action: Promise<unknown> | (() => unknown),
  code: SynthErrorCode,
): Promise<SynthError> {
  try {
    await (typeof action === 'function' ? action() : action);
  } catch (error) {
    expect(error).toBeInstanceOf(SynthError);
    const synthError = error as SynthError; // just asserted
    expect(synthError.code).toBe(code);
    return synthError;
  }
  throw new Error(`expected ${code}, but nothing was thrown`);
}

export const warningOf = (report: CaptureReport, code: CaptureWarning['code']): CaptureWarning | undefined =>
  report.warnings.find((warning) => warning.code === code);
