/**
 * @module
 * The contract of everything that payloads come from: one source for a capture, one stream for each conversation in it.
 */

export interface PayloadStream {
  /**
   * Writes `length` bytes of what one end sends at `at`. An echo reply is to return what was requested (RFC 792): in conversations of
   * ICMP the same length should give the same bytes.
   *
   * @returns sum of the 16-bit big-endian words written (an odd last byte is the upper half of a word)
   */
  write(bytes: Uint8Array, at: number, length: number, byOpener: boolean): number;
}

export interface PayloadSource {
  /** Stands at the beginning of the array that frames are written to, for copying from. */
  readonly preamble: Uint8Array;
  /** Payload of a datagram that decoders do not take for broken; an empty one never is. */
  minBytes(protocol: number, servicePort: number): number;
  begin(conversation: {
    readonly protocol: number;
    readonly servicePort: number;
    readonly ipVersion: 4 | 6;
    readonly multicast: boolean;
  }): PayloadStream;
}
