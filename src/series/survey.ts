/**
 * @module
 * What is inside a capture: its devices and flows with their traffic. The base of `synth inspect`, and of the choice of a
 * target when none is named.
 */

import type { CaptureInput } from '../capture/capture-file.js';
import { NONE, type Packet } from '../capture/packet.js';
import { type CaptureReport, type ReadOptions, readCaptures } from '../capture/read-captures.js';
import { SKIP } from '../capture/skip-reason.js';
import { KeyedTable } from '../keyed-table.js';
import { ADDRESS_LENGTHS, type AddressFamily, formatAddress, isUnicast } from '../net/address.js';
import { equalBytes } from '../net/bytes.js';
import { protocolName } from '../net/protocol-name.js';
import {
  DEVICE_KEY_WORDS,
  FLOW_KEY_WORDS,
  readDeviceKey,
  readFlowKey,
  writeFlowKey,
  writeIpKey,
  writeMacKey,
} from './flow-key.js';
import { FragmentPorts } from './fragments.js';
import { type DeviceTarget, type FlowTarget, formatTarget, type Target } from './target.js';

/** Packets and bytes (sum of sizes) in each direction. */
export interface Traffic {
  readonly packets: number;
  readonly bytes: number;
  readonly outboundPackets: number;
  readonly inboundPackets: number;
  readonly outboundBytes: number;
  readonly inboundBytes: number;
  /** Time of the first packet, in seconds since the Unix epoch. */
  readonly firstSeconds: number;
  /** Time from the first to the last packet, in seconds. */
  readonly spanSeconds: number;
  /** Share of all IP packets of the capture, 0 to 1. */
  readonly share: number;
}

export interface SurveyEntry<T extends Target> extends Traffic {
  /** What `--device` or `--flow` takes. */
  readonly id: string;
  readonly target: T;
}

export interface DeviceEntry extends SurveyEntry<DeviceTarget> {
  /** Flows whose first packet this device sent. */
  readonly flowsOpened: number;
}

export interface Survey {
  readonly report: CaptureReport;
  /** Busiest first. */
  readonly devices: readonly DeviceEntry[];
  /** Busiest first. `first` is the endpoint that sent the first packet. */
  readonly flows: readonly SurveyEntry<FlowTarget>[];
  /** Packets of each IP protocol, busiest first. */
  readonly protocols: readonly { readonly protocol: string; readonly packets: number }[];
  /** Sum of the sizes of all IP packets. */
  readonly ipBytes: number;
  readonly firstSeconds: number;
  readonly spanSeconds: number;
  /** Packets of devices and flows beyond the maximum number that is counted separately. */
  readonly overflow: { readonly devicePackets: number; readonly flowPackets: number };
}

// About 100 MB for a capture that fills both tables.
const MAX_DEVICES = 2 ** 18;
const MAX_FLOWS = 2 ** 19;

/** The fields of one row of `TrafficTable`. */
const COLUMN = { outPackets: 0, inPackets: 1, outBytes: 2, inBytes: 3, first: 4, last: 5, opened: 6 } as const;
const COLUMNS = 7;

/** A row of counters for each entry of a KeyedTable. */
class TrafficTable {
  rows = new Float64Array(COLUMNS * 256);

  add(index: number, size: number, outbound: boolean, time: number, isNew: boolean): void {
    const row = index * COLUMNS;
    if (row + COLUMNS > this.rows.length) {
      const larger = new Float64Array(this.rows.length * 2);
      larger.set(this.rows);
      this.rows = larger;
    }
    const { rows } = this;
    rows[row + (outbound ? COLUMN.outPackets : COLUMN.inPackets)]!++;
    rows[row + (outbound ? COLUMN.outBytes : COLUMN.inBytes)]! += size;
    if (isNew || time < rows[row + COLUMN.first]!) rows[row + COLUMN.first] = time;
    if (isNew || time > rows[row + COLUMN.last]!) rows[row + COLUMN.last] = time;
  }

  /** @param originSeconds where the times of the table, in ns, begin */
  traffic(index: number, totalPackets: number, originSeconds: number): Traffic {
    const at = (column: number) => this.rows[index * COLUMNS + column]!;
    const packets = at(COLUMN.outPackets) + at(COLUMN.inPackets);
    return {
      packets,
      bytes: at(COLUMN.outBytes) + at(COLUMN.inBytes),
      outboundPackets: at(COLUMN.outPackets),
      inboundPackets: at(COLUMN.inPackets),
      outboundBytes: at(COLUMN.outBytes),
      inboundBytes: at(COLUMN.inBytes),
      firstSeconds: originSeconds + at(COLUMN.first) / 1e9,
      spanSeconds: (at(COLUMN.last) - at(COLUMN.first)) / 1e9,
      share: packets / totalPackets,
    };
  }
}

class Surveyor {
  readonly #devices = new KeyedTable(DEVICE_KEY_WORDS, MAX_DEVICES);
  readonly #deviceTraffic = new TrafficTable();
  readonly #flows = new KeyedTable(FLOW_KEY_WORDS, MAX_FLOWS);
  readonly #flowTraffic = new TrafficTable();
  /** 1 where the endpoint that sent the first packet stands second in the key. */
  readonly #reversed = new Uint8Array(MAX_FLOWS);
  readonly #fragments = new FragmentPorts();
  readonly #protocols = new Float64Array(256);
  #bytes = 0;
  /** Second of the first packet. Times since then, in ns, are whole numbers; seconds since 1970 with a fraction are not exact. */
  #originSeconds = Number.NaN;
  #first = Number.POSITIVE_INFINITY;
  #last = Number.NEGATIVE_INFINITY;
  #devicePacketsLost = 0;
  #flowPacketsLost = 0;

  take(packet: Packet): void {
    if (packet.skip !== SKIP.decoded) return;
    if (Number.isNaN(this.#originSeconds)) this.#originSeconds = packet.seconds;
    const time = (packet.seconds - this.#originSeconds) * 1e9 + packet.nanoseconds;
    if (time < this.#first) this.#first = time;
    if (time > this.#last) this.#last = time;
    this.#bytes += packet.sizeBytes;
    this.#protocols[packet.protocol]!++;
    const opens = this.#countFlow(packet, time);
    const family = packet.ipVersion === 4 ? 'ipv4' : 'ipv6';
    this.#countDevices(packet, 'mac', packet.sourceMacAt, packet.destinationMacAt, time, opens);
    this.#countDevices(packet, family, packet.sourceAt, packet.destinationAt, time, opens);
  }

  /** A packet from an address to itself counts once, as sent. */
  #countDevices(packet: Packet, family: AddressFamily, from: number, to: number, time: number, opens: boolean): void {
    this.#countDevice(packet, from, family, true, time, opens);
    const toItself =
      from !== NONE && to !== NONE && equalBytes(packet.bytes, from, packet.bytes, to, ADDRESS_LENGTHS[family]);
    if (!toItself) this.#countDevice(packet, to, family, false, time, false);
  }

  #countDevice(
    packet: Packet,
    at: number,
    family: AddressFamily,
    outbound: boolean,
    time: number,
    opens: boolean,
  ): void {
    if (at === NONE || !isUnicast(family, packet.bytes, at)) return;
    if (family === 'mac') writeMacKey(this.#devices.key, packet.bytes, at);
    else writeIpKey(this.#devices.key, packet, at);
    const known = this.#devices.size;
    const index = this.#devices.index();
    if (index < 0) {
      this.#devicePacketsLost++;
      return;
    }
    this.#deviceTraffic.add(index, packet.sizeBytes, outbound, time, index === known);
    if (opens) this.#deviceTraffic.rows[index * COLUMNS + COLUMN.opened]!++;
  }

  /** @returns true for the first packet of a flow */
  #countFlow(packet: Packet, time: number): boolean {
    if (packet.firstFragment) this.#fragments.remember(packet);
    const { source, destination } = packet.fragment ? this.#fragments.portsOf(packet) : ownPorts(packet);
    const swapped = isSourceGreater(packet, source, destination);
    writeFlowKey(this.#flows.key, packet, source, destination, swapped);
    const known = this.#flows.size;
    const index = this.#flows.index();
    if (index < 0) {
      this.#flowPacketsLost++;
      return false;
    }
    const isNew = index === known;
    if (isNew) this.#reversed[index] = swapped ? 1 : 0;
    const fromFirst = (this.#reversed[index] === 1) === swapped;
    this.#flowTraffic.add(index, packet.sizeBytes, fromFirst, time, isNew);
    return isNew;
  }

  survey(report: CaptureReport): Survey {
    const total = report.ipPackets;
    const origin = this.#originSeconds;
    const devices = Array.from({ length: this.#devices.size }, (_, index): DeviceEntry => {
      const target: DeviceTarget = { kind: 'device', address: readDeviceKey(this.#devices.keyOf(index)) };
      const flowsOpened = this.#deviceTraffic.rows[index * COLUMNS + COLUMN.opened]!;
      return {
        id: formatAddress(target.address),
        target,
        flowsOpened,
        ...this.#deviceTraffic.traffic(index, total, origin),
      };
    });
    const flows = Array.from({ length: this.#flows.size }, (_, index): SurveyEntry<FlowTarget> => {
      const { protocol, first, second } = readFlowKey(this.#flows.keyOf(index));
      const target: FlowTarget =
        this.#reversed[index] === 1
          ? { kind: 'flow', protocol, first: second, second: first }
          : { kind: 'flow', protocol, first, second };
      return { id: formatTarget(target), target, ...this.#flowTraffic.traffic(index, total, origin) };
    });
    // Sorting is stable: what is equal stays in the order of first appearance, and of a device's addresses the MAC comes first.
    return {
      report,
      devices: devices.sort((a, b) => b.packets - a.packets || b.flowsOpened - a.flowsOpened),
      flows: flows.sort((a, b) => b.packets - a.packets),
      protocols: Array.from(this.#protocols, (packets, protocol) => ({ protocol: protocolName(protocol), packets }))
        .filter(({ packets }) => packets > 0)
        .sort((a, b) => b.packets - a.packets),
      ipBytes: this.#bytes,
      firstSeconds: total > 0 ? origin + this.#first / 1e9 : 0,
      spanSeconds: total > 0 ? (this.#last - this.#first) / 1e9 : 0,
      overflow: { devicePackets: this.#devicePacketsLost, flowPackets: this.#flowPacketsLost },
    };
  }
}

const ownPorts = (packet: Packet) => ({ source: packet.sourcePort, destination: packet.destinationPort });

/** An order of the two ends that is the same for both directions of a flow. */
function isSourceGreater(packet: Packet, sourcePort: number, destinationPort: number): boolean {
  const { bytes, sourceAt, destinationAt } = packet;
  const length = packet.ipVersion === 4 ? 4 : 16;
  for (let i = 0; i < length; i++) {
    const difference = bytes[sourceAt + i]! - bytes[destinationAt + i]!;
    if (difference !== 0) return difference > 0;
  }
  return sourcePort > destinationPort;
}

/** Reads captures through and counts their devices and flows. @throws SynthError as `readCaptures` does */
export async function surveyCaptures(inputs: readonly CaptureInput[], options: ReadOptions = {}): Promise<Survey> {
  const surveyor = new Surveyor();
  const report = await readCaptures(inputs, (packet) => surveyor.take(packet), options);
  return surveyor.survey(report);
}
