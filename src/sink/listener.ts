/**
 * @module
 * The contract of everything that packets arrive at, and of whom it tells.
 */
import type { Source } from './source.js';
import type { SourceOrigin } from './source-origin.js';

export interface Listener {
  /** Where it really listens, such as `udp://127.0.0.1:8000`. */
  readonly url: string;
  /** Datagrams for which the kernel had no room. */
  readonly dropped: number;
  /** Hands over what it still has to send, as far as that goes at once. Never throws. */
  close(): Promise<void>;
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
