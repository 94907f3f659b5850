/**
 * @module
 * What a thread of a fleet is told, and what it answers. Numbers that change all the time go through shared memory (`group-counts.ts`).
 *
 * The main thread sends `ShardTask` when it starts the thread, then `start`, and perhaps `stop`. The thread answers `ready`, then `report`
 * about once a second, and `done` in the end; or `error` at any time.
 */
import type { ThreadError } from '../../thread-error.js';
import type { Group, Limits, Phase, Storm } from '../scenario/scenario.js';

export interface ShardTask {
  readonly seed: string;
  readonly groups: readonly PreparedGroup[];
  readonly phases: readonly Phase[];
  readonly storms: readonly Storm[];
  readonly limits: Limits;
  /** The thread has the devices whose index among all is this one modulo `threads`. */
  readonly thread: number;
  readonly threads: number;
  /** Of each group, see `GroupCounts`. */
  readonly counts: readonly SharedArrayBuffer[];
  /** Of each group so many devices are recorded, message by message; 0 where nobody wants that. */
  readonly recordDevices: number;
}

/** A group that has all that its model says. */
export interface PreparedGroup extends Group {
  readonly spreadNs: number;
}

export type ShardRequest =
  /** When the run begins: by the monotonic clock, and the same moment in ms since the Unix epoch. */
  | { readonly kind: 'start'; readonly startNs: number; readonly startWallMs: number }
  /** Ends it before its time: messages under way are waited for, others are not sent. */
  | { readonly kind: 'stop' };

/** How the messages of one device left beside its plan. */
export interface DeviceFidelity {
  readonly group: number;
  readonly messages: number;
  readonly gapKs: number;
  readonly sizeKs: number;
}

export type ShardAnswer =
  | { readonly kind: 'ready' }
  | {
      readonly kind: 'report';
      /** Since the last report, of each group. */
      readonly errors: readonly ReadonlyMap<string, number>[];
      /** NDJSON. */
      readonly record: string;
    }
  | { readonly kind: 'done'; readonly fidelity: readonly DeviceFidelity[] }
  | ThreadError;
