/**
 * @module
 * Bounds of frames and packets, in bytes.
 */

/** A captured length above this is damage, not a packet: the bound of Wireshark (WTAP_MAX_PACKET_SIZE_STANDARD) and tcpdump. */
export const MAX_PACKET_BYTES = 262_144;

/** The largest size: the IP packet of the largest Ethernet frame. */
export const MAX_SIZE_BYTES = MAX_PACKET_BYTES - 14;
