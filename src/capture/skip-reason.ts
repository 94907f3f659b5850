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
  2054: 'ARP',
  2114: 'Wake-on-LAN',
  8192: 'CDP',
  8944: 'AVTP',
  25944: 'transparent Ethernet bridging',
  32821: 'RARP',
  32923: 'AppleTalk',
  33011: 'AppleTalk ARP',
  33079: 'IPX',
  34825: 'slow protocols (LACP)',
  34915: 'PPPoE discovery',
  34925: 'Intel ANS',
  34939: 'HomePlug',
  34958: 'EAPOL',
  34962: 'PROFINET',
  34969: 'Realtek',
  34978: 'ATA over Ethernet',
  34980: 'EtherCAT',
  35000: 'GOOSE',
  35002: 'IEC 61850 sampled values',
  35020: 'LLDP',
  35041: 'HomePlug AV',
  35045: 'MACsec',
  35063: 'PTP',
  35085: '802.11 over Ethernet',
  36864: 'Ethernet loopback',
};

const PPP_NAMES: Readonly<Record<number, string>> = {
  32801: 'PPP IPCP',
  32855: 'PPP IPV6CP',
  33021: 'PPP CCP',
  49185: 'PPP LCP',
  49187: 'PPP PAP',
  49699: 'PPP CHAP',
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
