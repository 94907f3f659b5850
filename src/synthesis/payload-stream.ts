/**
 * @module
 * The contract of what generated packets carry.
 */
export interface PayloadStream {
  /**
   * Writes the next `length` bytes that one end of the conversation sends at `at`.
   *
   * @returns sum of the 16-bit big-endian words written; an odd last byte is the upper half of a word (RFC 1071 §1)
   */
  write(bytes: Uint8Array, at: number, length: number, byOpener: boolean): number;
}

export interface PayloadSource {
  /** Stands at the beginning of the array that frames are written to, for copying from. */
  readonly preamble: Uint8Array;
  begin(conversation: {
    readonly protocol: number;
    readonly servicePort: number;
    readonly ipVersion: 4 | 6;
    readonly multicast: boolean;
  }): PayloadStream;
}
