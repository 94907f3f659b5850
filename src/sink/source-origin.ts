/**
 * @module
 * Where packets come from, and the way back to there.
 */
import type { Batch } from '../emission/batch.js';
import type { InternetEndpoint } from '../host/native/socket-address.js';

/** How replies go back to where packets came from: a socket for many sources, or a connection for one. */
export interface ReplyPath {
  /** Why the last reply failed: the name of the error. */
  readonly failure: string;
  /**
   * Sends from the head of a batch, as far as it is for sources of this path, without waiting.
   *
   * @param originOf the origin of a channel of the batch
   * @returns how many were taken, or one of `SEND`
   */
  reply(batch: Batch, originOf: (channel: number) => SourceOrigin): number;
}

/** What is known of a source when its first packet arrives. */
export interface SourceOrigin {
  readonly url: string;
  readonly transport: 'udp' | 'tcp';
  /** Undefined for sockets that have no addresses. */
  readonly remote: InternetEndpoint | undefined;
  readonly local: InternetEndpoint | undefined;
  /** What stands before each message in a stream, in bytes. */
  readonly framingBytes: number;
  readonly path: ReplyPath;
  /** The remote address as its socket takes it, where it takes one with each packet. */
  readonly name: Uint8Array | undefined;
}
