/**
 * @module
 * Threads that fit models side by side. A task runs on one thread from beginning to end, so the number of threads changes when a
 * result comes, never what it is.
 */
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { SynthError } from '../errors.js';
import { packageFile } from '../package-files.js';
import { apiText } from '../wording.js';
import type { FitKind, FitResults, FitTask, FitTasks, WorkerAnswer, WorkerRequest } from './fit-task.js';
import { kernelModule } from './module.js';

/** More threads than this are not started unless they are asked for. */
const MAX_DEFAULT_THREADS = 16;

export const defaultThreads = (): number => Math.min(availableParallelism(), MAX_DEFAULT_THREADS);

interface Waiting {
  /** Aborted when nobody wants the result any more. */
  readonly unwanted: AbortSignal | undefined;
  readonly request: WorkerRequest;
  readonly resolve: (result: FitResults[FitKind]) => void;
  readonly reject: (error: unknown) => void;
}

export class FitPool {
  readonly threads: number;
  readonly #signal: AbortSignal | undefined;
  readonly #idle: Worker[] = [];
  readonly #workers: Worker[] = [];
  readonly #queue: Waiting[] = [];
  readonly #running = new Map<number, Waiting>();
  #nextId = 0;
  #closed: unknown;

  /** @param threads at most; they are started when there is work for them */
  constructor(threads: number, signal?: AbortSignal) {
    this.threads = threads;
    this.#signal = signal;
    signal?.addEventListener('abort', this.#interrupt);
  }

  /**
   * Does a task as soon as a thread is free; tasks start in the order in which they came.
   *
   * @param unwanted once aborted, the task does not start any more; what has started ends as it would
   * @throws SynthError what the task throws; `SYNTH_INTERRUPTED` once the signal is aborted
   * @throws Error once the pool is closed
   */
  run<K extends FitKind>(kind: K, task: FitTasks[K], unwanted?: AbortSignal): Promise<FitResults[K]> {
    if (this.#signal?.aborted) return Promise.reject(interrupted());
    // Its threads are gone: one would never answer, and a new one would never end.
    if (this.#closed !== undefined) return Promise.reject(this.#closed);
    const request: WorkerRequest = { id: this.#nextId++, task: { kind, ...task } as unknown as FitTask }; // K is one of them
    return new Promise<FitResults[FitKind]>((resolve, reject) => {
      this.#queue.push({ request, unwanted, resolve, reject });
      this.#dispatch();
    }) as Promise<FitResults[K]>; // a task is answered with the result of its kind
  }

  /** Ends all threads. What is still running or waiting is given up. */
  async close(): Promise<void> {
    this.#signal?.removeEventListener('abort', this.#interrupt);
    this.#giveUp(new Error('the pool was closed'));
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
  }

  readonly #interrupt = (): void => {
    this.#giveUp(interrupted());
    for (const worker of this.#workers) void worker.terminate();
  };

  #giveUp(reason: unknown): void {
    this.#closed ??= reason;
    for (const { reject } of [...this.#running.values(), ...this.#queue.splice(0)]) reject(reason);
    this.#running.clear();
  }

  #dispatch(): void {
    while (this.#queue.length > 0) {
      if (this.#queue[0]!.unwanted?.aborted) {
        this.#queue.shift()!.reject(new Error('nobody wants the result any more'));
        continue;
      }
      const worker = this.#idle.pop() ?? (this.#workers.length < this.threads ? this.#start() : undefined);
      if (worker === undefined) return;
      const waiting = this.#queue.shift()!;
      this.#running.set(waiting.request.id, waiting);
      worker.postMessage(waiting.request);
    }
  }

  #start(): Worker {
    const worker = new Worker(packageFile('dist/src/kernels/fit-worker.js'), {
      workerData: kernelModule(),
      // Flags of the program, such as --input-type for one that is not a file, are none of the thread's.
      execArgv: [],
    });
    this.#workers.push(worker);
    worker.on('message', (answer: WorkerAnswer) => {
      const waiting = this.#running.get(answer.id);
      if (waiting === undefined) return; // given up
      this.#running.delete(answer.id);
      this.#idle.push(worker);
      if ('result' in answer) waiting.resolve(answer.result);
      else {
        const { code, message, hint } = answer.error;
        waiting.reject(
          code === undefined
            ? new Error(apiText(message))
            : new SynthError(code, message, hint === undefined ? {} : { hint }),
        );
      }
      this.#dispatch();
    });
    worker.on('error', (error) => this.#giveUp(error));
    return worker;
  }
}

const interrupted = () => new SynthError('SYNTH_INTERRUPTED', 'interrupted while training; no model was written');
