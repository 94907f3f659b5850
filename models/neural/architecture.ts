/**
 * @module
 * What a network is made of: the sizes of its parts, and where their numbers lie.
 *
 * There are two vectors of numbers. The *parameters* are what is learned and what a model file holds. The *weights* are what the kernels
 * run on, made of the parameters once for each step of training: an embedding only ever meets the first layer, so the two become one
 * table with a row for each token, and weight normalization is gone.
 */
import { z } from 'zod';
import { LANES, MAX_KERNEL_SIZE, MAX_LAYERS, MAX_NETWORK_TOKENS, MAX_UNITS } from '../limits.js';

export const CELLS = ['gru', 'tcn'] as const;
export type Cell = (typeof CELLS)[number];

const units = z.int().min(LANES).max(MAX_UNITS).multipleOf(LANES);

export const architectureSchema = z.object({
  cell: z.enum(CELLS),
  /** Number of tokens. */
  vocabulary: z.int().positive().max(MAX_NETWORK_TOKENS),
  embedding: units,
  hidden: units,
  /** Of recurrent units, or residual blocks of two convolutions. */
  layers: z.int().min(1).max(MAX_LAYERS),
  /** Taps of a convolution; 1 for recurrent networks. */
  kernelSize: z.int().min(1).max(MAX_KERNEL_SIZE),
  /** Probability that an activation is dropped in training. */
  dropout: z.number().min(0).lt(1),
});
export type Architecture = Readonly<z.infer<typeof architectureSchema>>;

/** The token that stands for “nothing is known of what was before”: the row behind those of the alphabet. */
export const startToken = ({ vocabulary }: Architecture): number => vocabulary;

/** Columns of the logits, those without a token included. */
export const logitWidth = ({ vocabulary }: Architecture): number => Math.ceil(vocabulary / LANES) * LANES;

/** A bias of the logits without a token: e^x is zero. */
export const NO_LOGIT = -1e30;

/** Steps from one tap to the next in a block. */
export const dilationOf = (block: number): number => 2 ** block;

/** Tokens that the prediction of the next depends on; infinite for recurrent networks. */
export function receptiveField({ cell, layers, kernelSize }: Architecture): number {
  return cell === 'gru' ? Number.POSITIVE_INFINITY : 1 + 2 * (kernelSize - 1) * (2 ** layers - 1);
}

/** A matrix in a vector of numbers, row by row. */
export interface Matrix {
  readonly rows: number;
  readonly columns: number;
  /** Index of its first number. */
  readonly at: number;
}

/** Matrices one behind the other, by name. */
export interface Layout {
  readonly matrices: ReadonlyMap<string, Matrix>;
  readonly length: number;
}

export function layOut(shapes: readonly (readonly [name: string, rows: number, columns: number])[]): Layout {
  const matrices = new Map<string, Matrix>();
  let at = 0;
  for (const [name, rows, columns] of shapes) {
    matrices.set(name, { rows, columns, at });
    at += rows * columns;
  }
  return { matrices, length: at };
}

/** @throws Error for a name that the layout does not have: a bug */
export function matrixOf({ matrices }: Layout, name: string): Matrix {
  const matrix = matrices.get(name);
  if (matrix === undefined) throw new Error(`there is no matrix ${name}`);
  return matrix;
}
