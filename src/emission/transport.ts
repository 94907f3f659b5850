/**
 * @module
 * The contract of everything that packets leave through: one or more channels, one for each device, to one target.
 */
import type { Batch } from './batch.js';

/** Answers of `send` that are no count. */
export const SEND = {
  /** There is no room now; `waitForRoom` says when to try again. */
  blocked: 0,
  /** The packet at the head cannot be sent, and `failure` says why. It is not to be tried again. */
  failed: -1,
} as const;

/** What has happened beside sending. */
export interface TransportEvents {
  /** By the name of the error: what the target has reported of packets that had been sent, and connections that were lost. */
  readonly errors: ReadonlyMap<string, number>;
  /** Connections that were made again. */
  readonly reconnects: number;
  /** What the target has sent. */
  readonly receivedPackets: number;
  readonly receivedBytes: number;
}

export interface Transport extends TransportEvents {
  /** Whether sending needs turns of the event loop: true for whatever Node.js does by itself. */
  readonly needsEventLoop: boolean;
  /** Why the last packet failed: the name of the error, such as `EMSGSIZE`. */
  readonly failure: string;
  /** @throws SynthError `SYNTH_TARGET_UNREACHABLE`, `SYNTH_SYSTEM_LIMIT` */
  open(): Promise<void>;
  /**
   * Rehearsal: from here on `send` does all that it does, except that nothing leaves; until it is called with false. What has been compiled for
   * another transport would be thrown away with the first packet.
   *
   * @returns false if it cannot
   */
  rehearse(on: boolean): boolean;
  /**
   * Makes a call like those that send, of which nothing leaves. Called again and again while a deadline is near: what the kernel does for a
   * packet takes ten times as long when it has not done it for some milliseconds.
   */
  keepWarm(): void;
  /**
   * Sends from the head of the batch, without waiting, as many packets as go at once. It does not move the head.
   *
   * @returns how many were taken, at least one, or one of `SEND`
   */
  send(batch: Batch): number;
  /** After `blocked`: returns when there may be room for the head of the batch, at the latest after some milliseconds. */
  waitForRoom(batch: Batch): Promise<void>;
  /** Takes what the target has sent, where nobody else does. Called when there is time, and at the end. */
  receive(): void;
  /** Hands over what is still under way, as far as the target takes it within `drainMs`, and closes. Never throws. */
  close(drainMs: number): Promise<void>;
}

/** What transports have in common: the account of what happens beside sending. */
export class EventCounts implements TransportEvents {
  readonly errors = new Map<string, number>();
  reconnects = 0;
  receivedPackets = 0;
  receivedBytes = 0;

  rehearse(_on: boolean): boolean {
    return false;
  }

  keepWarm(): void {}

  countError(name: string): void {
    this.errors.set(name, (this.errors.get(name) ?? 0) + 1);
  }
}
