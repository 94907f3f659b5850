/**
 * @module
 * Which flow a fragment belongs to. Only the first fragment of an IP packet has the ports; the others are known by addresses,
 * protocol and identification (RFC 791 §3.2, RFC 8200 §4.5), and may come before it.
 */
import { NONE, type Packet } from '../capture/packet.js';

export interface Ports {
  readonly source: number;
  readonly destination: number;
}

const NO_PORTS: Ports = { source: NONE, destination: NONE };

/** Fragmented packets that are remembered at a time. */
const MAX_TRACKED = 4096;

/** Remembers the ports of the latest fragmented packets. */
export class FragmentPorts {
  readonly #ports = new Map<string, Ports>();

  /** A name for the IP packet that this is a fragment of. */
  static keyOf(packet: Packet): string {
    const { bytes, sourceAt } = packet;
    const end = sourceAt + (packet.ipVersion === 4 ? 8 : 32); // the destination follows the source
    const addresses = Buffer.from(bytes.buffer, bytes.byteOffset + sourceAt, end - sourceAt).toString('latin1');
    // In IPv6 the protocol is behind extension headers that only the first fragment has; it is no part of the key (RFC 8200 §4.5).
    return `${packet.ipVersion === 4 ? packet.protocol : ''}/${packet.identification}/${addresses}`;
  }

  /** Takes in a first fragment. */
  remember(packet: Packet): void {
    if (packet.sourcePort === NONE) return;
    const key = FragmentPorts.keyOf(packet);
    this.#ports.delete(key);
    if (this.#ports.size >= MAX_TRACKED) {
      const [oldest] = this.#ports.keys();
      if (oldest !== undefined) this.#ports.delete(oldest);
    }
    this.#ports.set(key, { source: packet.sourcePort, destination: packet.destinationPort });
  }

  /** The ports of any packet: its own, or those of its first fragment if that was seen. */
  portsOf(packet: Packet): Ports {
    if (!packet.fragment || packet.firstFragment) {
      return { source: packet.sourcePort, destination: packet.destinationPort };
    }
    return this.#ports.get(FragmentPorts.keyOf(packet)) ?? NO_PORTS;
  }

  /** The ports of a later fragment, if its first fragment was seen. */
  find(key: string): Ports | undefined {
    return this.#ports.get(key);
  }
}
