/**
 * @module
 * Messages of ICMP (RFC 792) and ICMPv6 (RFC 4443, RFC 4861) that hold addresses.
 */

/** Messages that quote the packet which they are about: unreachable, source quench, redirect, time exceeded, parameter problem. */
export const ICMP_ERRORS: ReadonlySet<number> = new Set([3, 4, 5, 11, 12]);

/** Message types (IANA), and the options of neighbour discovery. */
export const ICMPV6 = {
  /** Errors, which quote a packet, are those below 128; four are defined (RFC 4443 §2.1). */
  lastError: 127,
  listenerQuery: 130,
  listenerReport: 131,
  listenerDone: 132,
  routerSolicitation: 133,
  routerAdvertisement: 134,
  neighbourSolicitation: 135,
  neighbourAdvertisement: 136,
  redirect: 137,
  listenerReport2: 143,
  optionSource: 1,
  optionTarget: 2,
  optionPrefix: 3,
  optionRedirected: 4,
  optionMtu: 5,
} as const;

/** Bytes of an ICMPv6 message before its options or its payload, addresses included. */
export function icmp6HeaderLength(type: number): number {
  switch (type) {
    case ICMPV6.routerAdvertisement:
      return 16;
    case ICMPV6.listenerQuery:
    case ICMPV6.listenerReport:
    case ICMPV6.listenerDone:
    case ICMPV6.neighbourSolicitation:
    case ICMPV6.neighbourAdvertisement:
      return 24;
    case ICMPV6.redirect:
      return 40;
    default:
      return 8;
  }
}

interface NeighbourOption {
  readonly kind: number;
  readonly at: number;
  /** With type and length. */
  readonly length: number;
}

/** The options from `at` on that are there in full (RFC 4861 §4.6). */
export function* neighbourOptions(bytes: Uint8Array, at: number, end: number): Generator<NeighbourOption> {
  for (let option = at; option + 8 <= end; ) {
    const length = bytes[option + 1]! * 8;
    if (length === 0 || option + length > end) return;
    yield { kind: bytes[option]!, at: option, length };
    option += length;
  }
}
