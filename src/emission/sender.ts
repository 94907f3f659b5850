/**
 * @module
 * Sends packets at their deadlines: absolute times from the start of the run, so that nothing adds up. The heart of an emission,
 * the same in a thread of its own and beside a sink, with the system's clock and with a virtual one.
 */
import { Batch } from './batch.js';
import { NONE_YET, type PacketQueue } from './packet-queue.js';
import type { SendCounts } from './send-counts.js';
import { STAMP_BYTES, writeStamp } from './stamp.js';
import { SEND, type Transport } from './transport.js';
import type { Waiter } from './waiter.js';

export interface SenderOptions {
  /** When the run starts, by the monotonic clock. */
  readonly startNs: number;
  /** The same moment in ns since the Unix epoch, for stamps. */
  readonly startWallNs: bigint;
  /** Whether the payload of each packet begins with sequence and time, where it is long enough. */
  readonly stamp: boolean;
  readonly channels: number;
  /** Whether packets have times: false to send each as soon as it is there. */
  readonly paced: boolean;
  /** Asked all the time: true ends the run. */
  readonly stopped: () => boolean;
}

/** The event loop gets a turn at least so often while it is needed, in ns. */
const TURN_NS = 1e6;
/** What has been received is taken at least so often. */
const RECEIVE_NS = 100e6;
/** Without anything to send, one looks again after so long. */
const IDLE_NS = 100e6;
/** Waiting for a producer that is behind. */
const STARVING_NS = 100e3;

export class Sender {
  readonly #queue: PacketQueue;
  readonly #transport: Transport;
  readonly #waiter: Waiter;
  readonly #counts: SendCounts;
  readonly #options: SenderOptions;
  readonly #batch = new Batch();
  /** Of the next packet of each channel. */
  readonly #sequence: Uint32Array;
  #lastTurnNs = 0;
  #lastReceiveNs = 0;

  constructor(queue: PacketQueue, transport: Transport, waiter: Waiter, counts: SendCounts, options: SenderOptions) {
    this.#queue = queue;
    this.#transport = transport;
    this.#waiter = waiter;
    this.#counts = counts;
    this.#options = options;
    this.#sequence = new Uint32Array(options.stamp ? options.channels : 0);
  }

  /** Resolves when the queue has ended or the run was stopped. */
  async run(): Promise<void> {
    const queue = this.#queue;
    const batch = this.#batch;
    const { clock } = this.#waiter;
    const { startNs, stopped } = this.#options;
    let starvingSinceNs = 0;
    while (!stopped()) {
      const deadlineNs = queue.nextDeadlineNs();
      let now = clock.nowNs();
      if (deadlineNs === NONE_YET) {
        if (queue.ended) return;
        if (queue.changed !== undefined) {
          // Nobody is behind: there is nothing to send.
          await this.#pause(IDLE_NS);
          continue;
        }
        if (starvingSinceNs === 0) starvingSinceNs = now;
        await this.#betweenPackets(STARVING_NS, now);
        continue;
      }
      const dueNs = startNs + deadlineNs;
      if (starvingSinceNs > 0) {
        // Only the time for which a packet was due and not there.
        this.#counts.starvedNs += Math.max(0, now - Math.max(dueNs, starvingSinceNs));
        starvingSinceNs = 0;
      }
      if (now < dueNs) {
        if (await this.#betweenPackets(dueNs - now, now)) continue;
        now = this.#waiter.until(dueNs, this.#transport);
      }
      queue.collect(batch, now - startNs);
      if (this.#options.stamp) this.#stamp(batch);
      await this.#send(batch);
      this.#counts.skipped += batch.remaining;
      queue.release();
    }
  }

  /** After a run that was stopped: counts what is still in the queue, up to its end, as skipped. */
  async skipRest(): Promise<void> {
    const queue = this.#queue;
    while (!queue.ended) {
      queue.collect(this.#batch, Number.POSITIVE_INFINITY);
      this.#counts.skipped += this.#batch.count;
      queue.release();
      if (this.#batch.count === 0) await this.#waiter.turn();
    }
  }

  /**
   * Time until the next packet: for the event loop, and for what the target has sent.
   *
   * @returns whether time was passed, so that one has to look again
   */
  async #betweenPackets(ns: number, now: number): Promise<boolean> {
    const waiter = this.#waiter;
    if (waiter.isLong(ns)) {
      this.#receive(now);
      await this.#pause(ns);
      return true;
    }
    if (this.#transport.needsEventLoop && now - this.#lastTurnNs > TURN_NS) {
      await waiter.turn();
      this.#lastTurnNs = waiter.clock.nowNs();
      return true;
    }
    if (this.#transport.needsEventLoop && ns > TURN_NS) {
      waiter.until(now + TURN_NS);
      return true;
    }
    if (ns === STARVING_NS) {
      // A turn, in which a producer in this thread can go on; and some rest for one in another.
      await waiter.turn();
      waiter.until(waiter.clock.nowNs() + STARVING_NS);
    }
    return false;
  }

  /** Leaves the thread to its event loop; not longer than until an earlier packet comes, where the queue tells. */
  async #pause(ns: number): Promise<void> {
    const pause = this.#waiter.pause(ns);
    const changed = this.#queue.changed?.();
    await (changed === undefined ? pause : Promise.race([pause, changed]));
    this.#lastTurnNs = this.#waiter.clock.nowNs();
  }

  #receive(now: number): void {
    if (now - this.#lastReceiveNs < RECEIVE_NS) return;
    this.#lastReceiveNs = now;
    this.#transport.receive();
    this.#counts.copyEvents(this.#transport);
  }

  /** Settles the packets of a batch; leaves those that are blocked when the run is stopped. */
  async #send(batch: Batch): Promise<void> {
    const transport = this.#transport;
    const counts = this.#counts;
    const { clock } = this.#waiter;
    let before = clock.nowNs();
    while (batch.remaining > 0) {
      const taken = transport.send(batch);
      const now = clock.nowNs();
      counts.sendingNs += now - before;
      before = now;
      if (taken > 0) {
        this.#settle(batch, taken, now);
      } else if (taken === SEND.failed) {
        counts.fail(transport.failure);
        batch.first++;
      } else {
        if (this.#options.stopped()) return;
        await transport.waitForRoom(batch);
        before = clock.nowNs();
        counts.blockedNs += before - now;
        this.#lastTurnNs = before;
      }
      if (before - this.#lastTurnNs > TURN_NS) before = await this.#whileBusy(before);
    }
  }

  /** Where packets leave no time between them, the event loop and the target have to be heard nevertheless. */
  async #whileBusy(now: number): Promise<number> {
    this.#receive(now);
    if (this.#transport.needsEventLoop) await this.#waiter.turn();
    this.#lastTurnNs = this.#waiter.clock.nowNs();
    return this.#lastTurnNs;
  }

  #settle(batch: Batch, taken: number, now: number): void {
    const counts = this.#counts;
    const { startNs, paced } = this.#options;
    const end = batch.first + taken;
    const since = now - startNs;
    for (let i = batch.first; i < end; i++) {
      counts.bytes += batch.length[i]!;
      if (paced) counts.lateness.record(Math.max(0, since - batch.deadlineNs[i]!));
    }
    counts.packets += taken;
    counts.lastNs = since;
    batch.first = end;
  }

  #stamp(batch: Batch): void {
    const { startWallNs } = this.#options;
    for (let i = 0; i < batch.count; i++) {
      const channel = batch.channel[i]!;
      const sequence = this.#sequence[channel]!;
      this.#sequence[channel] = sequence + 1;
      if (batch.length[i]! < STAMP_BYTES) continue;
      writeStamp(batch.bytes, batch.at[i]!, channel, sequence, startWallNs, batch.deadlineNs[i]!);
    }
  }
}
