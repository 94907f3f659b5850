/**
 * @module
 * From sequences of tokens to the windows that networks go through.
 */
import type { TokenWindow } from './network.js';

/** Each token and the one that follows it. */
export interface TokenPairs {
  readonly inputs: Int32Array;
  /** A negative one is not to be learned or judged. */
  readonly targets: Int32Array;
}

/**
 * The pairs of a sequence: the start token and its first token, its first and its second, and so on. A negative token is one that the
 * alphabet does not have: it is no target, and what follows it follows the start token.
 */
export function pairsOf(tokens: Int32Array, start: number): TokenPairs {
  const inputs = new Int32Array(tokens.length);
  inputs[0] = start;
  for (let i = 1; i < tokens.length; i++) inputs[i] = tokens[i - 1]! < 0 ? start : tokens[i - 1]!;
  return { inputs, targets: tokens };
}

export function slicePairs({ inputs, targets }: TokenPairs, from: number, to: number): TokenPairs {
  return { inputs: inputs.subarray(from, to), targets: targets.subarray(from, to) };
}

export function joinPairs(parts: readonly TokenPairs[]): TokenPairs {
  const length = parts.reduce((sum, { targets }) => sum + targets.length, 0);
  const joined = { inputs: new Int32Array(length), targets: new Int32Array(length) };
  let at = 0;
  for (const { inputs, targets } of parts) {
    joined.inputs.set(inputs, at);
    joined.targets.set(targets, at);
    at += targets.length;
  }
  return joined;
}

/** Streams in a window that is scored. */
const SCORE_STREAMS = 4;
/** Tokens that a window scores. */
const SCORE_STEPS = 512;

/** Steps in the largest window of `scoreWindows`. */
export const scoreSteps = (warmUp: number): number => warmUp + SCORE_STEPS;
export const scoreRows = (warmUp: number): number => scoreSteps(warmUp) * SCORE_STREAMS;

/** A window, and which of the pairs it was made of each of its rows is: negative for none. */
export interface ScoreWindow extends TokenWindow {
  readonly places: Int32Array;
}

/**
 * Windows that together ask for each target from `from` on just once, with `warmUp` tokens before them, which a network needs to know where it
 * is; fewer at the beginning of the pairs.
 */
export function scoreWindows(pairs: TokenPairs, from: number, warmUp: number, start: number): ScoreWindow[] {
  const { inputs, targets } = pairs;
  const starts: number[] = [];
  for (let at = from; at < targets.length; at += SCORE_STEPS) starts.push(at);
  const windows: ScoreWindow[] = [];
  for (let group = 0; group < starts.length; group += SCORE_STREAMS) {
    const members = starts.slice(group, group + SCORE_STREAMS);
    const streams = members.length;
    const ranges = members.map((first) => ({
      begin: Math.max(0, first - warmUp),
      first,
      end: Math.min(targets.length, first + SCORE_STEPS),
    }));
    const steps = ranges.reduce((most, { begin, end }) => Math.max(most, end - begin), 0);
    const window = {
      steps,
      streams,
      tokens: new Int32Array(steps * streams).fill(start),
      targets: new Int32Array(steps * streams).fill(-1),
      places: new Int32Array(steps * streams).fill(-1),
    };
    ranges.forEach(({ begin, first, end }, stream) => {
      for (let i = begin; i < end; i++) {
        const row = (i - begin) * streams + stream;
        window.tokens[row] = inputs[i]!;
        if (i < first) continue;
        window.targets[row] = targets[i]!;
        window.places[row] = i;
      }
    });
    windows.push(window);
  }
  return windows;
}

/** How pairs are cut for training. */
export interface StreamPlan {
  readonly pairs: TokenPairs;
  readonly streams: number;
  /** Steps of a window at most; all windows of a pass are of about the same length. */
  readonly steps: number;
  /** The token that a stream begins with, because nothing is known there. */
  readonly start: number;
  /** Whether each window begins anew: the network carries no state from one to the next. */
  readonly stateless: boolean;
}

/** Windows in a pass over all pairs. */
export const windowCount = ({ pairs, streams, steps }: StreamPlan): number =>
  Math.ceil(Math.ceil(pairs.targets.length / streams) / steps);

/**
 * A window of a pass over all pairs. They lie in a ring, which is cut into streams of equal length at a place that differs from pass to pass.
 *
 * @param offset where in the ring the first stream begins
 * @param index which window, from 0
 * @param first, count which of the streams
 */
export function trainingWindow(
  plan: StreamPlan,
  offset: number,
  index: number,
  first: number,
  count: number,
): TokenWindow {
  const { inputs, targets } = plan.pairs;
  const total = targets.length;
  const length = Math.ceil(total / plan.streams);
  const windows = windowCount(plan);
  const from = Math.floor((length * index) / windows);
  const to = Math.floor((length * (index + 1)) / windows);
  const steps = to - from;
  const window = {
    steps,
    streams: count,
    tokens: new Int32Array(steps * count).fill(plan.start),
    targets: new Int32Array(steps * count).fill(-1),
  };
  for (let stream = 0; stream < count; stream++) {
    for (let i = from; i < to; i++) {
      const place = (first + stream) * length + i;
      if (place >= total) break;
      const at = (place + offset) % total;
      const row = (i - from) * count + stream;
      const begins = i === 0 || (plan.stateless && i === from);
      window.tokens[row] = begins ? plan.start : inputs[at]!;
      window.targets[row] = targets[at]!;
    }
  }
  return window;
}
