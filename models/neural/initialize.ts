/**
 * @module
 * Parameters before the first step.
 */
import type { Random } from '../../src/random.js';
import { type Architecture, type Layout, type Matrix, matrixOf } from './architecture.js';
import { cellKinds } from './cells.js';
import { closeUnusedLogits } from './network.js';

/** Standard deviation of an embedding: of the order of an activation. */
const EMBEDDING_BOUND = 1;

/**
 * Random parameters: uniform within ±1/√inputs, as PyTorch has it, so that no activation starts out large. The output starts from how often
 * each token occurs: what a network has to learn is the difference.
 *
 * @param log natural logarithm, the same on every machine
 * @param counts how often each token occurs
 */
export function initialParameters(
  architecture: Architecture,
  counts: Float64Array,
  random: Random,
  log: (x: number) => number,
): Float32Array {
  const layout = cellKinds[architecture.cell].parameters(architecture);
  const parameters = new Float32Array(layout.length);
  for (const [name, matrix] of layout.matrices) {
    const numbers = parameters.subarray(matrix.at, matrix.at + matrix.rows * matrix.columns);
    const bound = boundOf(architecture, name, matrix);
    const stream = random.split(name);
    for (let i = 0; i < numbers.length; i++) numbers[i] = bound * (2 * stream.next() - 1);
  }
  for (const [name, matrix] of layout.matrices) {
    if (name.endsWith('.weight_g')) setLengths(parameters, layout, name.slice(0, -'.weight_g'.length), matrix);
  }
  const total = counts.reduce((sum, count) => sum + count, 0);
  const { at } = matrixOf(layout, 'output.bias');
  counts.forEach((count, token) => {
    parameters[at + token] = log((count + 1) / (total + counts.length));
  });
  closeUnusedLogits(architecture, layout, parameters);
  return parameters;
}

function boundOf({ cell, hidden }: Architecture, name: string, { rows }: Matrix): number {
  if (name === 'embedding.weight') return EMBEDDING_BOUND;
  if (name.startsWith('output.')) return 0.1 / Math.sqrt(hidden);
  if (cell === 'gru') return 1 / Math.sqrt(hidden);
  if (name.endsWith('.bias')) return 0;
  // Kaiming's uniform distribution for rectifiers: the variance goes through a layer unchanged.
  return Math.sqrt(6 / rows);
}

/** With the lengths of the directions themselves, the weights are what was drawn. */
function setLengths(parameters: Float32Array, layout: Layout, name: string, lengths: Matrix): void {
  const { rows, columns, at } = matrixOf(layout, `${name}.weight_v`);
  for (let j = 0; j < columns; j++) {
    let sum = 0;
    for (let i = 0; i < rows; i++) sum += parameters[at + i * columns + j]! ** 2;
    parameters[lengths.at + j] = Math.sqrt(sum);
  }
}
