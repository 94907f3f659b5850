/**
 * @module
 * The threads of a fleet, as one: starts them, tells them when to begin and to stop, and gathers what they say.
 */
import { Worker } from 'node:worker_threads';
import { packageFile } from '../../package-files.js';
import { fromThreadError } from '../../thread-error.js';
import { GROUP_COUNTS_BYTES, GroupCounts, GroupSums } from '../account/group-counts.js';
import type { DeviceFidelity, ShardAnswer, ShardRequest, ShardTask } from '../plan/shard-task.js';

export interface FleetThreadsOptions {
  readonly task: Omit<ShardTask, 'thread' | 'counts'>;
  /** Told of lines of the record. */
  readonly onRecord: (lines: string) => void;
}

export class FleetThreads {
  /** Of each group, by reason. */
  readonly errors: readonly Map<string, number>[];
  readonly #threads: readonly ShardThread[];
  readonly #groups: number;

  constructor({ task, onRecord }: FleetThreadsOptions) {
    this.#groups = task.groups.length;
    this.errors = task.groups.map(() => new Map());
    const onReport = ({ errors, record }: Extract<ShardAnswer, { kind: 'report' }>) => {
      for (const [group, reasons] of errors.entries()) this.#addErrors(group, reasons);
      if (record !== '') onRecord(record);
    };
    this.#threads = Array.from({ length: task.threads }, (_, thread) => new ShardThread({ ...task, thread }, onReport));
  }

  #addErrors(group: number, reasons: ReadonlyMap<string, number>): void {
    const errors = this.errors[group]!;
    for (const [reason, count] of reasons) errors.set(reason, (errors.get(reason) ?? 0) + count);
  }

  /** Resolves when all devices are made. @throws SynthError as threads do */
  async ready(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.ready));
  }

  start(startNs: number, startWallMs: number): void {
    for (const thread of this.#threads) thread.tell({ kind: 'start', startNs, startWallMs });
  }

  /** Ends the run before its time. */
  stop(): void {
    for (const thread of this.#threads) thread.tell({ kind: 'stop' });
  }

  /** Resolves when all devices have come to their end. @throws SynthError as threads do */
  async done(): Promise<readonly DeviceFidelity[]> {
    return (await Promise.all(this.#threads.map((thread) => thread.done))).flat();
  }

  /** The account of each group, over all threads, at this moment. */
  sums(): readonly GroupSums[] {
    return Array.from({ length: this.#groups }, (_, group) => {
      const sums = new GroupSums();
      for (const thread of this.#threads) thread.counts[group]!.addTo(sums);
      return sums;
    });
  }

  async terminate(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.terminate()));
  }
}

class ShardThread {
  readonly counts: readonly GroupCounts[];
  readonly ready: Promise<unknown>;
  readonly done: Promise<readonly DeviceFidelity[]>;
  readonly #worker: Worker;

  constructor(task: Omit<ShardTask, 'counts'>, onReport: (report: Extract<ShardAnswer, { kind: 'report' }>) => void) {
    const counts = task.groups.map(() => new SharedArrayBuffer(GROUP_COUNTS_BYTES));
    this.counts = counts.map((memory) => new GroupCounts(memory));
    const workerData: ShardTask = { ...task, counts };
    const worker = new Worker(packageFile('dist/src/fleet/run/shard-thread.js'), { workerData, execArgv: [] });
    this.#worker = worker;
    this.ready = new Promise((resolve, reject) => {
      worker.on('message', ({ kind }: ShardAnswer) => kind === 'ready' && resolve(undefined));
      onFailure(worker, reject);
    });
    this.done = new Promise((resolve, reject) => {
      worker.on('message', (answer: ShardAnswer) => {
        if (answer.kind === 'report') onReport(answer);
        else if (answer.kind === 'done') resolve(answer.fidelity);
      });
      onFailure(worker, reject);
    });
    // Whoever waits for one of them hears of it; nobody has to wait for both.
    this.ready.catch(() => {});
    this.done.catch(() => {});
  }

  tell(request: ShardRequest): void {
    this.#worker.postMessage(request);
  }

  async terminate(): Promise<void> {
    await this.#worker.terminate();
  }
}

function onFailure(worker: Worker, fail: (error: Error) => void): void {
  worker.on('message', (answer: ShardAnswer) => answer.kind === 'error' && fail(fromThreadError(answer)));
  worker.on('error', fail);
  worker.on('exit', () => fail(new Error('a thread of the fleet has ended')));
}
