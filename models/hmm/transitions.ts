/**
 * @module
 * From expected counts to a chain of states that never gets stuck, and to how often its states occur in the long run.
 */
import { Matrix, solve } from 'ml-matrix';

/** Weight of all transitions that nobody saw, each as likely as its two states occur. */
const PRIOR = 0.5;

/**
 * Transition probabilities from expected counts, closed to a circle: the end of a sequence is followed by the beginning of one. So
 * every state is left as often as it is entered, and the stationary distribution is how often the states occurred: what is generated
 * is no more of one phase of a series than there was, even if each came but once. A little of every transition is added, so that no
 * part of the chain is cut off from the rest.
 *
 * @param counts from row to column
 * @param occupancy how many packets were in each state; the differences from the sums of the rows and of the columns are the last and
 * the first packets of the sequences
 */
export function closedTransitions(counts: Float64Array, occupancy: Float64Array): Float64Array {
  const states = occupancy.length;
  const lasts = occupancy.slice();
  const firsts = occupancy.slice();
  counts.forEach((count, cell) => {
    lasts[Math.floor(cell / states)]! -= count;
    firsts[cell % states]! -= count;
  });
  const sequences = lasts.reduce((sum, value) => sum + value, 0);
  const packets = occupancy.reduce((sum, value) => sum + value, 0);
  const transitions = new Float64Array(counts.length);
  for (let i = 0; i < states; i++) {
    const row = transitions.subarray(i * states, (i + 1) * states);
    for (let j = 0; j < states; j++) {
      const closing = (Math.max(0, lasts[i]!) * Math.max(0, firsts[j]!)) / sequences;
      // A state without packets goes on as if it was any.
      const share = occupancy[i]! > 0 ? occupancy[i]! / packets : 1;
      row[j] = counts[i * states + j]! + closing + PRIOR * share * (occupancy[j]! / packets);
    }
    const total = row.reduce((sum, value) => sum + value, 0);
    for (let j = 0; j < states; j++) row[j]! /= total;
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
