/**
 * @module
 * What arrived beside what was planned: a capture from the other end of the wire, or the table of a sink, read after the run.
 */

import { stat } from 'node:fs/promises';
import { isIP } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { captureInput } from '../capture/capture-file.js';
import type { Packet } from '../capture/packet.js';
import { readCaptures } from '../capture/read-captures.js';
import { SKIP } from '../capture/skip-reason.js';
import { SynthError } from '../errors.js';
import type { TransportSpec } from '../host/transport-spec.js';
import { IP_HEADER_BYTES, TCP_HEADER_BYTES, UDP_HEADER_BYTES } from '../net/header-bytes.js';
import { IP_PROTOCOL } from '../net/ip-protocol.js';
import { readHead } from '../series/load.js';
import { detectTable, readTable } from '../series/table-reader.js';
import { ksStatistic } from '../statistics/ks.js';
import { action, option, wording } from '../wording.js';

/** A column that grows. */
class Column {
  #values = new Float64Array(4096);
  length = 0;

  add(value: number): void {
    if (this.length === this.#values.length) {
      const larger = new Float64Array(2 * this.length);
      larger.set(this.#values);
      this.#values = larger;
    }
    this.#values[this.length++] = value;
  }

  get values(): Float64Array {
    return this.#values.subarray(0, this.length);
  }
}

/** Times and sizes of packets, in order: 16 bytes for each. */
export class PacketRecord {
  readonly #timesNs = new Column();
  readonly #sizes = new Column();

  add(timeNs: number, sizeBytes: number): void {
    this.#timesNs.add(timeNs);
    this.#sizes.add(sizeBytes);
  }

  get packets(): number {
    return this.#timesNs.length;
  }

  get timesNs(): Float64Array {
    return this.#timesNs.values;
  }

  get sizes(): Float64Array {
    return this.#sizes.values;
  }
}

export interface WireFidelity {
  readonly packets: number;
  /** Planned packets that are not there; negative where there are more. */
  readonly missing: number;
  /** Largest distance of the distributions of gaps, and of sizes: 0 is perfect. */
  readonly gapKs: number | null;
  readonly sizeKs: number | null;
  /** By how much the whole took longer than planned, as a share. */
  readonly durationError: number | null;
  /** Arrival minus plan, both from the first packet, without their signs; null where packets are missing. */
  readonly deviation: { readonly p50Ns: number; readonly p99Ns: number; readonly maxNs: number } | null;
}

const STABLE_MS = 1000;
const LOOK_MS = 250;
const PATIENCE_MS = 15_000;

/**
 * Waits until a file is there and has stopped growing: whoever writes it may still be at it.
 *
 * @throws SynthError `SYNTH_FILE_UNREADABLE`
 */
export async function settledFile(path: string): Promise<void> {
  let size = -1;
  let stableMs = 0;
  for (let waitedMs = 0; waitedMs < PATIENCE_MS; waitedMs += LOOK_MS) {
    const now = await stat(path).then(
      (found) => found.size,
      () => -1,
    );
    stableMs = now === size && now > 0 ? stableMs + LOOK_MS : 0;
    if (stableMs >= STABLE_MS) return;
    size = now;
    await pause(LOOK_MS);
  }
  if (size > 0) return;
  throw new SynthError('SYNTH_FILE_UNREADABLE', `${path}: nothing has been written there since the end of the run`, {
    hint: wording`Let tcpdump write to it with -U, or let the sink end after an idle time, with ${option('idle')}.`,
  });
}

/** How long a packet of a capture is as it was planned; undefined for packets that are none of the plan's. */
type WireSize = (packet: Packet) => number | undefined;

function wireSizeOf(transport: TransportSpec): { readonly sizeOf: WireSize; readonly headerBytes: number } {
  if (transport.kind === 'frames') return { sizeOf: ({ wireLength }) => wireLength, headerBytes: 0 };
  const ofIp = ({ skip, sizeBytes }: Packet) => (skip === SKIP.decoded ? sizeBytes : undefined);
  if (transport.kind === 'raw') return { sizeOf: ofIp, headerBytes: 0 };
  const version = transport.kind === 'unix' || isIP(transport.target.address) === 4 ? 4 : 6;
  if (transport.kind !== 'udp')
    return { sizeOf: refuseCapture, headerBytes: IP_HEADER_BYTES[version] + TCP_HEADER_BYTES };
  const { port } = transport.target;
  return {
    sizeOf: ({ skip, protocol, destinationPort, payloadLength }) =>
      skip === SKIP.decoded && protocol === IP_PROTOCOL.udp && destinationPort === port ? payloadLength : undefined,
    headerBytes: IP_HEADER_BYTES[version] + UDP_HEADER_BYTES,
  };
}

function refuseCapture(): never {
  throw new SynthError('SYNTH_USAGE', 'in a capture of a stream messages cannot be told apart', {
    hint: wording`Take the table of a sink: ${action('recordArrivals')}`,
  });
}

/** What a capture or a table holds of what was sent. @throws SynthError as reading them does, `SYNTH_USAGE` for a capture of a stream */
export async function arrivals(path: string, transport: TransportSpec): Promise<PacketRecord> {
  const { sizeOf, headerBytes } = wireSizeOf(transport);
  const record = new PacketRecord();
  const input = captureInput(path);
  const format = detectTable(await readHead(input));
  if (format !== undefined) {
    const series = await readTable(input, format);
    for (let i = 0; i < series.length; i++) record.add(series.offsetsNs[i]!, series.sizes[i]! - headerBytes);
    return record;
  }
  let first: { seconds: number; nanoseconds: number } | undefined;
  await readCaptures([input], (packet) => {
    const size = sizeOf(packet);
    if (size === undefined) return;
    const { seconds, nanoseconds } = packet;
    first ??= { seconds, nanoseconds };
    record.add((seconds - first.seconds) * 1e9 + nanoseconds - first.nanoseconds, size);
  });
  return record;
}

export function wireFidelity(plan: PacketRecord, arrived: PacketRecord): WireFidelity {
  const missing = plan.packets - arrived.packets;
  const several = plan.packets > 1 && arrived.packets > 1;
  const span = ({ timesNs }: PacketRecord) => timesNs.at(-1)! - timesNs[0]!;
  return {
    packets: arrived.packets,
    missing,
    gapKs: several ? ksStatistic(gapsOf(plan), gapsOf(arrived)) : null,
    sizeKs: arrived.packets > 0 ? ksStatistic(plan.sizes, arrived.sizes) : null,
    durationError: several && span(plan) > 0 ? span(arrived) / span(plan) - 1 : null,
    deviation: missing === 0 && arrived.packets > 0 ? deviationOf(plan.timesNs, arrived.timesNs) : null,
  };
}

const gapsOf = ({ timesNs }: PacketRecord): Float64Array => timesNs.slice(1).map((time, i) => time - timesNs[i]!);

function deviationOf(planned: Float64Array, arrived: Float64Array): WireFidelity['deviation'] {
  const deviations = planned.map((time, i) => Math.abs(arrived[i]! - arrived[0]! - (time - planned[0]!))).sort();
  const at = (share: number) => deviations[Math.min(deviations.length - 1, Math.floor(deviations.length * share))]!;
  return { p50Ns: at(0.5), p99Ns: at(0.99), maxNs: deviations.at(-1)! };
}
