/**
 * @module
 * The link types that can be decoded: LINKTYPE_ values as https://www.tcpdump.org/linktypes.html lists them, and the two
 * values of DLT_RAW that some systems write into files.
 */
export const LINK_TYPE = {
  null: 0,
  ethernet: 1,
  ppp: 9,
  rawBsd: 12,
  rawOpenBsd: 14,
  pppHdlc: 50,
  pppoe: 51,
  raw: 101,
  wlan: 105,
  loop: 108,
  linuxCooked: 113,
  wlanRadiotap: 127,
  ipv4: 228,
  ipv6: 229,
  linuxCooked2: 276,
} as const;

export type LinkType = (typeof LINK_TYPE)[keyof typeof LINK_TYPE];

/** Which MAC addresses a link header has: none, receiver and sender of Ethernet, the sender alone, or those of 802.11, also behind radiotap. */
export type LinkAddresses = 'none' | 'ethernet' | 'sender' | 'wlan' | 'radiotap';

/** A link type that is missing here does not compile, so that anonymisation knows the addresses of each. */
const LINK_ADDRESSES: Readonly<Record<LinkType, LinkAddresses>> = {
  [LINK_TYPE.null]: 'none',
  [LINK_TYPE.ethernet]: 'ethernet',
  [LINK_TYPE.ppp]: 'none',
  [LINK_TYPE.rawBsd]: 'none',
  [LINK_TYPE.rawOpenBsd]: 'none',
  [LINK_TYPE.pppHdlc]: 'none',
  [LINK_TYPE.pppoe]: 'none',
  [LINK_TYPE.raw]: 'none',
  [LINK_TYPE.wlan]: 'wlan',
  [LINK_TYPE.loop]: 'none',
  [LINK_TYPE.linuxCooked]: 'sender',
  [LINK_TYPE.wlanRadiotap]: 'radiotap',
  [LINK_TYPE.ipv4]: 'none',
  [LINK_TYPE.ipv6]: 'none',
  [LINK_TYPE.linuxCooked2]: 'sender',
};

/** Undefined for link types that are not decoded. */
export const linkAddresses = (linkType: number): LinkAddresses | undefined => LINK_ADDRESSES[linkType as LinkType];

export const isSupportedLinkType = (linkType: number): boolean => linkAddresses(linkType) !== undefined;
