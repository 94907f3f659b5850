/**
 * @module
 * The contract of everything that packets arrive at, and of whom it tells.
 */
import type { Batch } from '../emission/batch.js';
import type { InternetEndpoint } from '../host/native/socket-address.js';
import type { Source } from './source.js';

export interface Listener {
  /** Where it really listens, such as `udp://127.0.0.1:8000`. */
  readonly url: string;
  /** Datagrams for which the kernel had no room. */
  readonly dropped: number;
  /** Hands over what it still has to send, as far as that goes at once. Never throws. */
  close(): Promise<void>;
}

/** How replies go back to where packets came from: a socket for many sources, or a connection for one. */
export interface ReplyPath {
  /** Why the last reply failed: the name of the error. */
  readonly failure: string;
  /**
   * Sends from the head of a batch, as far as it is for sources of this path, without waiting.
   *
   * @param sourceOf the source of a channel of the batch
   * @returns how many were taken, or one of `SEND`
   */
  reply(batch: Batch, sourceOf: (channel: number) => Source): number;
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

/** Whom listeners tell. */
export interface ArrivalHandler {
  /** Whether nothing more is taken. */
  readonly isFull: boolean;
  /** Whether what has arrived comes faster than it can be written down, so that one should wait until `caughtUp`. */
  readonly isBehind: boolean;
  caughtUp(): Promise<void>;
  /** The account of a new source; of many too many, one that stands for the others. */
  openSource(origin: SourceOrigin): Source;
  /** @param sinceNs time of the sink. The bytes are only valid during the call. */
  arrived(source: Source, bytes: Uint8Array, at: number, length: number, sinceNs: number): void;
  /** A connection has ended. */
  disconnected(source: Source, sinceNs: number): void;
  /** Something is wrong that is only counted, by its name. */
  problem(name: string): void;
}
