/**
 * @module
 * The shared memory through which threads work on the windows of a step together. What is computed for a window does not depend on who
 * computes it, and results lie window by window, so that they can be added up in the same order whatever the number of threads.
 */
import type { Architecture } from './architecture.js';
import { cellKinds } from './cells.js';
import { type Capacity, singles, type TokenWindow, type WindowNetwork } from './network.js';

/** Places of the numbers that say what is to be done. */
const CONTROL = {
  /** Goes up by one with each job; threads wait for that. */
  job: 0,
  /** The next window that nobody has taken. */
  next: 1,
  /** Threads that have found no more windows. */
  done: 2,
  windows: 3,
  /** 1 if windows are trained on, 0 if they are scored. */
  training: 4,
  /** Goes up by one when the weights change. */
  weights: 5,
  /** 1 when the threads are to end. */
  ended: 6,
} as const;
const CONTROL_NUMBERS = 7;

/** Places of what is known of a window. */
const HEAD = { steps: 0, streams: 1, drops: 2, seed: 3 } as const;
const HEAD_NUMBERS = 4;

const CACHE_LINE = 64;

/** A thread looks so many times whether there is something new before it goes to sleep: waking takes as long as some ten of these. */
const LOOKS = 2000;

/** What threads have to know to share a board. It can be sent from one to another. */
export interface BoardPlan {
  readonly architecture: Architecture;
  readonly capacity: Capacity;
  /** Windows of a job at most. */
  readonly slots: number;
  readonly memory: SharedArrayBuffer;
}

interface Slot {
  readonly head: Int32Array;
  readonly scale: Float32Array;
  readonly tokens: Int32Array;
  readonly targets: Int32Array;
  readonly state: Float32Array;
  readonly gradient: Float32Array;
  /** The loss of the window, or the log-probability of each of its targets. */
  readonly results: Float64Array;
}

export class Board {
  readonly plan: BoardPlan;
  readonly weights: Float32Array;
  readonly slots: readonly Slot[];
  readonly #control: Int32Array;

  /** The board that lies in the memory of the plan. */
  constructor(plan: BoardPlan) {
    this.plan = plan;
    const { memory } = plan;
    const { sizes, control, weights, slots } = layOut(plan);
    const ints = (at: number, count: number) => new Int32Array(memory, at, count);
    const floats = (at: number, count: number) => new Float32Array(memory, at, count);
    this.#control = ints(control, CONTROL_NUMBERS);
    this.weights = floats(weights, sizes.weights);
    this.slots = slots.map((at) => ({
      head: ints(at.head, HEAD_NUMBERS),
      scale: floats(at.scale, 1),
      tokens: ints(at.tokens, sizes.rows),
      targets: ints(at.targets, sizes.rows),
      state: floats(at.state, sizes.state),
      gradient: floats(at.gradient, sizes.weights),
      results: new Float64Array(memory, at.results, sizes.rows),
    }));
  }

  static create(plan: Omit<BoardPlan, 'memory'>): Board {
    return new Board({ ...plan, memory: new SharedArrayBuffer(layOut(plan).bytes) });
  }

  /** Tells that the weights have changed; between two jobs only. */
  touchWeights(): void {
    Atomics.add(this.#control, CONTROL.weights, 1);
  }

  /** Lets the threads begin with the first `windows` slots. */
  begin(windows: number, training: boolean): void {
    Atomics.store(this.#control, CONTROL.windows, windows);
    Atomics.store(this.#control, CONTROL.training, training ? 1 : 0);
    Atomics.store(this.#control, CONTROL.next, 0);
    Atomics.store(this.#control, CONTROL.done, 0);
    Atomics.add(this.#control, CONTROL.job, 1);
    Atomics.notify(this.#control, CONTROL.job);
  }

  /** Works on windows that nobody has taken until there are none. @param worker remembers which weights the network has */
  work(worker: BoardWorker): void {
    const version = Atomics.load(this.#control, CONTROL.weights);
    const training = Atomics.load(this.#control, CONTROL.training) === 1;
    const windows = Atomics.load(this.#control, CONTROL.windows);
    for (;;) {
      const index = Atomics.add(this.#control, CONTROL.next, 1);
      if (index >= windows) return;
      if (worker.version !== version) {
        worker.network.setWeights(this.weights);
        worker.version = version;
      }
      runSlot(worker.network, this.slots[index]!, training);
    }
  }

  /** Says that this thread has found no more windows. */
  finish(): void {
    Atomics.add(this.#control, CONTROL.done, 1);
    Atomics.notify(this.#control, CONTROL.done);
  }

  /**
   * Waits until so many threads have found no more windows.
   *
   * @returns false if that took longer than `timeoutMs`
   */
  waitForAll(threads: number, timeoutMs: number): boolean {
    for (let looks = 0; looks < LOOKS; looks++) {
      if (Atomics.load(this.#control, CONTROL.done) === threads) return true;
    }
    const done = Atomics.load(this.#control, CONTROL.done);
    if (done === threads) return true;
    Atomics.wait(this.#control, CONTROL.done, done, timeoutMs);
    return Atomics.load(this.#control, CONTROL.done) === threads;
  }

  /** Waits for a job after that of this number. @returns its number; undefined if there will be none */
  waitForJob(last: number): number | undefined {
    for (let looks = 0; looks < LOOKS && Atomics.load(this.#control, CONTROL.job) === last; looks++);
    Atomics.wait(this.#control, CONTROL.job, last);
    if (Atomics.load(this.#control, CONTROL.ended) === 1) return undefined;
    return Atomics.load(this.#control, CONTROL.job);
  }

  end(): void {
    Atomics.store(this.#control, CONTROL.ended, 1);
    Atomics.add(this.#control, CONTROL.job, 1);
    Atomics.notify(this.#control, CONTROL.job);
  }
}

export interface BoardWorker {
  readonly network: WindowNetwork;
  /** Of the weights that the network has. */
  version: number;
}

/** Where everything lies, in bytes, each on a cache line of its own. */
function layOut({ architecture, capacity, slots }: Omit<BoardPlan, 'memory'>) {
  const cell = cellKinds[architecture.cell];
  const sizes = {
    weights: cell.weights(architecture).length,
    rows: capacity.rows,
    state: capacity.streams * cell.stateOf(architecture),
  };
  let bytes = 0;
  const take = (count: number) => {
    const at = bytes;
    bytes += Math.ceil(count / CACHE_LINE) * CACHE_LINE;
    return at;
  };
  const control = take(singles(CONTROL_NUMBERS));
  const weights = take(singles(sizes.weights));
  const places = Array.from({ length: slots }, () => ({
    head: take(singles(HEAD_NUMBERS)),
    scale: take(singles(1)),
    tokens: take(singles(sizes.rows)),
    targets: take(singles(sizes.rows)),
    state: take(singles(sizes.state)),
    gradient: take(singles(sizes.weights)),
    results: take(8 * sizes.rows),
  }));
  return { sizes, control, weights, slots: places, bytes };
}

/** Fills in what a job says of a window. A window that is scored starts from nothing. */
export function fillSlot(slot: Slot, window: TokenWindow, scale: number, seed: number | undefined): void {
  slot.head[HEAD.steps] = window.steps;
  slot.head[HEAD.streams] = window.streams;
  slot.head[HEAD.drops] = seed === undefined ? 0 : 1;
  slot.head[HEAD.seed] = seed ?? 0;
  slot.scale[0] = scale;
  slot.tokens.set(window.tokens);
  slot.targets.set(window.targets);
}

function runSlot(network: WindowNetwork, slot: Slot, training: boolean): void {
  const steps = slot.head[HEAD.steps]!;
  const streams = slot.head[HEAD.streams]!;
  const rows = steps * streams;
  const window = { steps, streams, tokens: slot.tokens.subarray(0, rows), targets: slot.targets.subarray(0, rows) };
  const state = network.state(streams);
  if (!training) {
    state.fill(0);
    slot.results.set(network.score(window));
    return;
  }
  state.set(slot.state.subarray(0, state.length));
  const dropping = slot.head[HEAD.drops] === 1 ? { seed: slot.head[HEAD.seed]! } : undefined;
  slot.results[0] = network.train(window, slot.scale[0]!, dropping);
  slot.gradient.set(network.gradient);
  slot.state.set(network.state(streams));
}
