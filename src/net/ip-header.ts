/** @module What sending a packet at IP level has to know of it: its version and where it goes. */

const IPV4_BYTES = 20;
const IPV4_DESTINATION = { at: 16, length: 4 };
const IPV6_BYTES = 40;
const IPV6_DESTINATION = { at: 24, length: 16 };

export type IpVersion = 4 | 6;

/** Undefined for what is no IP packet. */
export function ipVersion(bytes: Uint8Array, at: number, length: number): IpVersion | undefined {
  const version = bytes[at]! >> 4;
  if (version === 4 && length >= IPV4_BYTES) return 4;
  if (version === 6 && length >= IPV6_BYTES) return 6;
  return undefined;
}

/** The bytes of the destination of a packet, where they lie. */
export function destinationOf(version: IpVersion, bytes: Uint8Array, at: number): Uint8Array {
  const field = version === 4 ? IPV4_DESTINATION : IPV6_DESTINATION;
  return bytes.subarray(at + field.at, at + field.at + field.length);
}
