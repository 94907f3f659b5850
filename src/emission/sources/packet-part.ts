/**
 * @module
 * The contract of what is sent of a captured packet: its frame, its IP packet, or its payload.
 */
import type { Packet } from '../../capture/packet.js';
import type { SourceCounts } from './source.js';

export interface PacketPart {
  // Of the packet that `find` came to: its part in `packet.bytes`, and how long it is altogether. What was not captured is zeros.
  readonly at: number;
  readonly capturedBytes: number;
  readonly length: number;
  /**
   * @returns false if nothing of the packet is sent; then it has been counted
   * @throws SynthError `SYNTH_CAPTURE_LINK_TYPE`
   */
  find(packet: Packet, counts: SourceCounts): boolean;
}
