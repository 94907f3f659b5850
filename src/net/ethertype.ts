/**
 * @module
 * Ethertypes (IEEE 802.3, IANA) that the code knows.
 */

export const ETHERTYPE = {
  ipv4: 0x0800,
  arp: 0x0806,
  reverseArp: 0x8035,
  ipv6: 0x86dd,
  vlan: 0x8100,
  serviceVlan: 0x88a8,
  oldServiceVlan: 0x9100,
  mpls: 0x8847,
  mplsMulticast: 0x8848,
  pppoeSession: 0x8864,
} as const;

/** The ethertype of packets of an IP version. */
export const IP_ETHERTYPE = { 4: ETHERTYPE.ipv4, 6: ETHERTYPE.ipv6 } as const;

/** Whether a VLAN tag stands behind this ethertype. */
export const isVlanType = (type: number): boolean =>
  type === ETHERTYPE.vlan || type === ETHERTYPE.serviceVlan || type === ETHERTYPE.oldServiceVlan;
