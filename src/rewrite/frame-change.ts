/**
 * @module
 * All that can become of one frame: tags, addresses, ports, erased payload, checksums, and a cut at the end.
 */
import type { Packet } from '../capture/packet.js';
import { MAX_PACKET_BYTES } from '../net/sizes.js';
import { fixChecksums } from './fix-checksums.js';
import { FrameEditor, type FrameEdits } from './frame-editor.js';
import { erasePayload, eraseUnread } from './payload-eraser.js';
import { VlanChange, type VlanOptions } from './vlan-change.js';

export interface FrameChangeOptions extends FrameEdits {
  readonly vlan: VlanOptions;
  /** Zeros in place of payload, which makes the checksums new. */
  readonly erasePayload: boolean;
  /** Computes checksums anew, right or wrong as they were. */
  readonly fixChecksums: boolean;
  /** Bytes of a frame to write at most. */
  readonly snapLength: number;
}

/** Frames are copied as they are. */
export const SAME_FRAMES: FrameChangeOptions = {
  addresses: [],
  ports: undefined,
  vlan: { set: undefined, strip: false, map: undefined },
  erasePayload: false,
  fixChecksums: false,
  snapLength: Number.POSITIVE_INFINITY,
};

export class FrameChange {
  /** Bytes of the frame that `measure` has looked at, as it will be: in the file, and on the wire. */
  length = 0;
  wireLength = 0;
  readonly #options: FrameChangeOptions;
  readonly #vlan: VlanChange | undefined;
  readonly #editor: FrameEditor | undefined;
  /** Whether no captured address may be left. */
  readonly #isComplete: boolean;
  #growth = 0;

  constructor(options: FrameChangeOptions) {
    const { vlan, addresses, ports } = options;
    this.#options = options;
    this.#isComplete = addresses.some((change) => change.isComplete);
    this.#vlan = vlan.set !== undefined || vlan.strip || vlan.map ? new VlanChange(vlan) : undefined;
    const needsEditor = addresses.length > 0 || ports !== undefined || options.erasePayload || options.fixChecksums;
    this.#editor = needsEditor ? new FrameEditor(options) : undefined;
  }

  /** To be called before `write`. @returns room that `write` needs */
  measure(packet: Packet): number {
    this.#growth = this.#vlan?.growthOf(packet) ?? 0;
    const whole = packet.capturedLength + this.#growth;
    this.length = Math.min(whole, this.#options.snapLength, MAX_PACKET_BYTES);
    this.wireLength = packet.wireLength + this.#growth;
    return whole;
  }

  /** Writes the frame that has been measured: all of it, of which `length` bytes are the result. */
  write(packet: Packet, bytes: Uint8Array, at: number): void {
    const growth = this.#growth;
    if (this.#vlan) this.#vlan.copy(packet, bytes, at, growth);
    else bytes.set(packet.bytes.subarray(packet.at, packet.at + packet.capturedLength), at);
    const editor = this.#editor;
    if (editor === undefined) return;
    editor.edit(packet, bytes, at, growth);
    if (this.#isComplete) eraseUnread(packet, bytes, at, growth);
    if (this.#options.erasePayload) erasePayload(packet, bytes, at, growth, editor.finalDestinationAt);
    if (this.#options.fixChecksums) fixChecksums(packet, bytes, at, growth, editor.finalDestinationAt);
  }
}
