/**
 * @module
 * Why a frame holds no IP packet for us. A reason is one number, so that counting a million of them costs nothing; its name is
 * looked up at the end.
 */

/** Reasons without a parameter. */
export const SKIP = {
  decoded: 0,
  empty: 1,
  linkHeaderCut: 2,
  ipHeaderCut: 3,
  ipVersion: 4,
  ipv4HeaderLength: 5,
  ipv4TotalLength: 6,
  wlanNoData: 7,
  wlanEncrypted: 8,
  wlanAggregate: 9,
  mplsPayload: 10,
  addressFamily: 11,
  unknownInterface: 12,
  llc: 13,
} as const;

const NAMES: readonly string[] = [
  'decoded',
  'empty frame',
  'link header cut',
  'IP header cut',
  'IP version neither 4 nor 6',
  'IPv4 header length below 20',
  'IPv4 total length below header length',
  '802.11 management, control or empty frame',
  '802.11 encrypted frame',
  '802.11 aggregate (A-MSDU)',
  'MPLS without IP inside',
  'loopback address family not IP',
  'interface not described in the file',
  'IEEE 802.2 LLC',
];

// A reason with a parameter is a base plus the parameter.
const ETHERTYPE_BASE = 0x1_0000;
const PPP_BASE = 0x2_0000;
const LINK_TYPE_BASE = 0x4_0000;

export const skipEtherType = (etherType: number): number => ETHERTYPE_BASE + etherType;
export const skipPppProtocol = (protocol: number): number => PPP_BASE + protocol;
export const skipLinkType = (linkType: number): number => LINK_TYPE_BASE + linkType;

/** The link type of a `skipLinkType` reason, or undefined for the other reasons. */
export const skippedLinkType = (reason: number): number | undefined =>
  reason >= LINK_TYPE_BASE ? reason - LINK_TYPE_BASE : undefined;

// IANA “IEEE 802 numbers”, those that turn up in captures.
const ETHERTYPE_NAMES: Readonly<Record<number, string>> = {
  0x0806: 'ARP',
  0x0842: 'Wake-on-LAN',
  0x2000: 'CDP',
  0x22f0: 'AVTP',
  0x6558: 'transparent Ethernet bridging',
  0x8035: 'RARP',
  0x809b: 'AppleTalk',
  0x80f3: 'AppleTalk ARP',
  0x8137: 'IPX',
  0x8809: 'slow protocols (LACP)',
  0x8863: 'PPPoE discovery',
  0x886d: 'Intel ANS',
  0x887b: 'HomePlug',
  0x888e: 'EAPOL',
  0x8892: 'PROFINET',
  0x8899: 'Realtek',
  0x88a2: 'ATA over Ethernet',
  0x88a4: 'EtherCAT',
  0x88b8: 'GOOSE',
  0x88ba: 'IEC 61850 sampled values',
  0x88cc: 'LLDP',
  0x88e1: 'HomePlug AV',
  0x88e5: 'MACsec',
  0x88f7: 'PTP',
  0x890d: '802.11 over Ethernet',
  0x9000: 'Ethernet loopback',
};

const PPP_NAMES: Readonly<Record<number, string>> = {
  0x8021: 'PPP IPCP',
  0x8057: 'PPP IPV6CP',
  0x80fd: 'PPP CCP',
  0xc021: 'PPP LCP',
  0xc023: 'PPP PAP',
  0xc223: 'PPP CHAP',
};

const hex = (value: number): string => `0x${value.toString(16).padStart(4, '0')}`;

/** The name of a reason, for people and for `--json`. */
export function skipReasonName(reason: number): string {
  const linkType = skippedLinkType(reason);
  if (linkType !== undefined) return `link type ${linkType}`;
  if (reason >= PPP_BASE) return PPP_NAMES[reason - PPP_BASE] ?? `PPP protocol ${hex(reason - PPP_BASE)}`;
  if (reason >= ETHERTYPE_BASE) {
    return ETHERTYPE_NAMES[reason - ETHERTYPE_BASE] ?? `ethertype ${hex(reason - ETHERTYPE_BASE)}`;
  }
  return NAMES[reason] ?? `reason ${reason}`;
}
