/** Link layers of all link types that are decoded, as they stand before an IP packet. */
import { DESTINATION_MAC, filler, join, mac, type Part, SOURCE_MAC, u16, u32 } from './frames.js';

export const NO_MACS = [undefined, undefined];
export const BOTH_MACS = [SOURCE_MAC, DESTINATION_MAC];
const SENDER_ONLY = [SOURCE_MAC, undefined];

export interface Layer {
  readonly name: string;
  readonly linkType: number;
  /** What stands before the IP packet. */
  readonly prefix: (version: 4 | 6) => Part;
  readonly macs?: readonly (string | undefined)[];
}

const etherType = (version: 4 | 6) => u16(version === 4 ? 0x0800 : 0x86dd);
const pppProtocol = (version: 4 | 6) => u16(version === 4 ? 0x0021 : 0x0057); // RFC 1332, RFC 5072
const afInet6 = { Linux: 10, Windows: 23, NetBSD: 24, FreeBSD: 28, macOS: 30 };
const addresses = join(mac(DESTINATION_MAC), mac(SOURCE_MAC));
const snap = (version: 4 | 6) => [0xaa, 0xaa, 3, 0, 0, 0, ...etherType(version)]; // RFC 1042
const pppoe = (version: 4 | 6) => [0x11, 0, ...u16(0x1234), ...u16(100), ...pppProtocol(version)]; // RFC 2516 §4
export const label = (value: number, bottom: boolean) => u32((value << 12) | (bottom ? 0x100 : 0) | 64); // RFC 3032 §2.1

const BSSID = '02:00:00:00:00:0b';
const TRANSMITTER = '02:00:00:00:00:0c';
const RECEIVER = '02:00:00:00:00:0d';

/** IEEE 802.11-2020 §9.2.4.1 and §9.3.2.1, Table 9-30: order of the addresses by ToDS and FromDS. */
export function wlanHeader(
  to: boolean,
  from: boolean,
  kind: { qos?: boolean; ht?: boolean; encrypted?: boolean; aggregate?: boolean } = {},
) {
  const flags = (to ? 1 : 0) | (from ? 2 : 0) | (kind.encrypted ? 0x40 : 0) | (kind.ht ? 0x80 : 0);
  const order = to
    ? from
      ? [RECEIVER, TRANSMITTER, DESTINATION_MAC]
      : [BSSID, SOURCE_MAC, DESTINATION_MAC]
    : from
      ? [DESTINATION_MAC, BSSID, SOURCE_MAC]
      : [DESTINATION_MAC, SOURCE_MAC, BSSID];
  return join(
    [kind.qos ? 0x88 : 0x08, flags, 0, 0],
    ...order.map(mac),
    [0x10, 0x20],
    to && from ? mac(SOURCE_MAC) : [],
    kind.qos ? [kind.aggregate ? 0x80 : 0, 0] : [],
    kind.ht ? [1, 2, 3, 4] : [],
  );
}

/** Radiotap: version, pad, length and the words of fields present, little-endian. */
export const radiotap = (present: readonly number[], fields: Part) =>
  join(
    [0, 0, 8 + 4 * (present.length - 1) + fields.length, 0],
    present.flatMap((word) => u32(word).reverse()),
    fields,
  );

const padTo4 = (bytes: Uint8Array) => join(bytes, new Uint8Array(-bytes.length & 3));

const wlanLayers: Layer[] = [false, true].flatMap((to) =>
  [false, true].flatMap((from) =>
    [{}, { qos: true }, { qos: true, ht: true }].flatMap((kind): Layer[] => {
      const ds = `${to ? 'ToDS' : '-'}/${from ? 'FromDS' : '-'}${'qos' in kind ? ' QoS' : ''}${'ht' in kind ? ' HT' : ''}`;
      const header = wlanHeader(to, from, kind);
      const frame = (version: 4 | 6) => join(header, snap(version));
      return [
        { name: `802.11 ${ds}`, linkType: 105, prefix: frame, macs: BOTH_MACS },
        {
          name: `802.11 ${ds} behind radiotap, padded header`,
          linkType: 127,
          // Field 1, flags: 0x20 = padding between the 802.11 header and the payload (radiotap.org/fields/Flags).
          prefix: (version) => join(radiotap([0b10], [0x20]), padTo4(header), snap(version)),
          macs: BOTH_MACS,
        },
      ];
    }),
  ),
);

export const LAYERS: readonly Layer[] = [
  { name: 'Ethernet', linkType: 1, prefix: (v) => join(addresses, etherType(v)), macs: BOTH_MACS },
  {
    name: 'Ethernet, 802.1Q',
    linkType: 1,
    prefix: (v) => join(addresses, u16(0x8100), u16(42), etherType(v)),
    macs: BOTH_MACS,
  },
  {
    name: 'Ethernet, 802.1ad QinQ',
    linkType: 1,
    prefix: (v) => join(addresses, u16(0x88a8), u16(7), u16(0x8100), u16(42), etherType(v)),
    macs: BOTH_MACS,
  },
  {
    name: 'Ethernet, old QinQ of three tags',
    linkType: 1,
    prefix: (v) => join(addresses, u16(0x9100), u16(7), u16(0x8100), u16(42), u16(0x8100), u16(43), etherType(v)),
    macs: BOTH_MACS,
  },
  {
    name: 'Ethernet, MPLS of three labels',
    linkType: 1,
    prefix: () => join(addresses, u16(0x8847), label(16, false), label(17, false), label(18, true)),
    macs: BOTH_MACS,
  },
  {
    name: 'Ethernet, VLAN and MPLS multicast',
    linkType: 1,
    prefix: () => join(addresses, u16(0x8100), u16(5), u16(0x8848), label(16, true)),
    macs: BOTH_MACS,
  },
  {
    name: 'Ethernet, PPPoE',
    linkType: 1,
    prefix: (v) => join(addresses, u16(0x8864), pppoe(v)),
    macs: BOTH_MACS,
  },
  {
    name: 'Ethernet, VLAN and PPPoE',
    linkType: 1,
    prefix: (v) => join(addresses, u16(0x8100), u16(5), u16(0x8864), pppoe(v)),
    macs: BOTH_MACS,
  },
  {
    name: 'Ethernet, PPPoE and MPLS',
    linkType: 1,
    prefix: () => join(addresses, u16(0x8864), [0x11, 0, 0, 1, 0, 99], u16(0x0281), label(20, true)),
    macs: BOTH_MACS,
  },
  {
    name: 'IEEE 802.3 with LLC and SNAP',
    linkType: 1,
    prefix: (v) => join(addresses, u16(60), snap(v)),
    macs: BOTH_MACS,
  },
  {
    name: 'IEEE 802.3 with LLC, SNAP and a VLAN tag',
    linkType: 1,
    prefix: (v) => join(addresses, u16(60), [0xaa, 0xaa, 3, 0, 0, 0], u16(0x8100), u16(9), etherType(v)),
    macs: BOTH_MACS,
  },
  ...[12, 14, 101].map((linkType) => ({ name: `raw IP (${linkType})`, linkType, prefix: () => [] })),
  ...[false, true].flatMap((bigEndian) =>
    Object.entries(afInet6).map(([system, family]) => ({
      name: `null, ${system}, ${bigEndian ? 'big' : 'little'}-endian`,
      linkType: 0,
      prefix: (version: 4 | 6) => {
        const bytes = u32(version === 4 ? 2 : family);
        return bigEndian ? bytes : bytes.reverse();
      },
    })),
  ),
  ...Object.entries(afInet6).map(([system, family]) => ({
    name: `loop, ${system}`,
    linkType: 108,
    prefix: (version: 4 | 6) => u32(version === 4 ? 2 : family),
  })),
  { name: 'loop with an ethertype', linkType: 108, prefix: (v) => [0, 0, ...etherType(v)] },
  { name: 'PPP', linkType: 9, prefix: pppProtocol },
  { name: 'PPP with address and control', linkType: 9, prefix: (v) => [0xff, 3, ...pppProtocol(v)] },
  { name: 'PPP with a compressed protocol field', linkType: 9, prefix: (v) => pppProtocol(v).slice(1) }, // RFC 1661 §6.5
  { name: 'PPP with MPLS', linkType: 9, prefix: () => [...u16(0x0281), ...label(16, false), ...label(17, true)] }, // RFC 3032 §4.3
  { name: 'PPP in HDLC-like framing', linkType: 50, prefix: (v) => [0xff, 3, ...pppProtocol(v)] },
  { name: 'PPPoE', linkType: 51, prefix: pppoe },
  {
    name: 'Linux cooked',
    linkType: 113,
    // LINKTYPE_LINUX_SLL: packet type, ARPHRD, address length, 8 bytes of address, protocol.
    prefix: (v) => join(u16(0), u16(1), u16(6), mac(SOURCE_MAC), [0, 0], etherType(v)),
    macs: SENDER_ONLY,
  },
  {
    name: 'Linux cooked without an address',
    linkType: 113,
    prefix: (v) => join(u16(4), u16(772), u16(0), new Uint8Array(8), etherType(v)),
  },
  {
    name: 'Linux cooked with a VLAN tag',
    linkType: 113,
    prefix: (v) => join(u16(0), u16(1), u16(6), mac(SOURCE_MAC), [0, 0], u16(0x8100), u16(3), etherType(v)),
    macs: SENDER_ONLY,
  },
  {
    name: 'Linux cooked v2',
    linkType: 276,
    // LINKTYPE_LINUX_SLL2: protocol, reserved, interface, ARPHRD, packet type, address length, 8 bytes of address.
    prefix: (v) => join(etherType(v), u16(0), u32(3), u16(1), [0, 6], mac(SOURCE_MAC), [0, 0]),
    macs: SENDER_ONLY,
  },
  {
    name: 'Linux cooked v2 without an address',
    linkType: 276,
    prefix: (v) => join(etherType(v), u16(0), u32(3), u16(772), [4, 0], new Uint8Array(8)),
  },
  ...wlanLayers,
  {
    name: '802.11 behind radiotap with TSFT, aligned to eight bytes, and the pad flag',
    linkType: 127,
    // Two words of presence end at byte 12; the 64-bit TSFT starts at 16, the flags stand at 24.
    prefix: (v) =>
      join(
        radiotap([0x8000_0003, 0], [0, 0, 0, 0, ...filler(8), 0x20]),
        padTo4(wlanHeader(true, false, { qos: true })),
        snap(v),
      ),
    macs: BOTH_MACS,
  },
  {
    name: '802.11 behind radiotap without the pad flag',
    linkType: 127,
    prefix: (v) => join(radiotap([0b11], [...filler(8), 0x10]), wlanHeader(true, false, { qos: true }), snap(v)),
    macs: BOTH_MACS,
  },
  {
    name: '802.11 behind radiotap without a flags field',
    linkType: 127,
    prefix: (v) => join(radiotap([0b100], [0x20]), wlanHeader(false, true, { qos: true }), snap(v)),
    macs: BOTH_MACS,
  },
];
