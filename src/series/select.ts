/**
 * @module
 * Picks the packets of a target out of a capture, in the order of the file, and says which way each one goes.
 */

import { NONE, Packet } from '../capture/packet.js';
import { SKIP } from '../capture/skip-reason.js';
import { KeyedTable } from '../keyed-table.js';
import type { Address } from '../net/address.js';
import { equalBytes, readU32BE } from '../net/bytes.js';
import { IP_ETHERTYPE } from '../net/ethertype.js';
import { TCP_FLAG } from '../net/ip-protocol.js';
import { LINK_TYPE } from '../net/link-type.js';
import type { Conversation } from '../packets/packet-series.js';
import { FLOW_KEY_WORDS, readFlowKey, writeFlowKey } from './flow-key.js';
import { FragmentPorts, type Ports } from './fragments.js';
import { Handshakes, isBroadcast, marksOf } from './marks.js';
import type { DeviceTarget, FlowTarget, Target } from './target.js';

/** A packet of a target. One object serves for all packets of a selection: a handler copies what it keeps. */
export interface SelectedPacket {
  /** The packet itself, or a copy of one that had to wait. */
  readonly packet: Packet;
  /** True if the local end has sent it. */
  readonly outbound: boolean;
  /** Index of its conversation in `Selector.conversations()`. */
  readonly conversation: number;
  /** Bits of `MARK`. */
  readonly marks: number;
}

/** Gets the packets of a target, one call each. */
export type SelectedPacketHandler = (selected: SelectedPacket) => void;

export interface SelectOptions {
  /** Leaves out packets that carry no transport payload. */
  readonly payloadOnly: boolean;
}

/** A filter that is fed every packet of a capture. */
export interface Selector {
  /** False for packets that certainly do not belong to the target, told from a frame that is not decoded yet. */
  mayMatter(packet: Packet): boolean;
  take(packet: Packet): void;
  /** To be called after the last packet. */
  finish(): void;
  /** Whom the selected packets were exchanged with; complete after `finish`. */
  conversations(): readonly Conversation[];
  /** Later fragments left out because their first fragment, which has the ports, is not in the capture. */
  readonly orphanFragments: number;
}

export function createSelector(target: Target, options: SelectOptions, onPacket: SelectedPacketHandler): Selector {
  return target.kind === 'device'
    ? new DeviceSelector(target, options, onPacket)
    : new FlowSelector(target, options, onPacket);
}

/** Whether the packet has this IP address at a position; its IP version is that of the address. */
function isAddress(packet: Packet, at: number, address: Address): boolean {
  return equalBytes(packet.bytes, at, address.bytes, 0, address.bytes.length);
}

const versionOf = ({ family }: Address): 4 | 6 => (family === 'ipv4' ? 4 : 6);

/** Hands packets to a handler in the same object each time. */
class SelectedPackets {
  readonly #onPacket: SelectedPacketHandler;
  readonly #selected = { packet: new Packet(), outbound: false, conversation: 0, marks: 0 };

  constructor(onPacket: SelectedPacketHandler) {
    this.#onPacket = onPacket;
  }

  emit(packet: Packet, outbound: boolean, conversation: number): void {
    const selected = this.#selected;
    selected.packet = packet;
    selected.outbound = outbound;
    selected.conversation = conversation;
    selected.marks = marksOf(packet);
    this.#onPacket(selected);
  }
}

/** Conversations of a device beyond this number share the last index, which is what 16 bits can tell apart. */
const MAX_CONVERSATIONS = 65_535;

class DeviceSelector implements Selector {
  readonly orphanFragments = 0;
  readonly #address: Address;
  readonly #payloadOnly: boolean;
  readonly #selected: SelectedPackets;
  readonly #fragments = new FragmentPorts();
  readonly #table = new KeyedTable(FLOW_KEY_WORDS, MAX_CONVERSATIONS);
  readonly #counts = new Float64Array(MAX_CONVERSATIONS + 1);
  readonly #handshakes = new Handshakes();
  readonly #broadcasts = new Set<number>();

  constructor(target: DeviceTarget, { payloadOnly }: SelectOptions, onPacket: SelectedPacketHandler) {
    this.#address = target.address;
    this.#payloadOnly = payloadOnly;
    this.#selected = new SelectedPackets(onPacket);
  }

  take(packet: Packet): void {
    if (packet.skip !== SKIP.decoded) return;
    const outbound = this.#matches(packet, packet.sourceMacAt, packet.sourceAt);
    if (!outbound && !this.#matches(packet, packet.destinationMacAt, packet.destinationAt)) return;
    let sourcePort = packet.sourcePort;
    let destinationPort = packet.destinationPort;
    if (packet.fragment) {
      if (packet.firstFragment) this.#fragments.remember(packet);
      const ports = this.#fragments.portsOf(packet);
      sourcePort = ports.source;
      destinationPort = ports.destination;
    }
    if (this.#payloadOnly && packet.payloadLength === 0) return;
    writeFlowKey(this.#table.key, packet, sourcePort, destinationPort, !outbound);
    const found = this.#table.index();
    const conversation = found < 0 ? MAX_CONVERSATIONS - 1 : found;
    this.#counts[conversation]!++;
    if ((packet.tcpFlags & TCP_FLAG.syn) !== 0) this.#handshakes.take(packet, outbound, conversation);
    if (packet.destinationMacAt !== NONE && isBroadcast(packet)) this.#broadcasts.add(conversation);
    this.#selected.emit(packet, outbound, conversation);
  }

  #matches(packet: Packet, macAt: number, ipAt: number): boolean {
    const address = this.#address;
    if (address.family === 'mac') return macAt !== NONE && isAddress(packet, macAt, address);
    return packet.ipVersion === versionOf(address) && isAddress(packet, ipAt, address);
  }

  mayMatter(): boolean {
    return true;
  }

  finish(): void {}

  conversations(): readonly Conversation[] {
    return Array.from({ length: this.#table.size }, (_, index) => {
      const { ipVersion, protocol, first, second } = readFlowKey(this.#table.keyOf(index));
      return {
        ipVersion,
        protocol,
        local: first,
        peer: second,
        packets: this.#counts[index]!,
        broadcast: this.#broadcasts.has(index) || undefined,
        syn: this.#handshakes.of(index),
      };
    });
  }
}

/** A packet that waits, in its place, until it is known whether it belongs to the flow. */
interface Waiting {
  readonly packet: Packet;
  outbound: boolean;
  /** Undefined once it is known to belong. */
  fragmentOf: string | undefined;
  dropped: boolean;
}

/** Linux keeps fragments for 30 s (net.ipv4.ipfrag_time). */
const MAX_WAIT_SECONDS = 30;
const MAX_WAITING = 4096;

class FlowSelector implements Selector {
  orphanFragments = 0;
  readonly #target: FlowTarget;
  readonly #version: 4 | 6;
  /** Where the last four bytes of an address are, and what they are in those of the flow: what differs most is looked at first. */
  readonly #tailAt: number;
  readonly #firstTail: number;
  readonly #secondTail: number;
  readonly #payloadOnly: boolean;
  readonly #selected: SelectedPackets;
  readonly #fragments = new FragmentPorts();
  readonly #handshakes = new Handshakes();
  #waiting: Waiting[] = [];
  #packets = 0;

  constructor(target: FlowTarget, { payloadOnly }: SelectOptions, onPacket: SelectedPacketHandler) {
    this.#target = target;
    const { first, second } = target;
    this.#version = versionOf(first.address);
    this.#tailAt = first.address.bytes.length - 4;
    this.#firstTail = readU32BE(first.address.bytes, this.#tailAt);
    this.#secondTail = readU32BE(second.address.bytes, this.#tailAt);
    this.#payloadOnly = payloadOnly;
    this.#selected = new SelectedPackets(onPacket);
  }

  /** Nine frames in ten of most captures are plain Ethernet and end here: the source address is neither end of the flow. */
  mayMatter({ linkType, view, at, capturedLength }: Packet): boolean {
    if (linkType !== LINK_TYPE.ethernet || capturedLength < 54) return true;
    const plain = view.getUint16(at + 12) === IP_ETHERTYPE[this.#version];
    if (!plain || view.getUint8(at + 14) >> 4 !== this.#version) return true;
    const sourceAt = at + (this.#version === 4 ? 26 : 22);
    const tail = view.getUint32(sourceAt + this.#tailAt);
    return tail === this.#firstTail || tail === this.#secondTail;
  }

  take(packet: Packet): void {
    if (packet.skip !== SKIP.decoded || packet.ipVersion !== this.#version) return;
    const tail = packet.view.getUint32(packet.sourceAt + this.#tailAt);
    if (tail === this.#firstTail || tail === this.#secondTail) this.#takeLikely(packet);
  }

  #takeLikely(packet: Packet): void {
    // A later fragment of IPv6 may name an extension header instead of the protocol, which only its first fragment tells.
    const protocolUnknown = packet.ipVersion === 6 && packet.fragment && !packet.firstFragment;
    if (packet.protocol !== this.#target.protocol && !protocolUnknown) return;
    const { sourceAt, destinationAt } = packet;
    const [first, second] = [this.#target.first.address, this.#target.second.address];
    const forward = isAddress(packet, sourceAt, first) && isAddress(packet, destinationAt, second);
    const backward = isAddress(packet, sourceAt, second) && isAddress(packet, destinationAt, first);
    if (!forward && !backward) return;
    if (packet.fragment && this.#target.first.port !== undefined) this.#takeFragment(packet, forward, backward);
    else this.#takeWhole(packet, forward, backward);
  }

  #takeWhole(packet: Packet, forward: boolean, backward: boolean): void {
    const outbound = this.#direction(forward, backward, packet.sourcePort, packet.destinationPort);
    if (outbound === undefined || (this.#payloadOnly && packet.payloadLength === 0)) return;
    if ((packet.tcpFlags & TCP_FLAG.syn) !== 0) this.#handshakes.take(packet, outbound, 0);
    if (this.#waiting.length === 0) this.#emit(packet, outbound);
    else this.#wait(packet, outbound, undefined);
  }

  #takeFragment(packet: Packet, forward: boolean, backward: boolean): void {
    if (packet.firstFragment) {
      this.#fragments.remember(packet);
      this.#takeWhole(packet, forward, backward);
      this.#decide(FragmentPorts.keyOf(packet), forward, backward, packet.sourcePort, packet.destinationPort);
      return;
    }
    const key = FragmentPorts.keyOf(packet);
    const ports: Ports | undefined = this.#fragments.find(key);
    if (ports === undefined) {
      this.#wait(packet, forward, key);
      return;
    }
    const outbound = this.#direction(forward, backward, ports.source, ports.destination);
    if (outbound === undefined) return;
    if (this.#waiting.length === 0) this.#emit(packet, outbound);
    else this.#wait(packet, outbound, undefined);
  }

  /** True for outbound, false for inbound, undefined if the ports are not those of the flow. */
  #direction(forward: boolean, backward: boolean, source: number, destination: number): boolean | undefined {
    const { first, second } = this.#target;
    if (first.port === undefined) return forward;
    if (forward && source === first.port && destination === second.port) return true;
    if (backward && source === second.port && destination === first.port) return false;
    return undefined;
  }

  #wait(packet: Packet, outbound: boolean, fragmentOf: string | undefined): void {
    this.#waiting.push({ packet: packet.copy(), outbound, fragmentOf, dropped: false });
    const oldest = this.#waiting[0]!;
    if (this.#waiting.length > MAX_WAITING || packet.seconds - oldest.packet.seconds > MAX_WAIT_SECONDS) {
      this.#giveUp(oldest);
      this.#release();
    }
  }

  /** A first fragment has come: its fellows belong to the flow, or they do not. */
  #decide(key: string, forward: boolean, backward: boolean, source: number, destination: number): void {
    const outbound = this.#direction(forward, backward, source, destination);
    for (const waiting of this.#waiting) {
      if (waiting.fragmentOf !== key) continue;
      waiting.fragmentOf = undefined;
      if (outbound === undefined) waiting.dropped = true;
      else waiting.outbound = outbound;
    }
    this.#release();
  }

  #giveUp(waiting: Waiting): void {
    if (waiting.fragmentOf === undefined) return;
    waiting.fragmentOf = undefined;
    waiting.dropped = true;
    this.orphanFragments++;
  }

  /** Hands on what is decided, up to the first that is not. */
  #release(): void {
    let count = 0;
    for (const waiting of this.#waiting) {
      if (waiting.fragmentOf !== undefined) break;
      if (!waiting.dropped) this.#emit(waiting.packet, waiting.outbound);
      count++;
    }
    this.#waiting.splice(0, count);
  }

  #emit(packet: Packet, outbound: boolean): void {
    this.#packets++;
    this.#selected.emit(packet, outbound, 0);
  }

  finish(): void {
    for (const waiting of this.#waiting) this.#giveUp(waiting);
    this.#release();
  }

  conversations(): readonly Conversation[] {
    const { protocol, first, second } = this.#target;
    const ipVersion = first.address.family === 'ipv4' ? 4 : 6;
    const syn = this.#handshakes.of(0);
    return [{ ipVersion, protocol, local: first, peer: second, packets: this.#packets, syn }];
  }
}
