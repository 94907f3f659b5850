/**
 * @module
 * From expected counts to a chain of states that never gets stuck, and to how often its states occur in the long run.
 */
import { Matrix, solve } from 'ml-matrix';

/** How many observations, spread as often as the states occur, each row of transitions gets beside its own. */
const ROW_PRIOR = 0.5;

/**
 * Transition probabilities from expected counts. Each row gets a little of what occurs anyway, so that a state that was only seen
 * at the end, or never left, is not the end of all sequences, and there is one stationary distribution.
 */
export function smoothTransitions(counts: Float64Array, occupancy: Float64Array): Float64Array {
  const states = occupancy.length;
  const transitions = new Float64Array(counts.length);
  for (let i = 0; i < states; i++) {
    const row = counts.subarray(i * states, (i + 1) * states);
    const total = row.reduce((sum, count) => sum + count, 0) + ROW_PRIOR;
    for (let j = 0; j < states; j++) {
      transitions[i * states + j] = (row[j]! + ROW_PRIOR * occupancy[j]!) / total;
    }
  }
  return transitions;
}

/** The distribution that a transition leaves as it is: π·A = π with Σπ = 1, solved as linear equations. */
export function stationaryOf(transitions: Float64Array): Float64Array {
  const states = Math.sqrt(transitions.length);
  const equations = Matrix.zeros(states, states);
  for (let i = 0; i < states; i++) {
    for (let j = 0; j < states; j++) equations.set(j, i, transitions[i * states + j]! - (i === j ? 1 : 0));
  }
  // One equation follows from the others; the sum takes its place.
  for (let i = 0; i < states; i++) equations.set(states - 1, i, 1);
  const right = Matrix.zeros(states, 1);
  right.set(states - 1, 0, 1);
  const solution = Float64Array.from(solve(equations, right).to1DArray(), (value) => Math.max(0, value));
  const sum = solution.reduce((total, value) => total + value, 0);
  return solution.map((value) => value / sum);
}
