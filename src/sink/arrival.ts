/**
 * @module
 * One message on its way into a file: received from a source, or sent back to it.
 */

export interface Arrival {
  /** IP length. */
  readonly sizeBytes: number;
  /** The payload: `length` bytes from `at` on. */
  readonly bytes: Uint8Array;
  readonly at: number;
  readonly length: number;
  /** Time since the sink began. */
  readonly sinceNs: number;
  /** 1 for a message that the source has sent, 0 for a reply to it. */
  readonly outbound: number;
}
