/**
 * @module
 * Logistic regression: a classifier that is a weighted sum of features.
 */
import { CholeskyDecomposition, Matrix } from 'ml-matrix';
import { weightedGram } from './gram.js';

export interface LogisticModel {
  /** One per feature. */
  readonly weights: Float64Array;
  readonly intercept: number;
}

export interface LogisticOptions {
  /** How much large weights cost, above 0: 1/C of scikit-learn. */
  readonly l2: number;
}

/** Newton’s method comes to its end in about ten. */
const MAX_ITERATIONS = 100;
/** A step that changes no logit by more changes the curvature by a hundredth at most, and computing it is what takes long. */
const CLOSE = 0.01;
/** A step that changes no logit by more is the last. */
const TOLERANCE = 1e-9;
/** Least part of the promised gain that a step has to bring (Armijo 1966). */
const SUFFICIENT = 1e-4;
/** The shortest part of a step that is tried. */
const SHORTEST = 1e-12;
/** Rounding of a loss, relative to it. */
const ROUNDING = 1e-13;

/**
 * The weights w and intercept b that minimise Σ log(1 + e^(−s z)) + ½ l2 |w|² with z = w·x + b and s = ±1 the label. There is
 * one minimum, also where a plane separates the labels. The intercept costs nothing.
 *
 * Source: Newton’s method with backtracking, as in Boyd & Vandenberghe (2004), Convex optimization, algorithm 9.5; same result
 * as `sklearn.linear_model.LogisticRegression(C=1/l2, solver='newton-cholesky', tol=1e-12).fit(features, labels)`.
 *
 * @param features n rows of d, one row after the other; on about the same scale, as after standardising
 * @param labels n of 0 or 1, each at least once
 * @throws RangeError if all labels are the same, because the intercept has no end then
 */
export function fitLogistic(features: Float64Array, labels: Uint8Array, { l2 }: LogisticOptions): LogisticModel {
  if (labels.every((label) => label === labels[0]))
    throw new RangeError('logistic regression: all labels are the same');
  const objective = new Objective(features, labels, l2);
  let point = objective.at(new Float64Array(objective.columns));
  let curvature = objective.curvature(point);
  for (let iteration = 0; iteration < MAX_ITERATIONS; iteration++) {
    const gradient = objective.gradient(point);
    const step = solve(curvature, gradient);
    const before = point;
    point = descend(objective, before, step, gradient);
    const change = largestDifference(point.logits, before.logits);
    if (change < TOLERANCE) break;
    if (change > CLOSE) curvature = objective.curvature(point);
  }
  return objective.model(point);
}

/** log(p / (1 − p)) of each row, p the probability of label 1; same values as `decision_function` of scikit-learn. */
export function predictLogit({ weights, intercept }: LogisticModel, features: Float64Array): Float64Array {
  return productsOfRows(features, weights).map((product) => product + intercept);
}

/** Where a search has come to. */
interface Point {
  /** The weights and, after them, the intercept. */
  readonly parameters: Float64Array;
  /** Of each row. */
  readonly logits: Float64Array;
  readonly loss: number;
}

/** What is minimised. */
class Objective {
  readonly columns: number;
  readonly #labels: Uint8Array;
  readonly #l2: number;
  /** Of the features. */
  readonly #means: Float64Array;
  /**
   * The features, by rows, each less its mean, with a column of ones for the intercept. As the intercept costs nothing, the
   * weights are the same, and a feature that is constant cannot be mistaken for it.
   */
  readonly #design: Float64Array;

  constructor(features: Float64Array, labels: Uint8Array, l2: number) {
    const width = features.length / labels.length;
    this.columns = width + 1;
    this.#labels = labels;
    this.#l2 = l2;
    this.#means = columnMeans(features, width);
    this.#design = new Float64Array(labels.length * this.columns).fill(1);
    for (let row = 0, i = 0; row < labels.length; row++) {
      for (let j = 0; j < width; j++, i++) this.#design[row * this.columns + j] = features[i]! - this.#means[j]!;
    }
  }

  model({ parameters }: Point): LogisticModel {
    const weights = parameters.slice(0, -1);
    const atMeans = parameters.at(-1)!;
    return { weights, intercept: weights.reduce((logit, weight, j) => logit - weight * this.#means[j]!, atMeans) };
  }

  at(parameters: Float64Array): Point {
    const logits = productsOfRows(this.#design, parameters);
    let loss = 0;
    for (let j = 0; j < this.columns - 1; j++) loss += (this.#l2 / 2) * parameters[j]! ** 2;
    for (let row = 0; row < logits.length; row++) {
      const margin = this.#labels[row] === 1 ? logits[row]! : -logits[row]!;
      // log(1 + e^−margin), without the overflow.
      loss += Math.log1p(Math.exp(-Math.abs(margin))) + Math.max(0, -margin);
    }
    return { parameters, logits, loss };
  }

  gradient({ parameters, logits }: Point): Float64Array {
    const gradient = parameters.map((weight) => this.#l2 * weight);
    gradient[this.columns - 1] = 0;
    for (let row = 0, i = 0; row < logits.length; row++) {
      const error = 1 / (1 + Math.exp(-logits[row]!)) - this.#labels[row]!;
      for (let j = 0; j < this.columns; j++, i++) gradient[j]! += error * this.#design[i]!;
    }
    return gradient;
  }

  /** Second derivatives: Σ p (1 − p) x xᵀ, and l2 on the diagonal but for the intercept. */
  curvature({ logits }: Point): CholeskyDecomposition {
    const { columns } = this;
    const hessian = weightedGram(this.#design, columns, logits.map(varianceAt));
    for (let j = 0; j < columns - 1; j++) hessian[j * columns + j]! += this.#l2;
    return new CholeskyDecomposition(Matrix.from1DArray(columns, columns, hessian));
  }
}

function columnMeans(rows: Float64Array, width: number): Float64Array {
  const means = new Float64Array(width);
  for (let i = 0; i < rows.length; ) {
    for (let j = 0; j < width; j++, i++) means[j]! += rows[i]!;
  }
  return means.map((sum) => (sum * width) / rows.length);
}

/** Rows of a matrix, one after the other, times a vector. */
function productsOfRows(rows: Float64Array, vector: Float64Array): Float64Array {
  const products = new Float64Array(rows.length / vector.length);
  for (let row = 0, i = 0; row < products.length; row++) {
    let sum = 0;
    for (let j = 0; j < vector.length; j++, i++) sum += vector[j]! * rows[i]!;
    products[row] = sum;
  }
  return products;
}

/** p (1 − p), which does not become 0 before it has to. */
function varianceAt(logit: number): number {
  const odds = Math.exp(-Math.abs(logit));
  return odds / (1 + odds) ** 2;
}

function solve(matrix: CholeskyDecomposition, vector: Float64Array): Float64Array {
  return Float64Array.from(matrix.solve(Matrix.columnVector(vector)).to1DArray());
}

/**
 * Goes a step, or half of it, or half of that …: the longest that lowers the loss as it should. Stays where rounding hides it.
 *
 * @param step against which the parameters move
 */
function descend(objective: Objective, from: Point, step: Float64Array, gradient: Float64Array): Point {
  /** The loss that a very small step saves, per length. */
  const gain = gradient.reduce((sum, slope, j) => sum + slope * step[j]!, 0);
  for (let length = 1; length > SHORTEST; length /= 2) {
    const to = objective.at(from.parameters.map((parameter, j) => parameter - length * step[j]!));
    if (to.loss <= from.loss - SUFFICIENT * length * gain + ROUNDING * from.loss) return to;
  }
  return from;
}

function largestDifference(a: Float64Array, b: Float64Array): number {
  return a.reduce((largest, value, i) => Math.max(largest, Math.abs(value - b[i]!)), 0);
}
