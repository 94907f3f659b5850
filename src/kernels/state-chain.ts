/**
 * @module
 * The binding of the kernels that decode the chain of states behind a sequence of emissions: posterior, filter, Viterbi. Also how rows of
 * states lie in their memory.
 */
import type { Arena, Layout } from './arena.js';
import type { KernelInstance } from './instance.js';

/** Emission probabilities of a sequence: rows of states. */
export interface Emissions {
  readonly length: number;
  readonly states: number;
  readonly logProbabilities: Float64Array;
}

/** Rows of states, and the log-likelihood of the sequence. */
export interface StateProbabilities {
  readonly probabilities: Float64Array;
  readonly logLikelihood: number;
}

/** A state for each point. */
export interface StatePath {
  readonly states: Int32Array;
  readonly logProbability: number;
}

/**
 * Probabilities of the states at each point of a sequence given all of it, and the log-likelihood of the sequence.
 *
 * @returns rows of states
 */
export function posterior(
  instance: KernelInstance,
  emissions: Emissions,
  start: Float64Array,
  transitions: Float64Array,
): StateProbabilities {
  const { arena } = instance;
  const { states, length } = emissions;
  const { at, stride, logLikelihood } = smooth(instance, emissions, start, transitions, true);
  return { probabilities: unpadded(arena.floats(at.alphas, length * stride), states, stride), logLikelihood };
}

/** The probabilities of the states after a sequence, and its log-likelihood. */
export function filter(
  instance: KernelInstance,
  emissions: Emissions,
  start: Float64Array,
  transitions: Float64Array,
): StateProbabilities {
  const { arena } = instance;
  const { states, length } = emissions;
  const { at, stride, logLikelihood } = smooth(instance, emissions, start, transitions, false);
  const last = arena.floats(at.alphas + (length - 1) * stride * 8, states).slice();
  return { probabilities: last, logLikelihood };
}

function smooth(
  { wasm, arena }: KernelInstance,
  emissions: Emissions,
  start: Float64Array,
  transitions: Float64Array,
  backward: boolean,
) {
  const { states, length, logProbabilities } = emissions;
  const stride = strideOf(states);
  const at = arena.lay({
    emissions: (length + 1) * stride * 8,
    alphas: length * stride * 8,
    start: stride * 8,
    transitions: stride * stride * 8,
    transposed: stride * stride * 8,
    room: (stride + length) * 8,
  });
  placeChain(arena, at, states, start, transitions);
  const rows = arena.floats(at.emissions, length * stride).fill(0);
  let scale = 0;
  for (let t = 0; t < length; t++) {
    const row = logProbabilities.subarray(t * states, (t + 1) * states);
    const greatest = row.reduce((a, b) => (b > a ? b : a), Number.NEGATIVE_INFINITY);
    scale += greatest;
    for (let k = 0; k < states; k++) rows[t * stride + k] = wasm.exp(row[k]! - greatest);
  }
  const logLikelihood =
    scale +
    wasm.smoothStates(
      at.emissions,
      length,
      stride,
      at.start,
      at.transitions,
      at.transposed,
      at.alphas,
      backward ? 1 : 0,
      at.room,
    );
  return { at, stride, logLikelihood };
}

/** The likeliest sequence of states, and the log-probability of it and the sequence together. */
export function viterbi(
  { wasm, arena }: KernelInstance,
  emissions: Emissions,
  start: Float64Array,
  transitions: Float64Array,
): StatePath {
  const { states, length, logProbabilities } = emissions;
  const at = arena.lay({
    emissions: length * states * 8,
    start: states * 8,
    transposed: states * states * 8,
    labels: length * 4,
    back: length * states * 4,
    scores: 2 * states * 8,
  });
  arena.floats(at.emissions, length * states).set(logProbabilities);
  const logStart = arena.floats(at.start, states);
  const transposed = arena.floats(at.transposed, states * states);
  for (let i = 0; i < states; i++) {
    logStart[i] = wasm.log(start[i]!);
    for (let j = 0; j < states; j++) transposed[j * states + i] = wasm.log(transitions[i * states + j]!);
  }
  const logProbability = wasm.viterbi(
    at.emissions,
    length,
    states,
    states,
    at.start,
    at.transposed,
    at.labels,
    at.back,
    at.scores,
  );
  return { states: arena.integers(at.labels, length).slice(), logProbability };
}

export function placeChain(
  arena: Arena,
  at: Layout<'start' | 'transitions' | 'transposed'>,
  states: number,
  start: Float64Array,
  transitions: Float64Array,
): void {
  const stride = strideOf(states);
  arena.floats(at.start, stride).fill(0).set(start);
  const rows = arena.floats(at.transitions, stride * stride).fill(0);
  const columns = arena.floats(at.transposed, stride * stride).fill(0);
  for (let i = 0; i < states; i++) {
    for (let j = 0; j < states; j++) {
      const value = transitions[i * states + j]!;
      rows[i * stride + j] = value;
      columns[j * stride + i] = value;
    }
  }
}

/** Rows of states are padded to whole blocks of the kernels. */
export const strideOf = (states: number): number => Math.ceil(states / 4) * 4;

export function unpadded(rows: Float64Array, columns: number, stride: number): Float64Array {
  const count = rows.length / stride;
  const result = new Float64Array(count * columns);
  for (let i = 0; i < count; i++) result.set(rows.subarray(i * stride, i * stride + columns), i * columns);
  return result;
}
