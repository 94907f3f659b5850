/**
 * @module
 * VLAN tags of Ethernet frames (IEEE 802.1Q): one added, replaced, renumbered or removed. Frames of other link types have none.
 */

import type { Packet } from '../capture/packet.js';
import { readU16BE, writeU16BE, writeU32BE } from '../net/bytes.js';
import { ETHERTYPE, isVlanType } from '../net/ethertype.js';
import { LINK_TYPE } from '../net/link-type.js';
import type { NumberMap } from './number-map.js';

export interface VlanOptions {
  /** The outermost tag gets this VLAN; a frame without a tag gets one. */
  readonly set: number | undefined;
  /** The outermost tag is taken away. */
  readonly strip: boolean;
  /** New numbers for the VLANs of all tags. */
  readonly map: NumberMap | undefined;
}

/** Two addresses; the tag follows. */
const TAG_AT = 12;
const TAG_BYTES = 4;
/** The other four bits are priority and drop eligibility. */
const VLAN_MASK = 0x0fff;

export class VlanChange {
  readonly #options: VlanOptions;

  constructor(options: VlanOptions) {
    this.#options = options;
  }

  /** By how many bytes a frame becomes longer; what is behind the tags moves by as much. */
  growthOf(packet: Packet): number {
    const isTagged = hasTag(packet);
    if (this.#options.set !== undefined && !isTagged && canHaveTag(packet)) return TAG_BYTES;
    return this.#options.strip && isTagged ? -TAG_BYTES : 0;
  }

  /**
   * Copies a frame with its tags as they shall be.
   *
   * @param growth that of the frame
   */
  copy(packet: Packet, target: Uint8Array, at: number, growth: number): void {
    const { bytes, at: from, capturedLength } = packet;
    const { set, map } = this.#options;
    if (growth === 0) target.set(bytes.subarray(from, from + capturedLength), at);
    else {
      target.set(bytes.subarray(from, from + TAG_AT), at);
      const rest = bytes.subarray(from + TAG_AT + Math.max(0, -growth), from + capturedLength);
      target.set(rest, at + TAG_AT + Math.max(0, growth));
    }
    if (growth > 0) writeU32BE(target, at + TAG_AT, ETHERTYPE.vlan * 0x1_0000 + set!);
    else if (set !== undefined && hasTag(packet)) renumber(target, at + TAG_AT + 2, set);
    if (map && canHaveTag(packet)) renumberAll(target, at, capturedLength + growth, map);
  }
}

const canHaveTag = ({ linkType, capturedLength }: Packet): boolean =>
  linkType === LINK_TYPE.ethernet && capturedLength >= TAG_AT + 2;

const hasTag = (packet: Packet): boolean =>
  canHaveTag(packet) &&
  packet.capturedLength >= TAG_AT + TAG_BYTES + 2 &&
  isVlanType(readU16BE(packet.bytes, packet.at + TAG_AT));

function renumber(bytes: Uint8Array, at: number, vlan: number): void {
  writeU16BE(bytes, at, (readU16BE(bytes, at) & ~VLAN_MASK) | vlan);
}

function renumberAll(bytes: Uint8Array, at: number, length: number, map: NumberMap): void {
  for (let tag = at + TAG_AT; tag + TAG_BYTES <= at + length && isVlanType(readU16BE(bytes, tag)); tag += TAG_BYTES) {
    renumber(bytes, tag + 2, map[readU16BE(bytes, tag + 2) & VLAN_MASK]!);
  }
}
