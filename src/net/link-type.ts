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

const SUPPORTED: ReadonlySet<number> = new Set(Object.values(LINK_TYPE));

export const isSupportedLinkType = (linkType: number): boolean => SUPPORTED.has(linkType);
