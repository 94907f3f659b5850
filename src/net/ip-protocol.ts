/**
 * @module
 * Numbers of IP protocols and flags of TCP.
 */

/** IP protocol numbers (IANA) that the code names. */
export const IP_PROTOCOL = {
  icmp: 1,
  igmp: 2,
  tcp: 6,
  udp: 17,
  dccp: 33,
  icmpv6: 58,
  ospf: 89,
  pim: 103,
  sctp: 132,
  udpLite: 136,
} as const;

/** Flags of a TCP header (RFC 9293 §3.1). */
export const TCP_FLAG = { fin: 1, syn: 2, rst: 4, psh: 8, ack: 16 } as const;
