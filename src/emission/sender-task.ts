/** @module What the sending thread is told, and what it answers. */

import type { TransportSpec } from '../host/transport-spec.js';
import type { ThreadError } from '../thread-error.js';
import type { RingMemory } from './ring.js';
import type { Precision } from './waiter.js';

/** Words of the control block: 1 in `stop` ends the run. */
export const CONTROL = { stop: 0 } as const;
export const CONTROL_BYTES = 64;

/** Given to the thread when it begins. */
export interface SenderTask {
  readonly ring: RingMemory;
  readonly counts: SharedArrayBuffer;
  readonly control: SharedArrayBuffer;
  readonly transport: TransportSpec;
  readonly precision: Precision;
  readonly stamp: boolean;
  readonly channels: number;
  readonly paced: boolean;
  /** How long what is under way may take at the end. */
  readonly drainMs: number;
}

/** The word to start: when, by the monotonic clock, and the same moment in ns since the Unix epoch. */
export interface SenderRequest {
  readonly startNs: number;
  readonly startWallNs: bigint;
}

export interface SenderDone {
  readonly failures: ReadonlyMap<string, number>;
  readonly errors: ReadonlyMap<string, number>;
  readonly reconnects: number;
  readonly receivedPackets: number;
  readonly receivedBytes: number;
}

export type SenderAnswer = { readonly kind: 'open' } | ({ readonly kind: 'done' } & SenderDone) | ThreadError;
