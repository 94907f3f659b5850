/**
 * @module
 * Threads that go through windows side by side. The calling thread works too, so one thread needs no other – unless a window takes so long
 * that signals would have to wait for it: then it leaves the work to the others.
 */
import { setImmediate, setTimeout } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { throwIfInterrupted } from '../../src/errors.js';
import { kernelModule } from '../../src/kernels/module.js';
import { packageFile } from '../../src/package-files.js';
import type { Architecture } from './architecture.js';
import { Board, type BoardWorker, fillSlot } from './board.js';
import { cellKinds } from './cells.js';
import type { Capacity, TokenWindow } from './network.js';

/** What an interruption interrupts. */
const TRAINING = 'training';
/** How often it is looked whether a thread that does not answer has failed. */
const PATIENCE_MS = 50;

/** A window of so many rows times weights takes some tenths of a second. */
const LONG_WORK = 2 ** 31;

export interface TrainingWindow {
  readonly window: TokenWindow;
  /** State of its streams: before, and afterwards what they carry on. */
  readonly state: Float32Array;
  /** Which activations are dropped; none where undefined. */
  readonly seed: number | undefined;
}

export class WindowPool {
  readonly #board: Board;
  /** What the calling thread works with; undefined where it does not. */
  readonly #own: BoardWorker | undefined;
  readonly #workers: readonly Worker[];
  readonly #signal: AbortSignal | undefined;
  #failure: unknown;

  private constructor(
    board: Board,
    own: BoardWorker | undefined,
    workers: readonly Worker[],
    signal: AbortSignal | undefined,
  ) {
    this.#board = board;
    this.#own = own;
    this.#workers = workers;
    this.#signal = signal;
    for (const worker of workers) {
      worker.on('error', (error) => {
        this.#failure = error;
      });
    }
  }

  /**
   * @param slots windows that are worked on together at most
   * @param signal once it is aborted, `train` and `score` end with `SYNTH_INTERRUPTED`, and what they would have changed is as it was
   */
  static create(
    architecture: Architecture,
    capacity: Capacity,
    slots: number,
    threads: number,
    signal?: AbortSignal,
  ): WindowPool {
    const cell = cellKinds[architecture.cell];
    const module = kernelModule();
    const board = Board.create({ architecture, capacity, slots });
    const isLong = capacity.rows * cell.weights(architecture).length > LONG_WORK;
    // First, since it may be too large for the memory: no thread shall be left then.
    const own = isLong ? undefined : { network: cell.network(architecture, module, capacity), version: 0 };
    const workers = Array.from(
      { length: Math.min(threads, slots) - (own ? 1 : 0) },
      () =>
        new Worker(packageFile('dist/models/neural/window-thread.js'), {
          workerData: { plan: board.plan, module },
          execArgv: [],
        }),
    );
    return new WindowPool(board, own, workers, signal);
  }

  /** Windows that are worked on together at most. */
  get slots(): number {
    return this.#board.slots.length;
  }

  setWeights(weights: Float32Array): void {
    this.#board.weights.set(weights);
    this.#board.touchWeights();
  }

  /**
   * Loss and gradient of windows, at most `slots`.
   *
   * @param scale of the gradient
   * @returns the total loss in nats, and the gradient of each window, which are valid until the next call
   */
  async train(
    windows: readonly TrainingWindow[],
    scale: number,
  ): Promise<{ loss: number; gradients: readonly Float32Array[] }> {
    const used = this.#board.slots.slice(0, windows.length);
    windows.forEach(({ window, state, seed }, index) => {
      const slot = used[index]!;
      fillSlot(slot, window, scale, seed);
      slot.state.set(state);
    });
    await this.#run(windows.length, true);
    windows.forEach(({ state }, index) => {
      state.set(used[index]!.state.subarray(0, state.length));
    });
    return {
      loss: used.reduce((sum, { results }) => sum + results[0]!, 0),
      gradients: used.map(({ gradient }) => gradient),
    };
  }

  /** Calls back with the log-probability of each target of each window. */
  async score<W extends TokenWindow>(
    windows: readonly W[],
    onScored: (window: W, logProbabilities: Float64Array) => void,
  ): Promise<void> {
    for (let first = 0; first < windows.length; first += this.slots) {
      const group = windows.slice(first, first + this.slots);
      group.forEach((window, index) => {
        fillSlot(this.#board.slots[index]!, window, 1, undefined);
      });
      await this.#run(group.length, false);
      group.forEach((window, index) => {
        onScored(window, this.#board.slots[index]!.results);
      });
      // Many windows take long, and other work gets a turn.
      await setImmediate();
    }
  }

  async close(): Promise<void> {
    this.#board.end();
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
  }

  async #run(windows: number, training: boolean): Promise<void> {
    throwIfInterrupted(this.#signal, TRAINING);
    this.#board.begin(windows, training);
    if (this.#own) this.#board.work(this.#own);
    // Where the work is short, the others are about to end theirs, and it is waited for without a turn of the event loop.
    while (!this.#board.waitForAll(this.#workers.length, this.#own ? PATIENCE_MS : 0)) {
      // A thread that has failed is told of by an event.
      await (this.#own ? setImmediate() : setTimeout(1));
      if (this.#failure !== undefined) throw this.#failure;
      throwIfInterrupted(this.#signal, TRAINING);
    }
  }
}
