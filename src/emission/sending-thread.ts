/**
 * @module
 * The other end of `sender-thread.ts`: starts the thread, tells it when to begin and to stop, and hears its account.
 */
import { Worker } from 'node:worker_threads';
import { packageFile } from '../package-files.js';
import { fromThreadError } from '../thread-error.js';
import { SEND_COUNTS_BYTES, SendCounts } from './send-counts.js';
import {
  CONTROL,
  CONTROL_BYTES,
  type SenderAnswer,
  type SenderDone,
  type SenderRequest,
  type SenderTask,
} from './sender-task.js';

export class SendingThread {
  readonly counts: SendCounts;
  readonly #worker: Worker;
  readonly #control: Int32Array;
  readonly #opened: Promise<unknown>;
  readonly #done: Promise<SenderDone>;

  constructor(task: Omit<SenderTask, 'counts' | 'control'>) {
    const counts = new SharedArrayBuffer(SEND_COUNTS_BYTES);
    const control = new SharedArrayBuffer(CONTROL_BYTES);
    this.counts = new SendCounts(counts);
    this.#control = new Int32Array(control);
    const workerData: SenderTask = { ...task, counts, control };
    this.#worker = new Worker(packageFile('dist/src/emission/sender-thread.js'), { workerData, execArgv: [] });
    this.#opened = this.#answer('open');
    this.#done = this.#answer('done');
  }

  /** Resolves with the first answer of a kind. */
  #answer<K extends 'open' | 'done'>(kind: K): Promise<Extract<SenderAnswer, { kind: K }>> {
    const worker = this.#worker;
    const answered = new Promise<Extract<SenderAnswer, { kind: K }>>((resolve, reject) => {
      worker.on('message', (answer: SenderAnswer) => {
        if (answer.kind === kind)
          resolve(answer as Extract<SenderAnswer, { kind: K }>); // by its kind
        else if (answer.kind === 'error') reject(fromThreadError(answer));
      });
      worker.on('error', reject);
      worker.on('exit', () => reject(new Error('the sending thread has ended')));
    });
    // Whoever waits for one of them hears of it; nobody has to wait for both.
    answered.catch(() => {});
    return answered;
  }

  /** Resolves when the transport is open. @throws SynthError of the transport */
  async opened(): Promise<void> {
    await this.#opened;
  }

  start(request: SenderRequest): void {
    this.#worker.postMessage(request);
  }

  /** Ends the run after the packets that are being sent; the rest is skipped. */
  stop(): void {
    Atomics.store(this.#control, CONTROL.stop, 1);
  }

  /** Resolves when all is sent or skipped, and the transport is closed. @throws SynthError of the transport */
  done(): Promise<SenderDone> {
    return this.#done;
  }

  /** Ends the thread, whatever it does. */
  async terminate(): Promise<void> {
    await this.#worker.terminate();
  }
}
