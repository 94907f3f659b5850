/**
 * @module
 * Whole frames, whatever they hold: the exact replay. Those that the capture has cut are sent as far as they go, as tcpreplay does.
 */

import type { Packet } from '../../capture/packet.js';
import { SynthError } from '../../errors.js';
import { LINK_TYPE } from '../../net/link-type.js';
import { option, wording } from '../../wording.js';
import type { PacketPart } from './packet-part.js';
import type { SourceCounts } from './source.js';

/** The addresses and the type. */
const MIN_BYTES = 14;

export class FramePart implements PacketPart {
  at = 0;
  capturedBytes = 0;
  length = 0;

  find({ at, capturedLength, wireLength, linkType }: Packet, counts: SourceCounts): boolean {
    if (linkType !== LINK_TYPE.ethernet) throw notEthernet(linkType);
    if (capturedLength < Math.max(wireLength, MIN_BYTES)) counts.cut++;
    if (capturedLength < MIN_BYTES) return false;
    this.at = at;
    this.capturedBytes = capturedLength;
    this.length = capturedLength;
    return true;
  }
}

function notEthernet(linkType: number): SynthError {
  return new SynthError('SYNTH_CAPTURE_LINK_TYPE', `frames of link type ${linkType} cannot be sent as they are`, {
    hint: wording`Only Ethernet frames can. Send the IP packets in them with ${option('to')} raw://, or their payloads with ${option('to')} udp://HOST:PORT.`,
  });
}
