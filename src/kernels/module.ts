/**
 * @module
 * The WebAssembly module of the kernels, and what it exports. Addresses are numbers; assembly/ tells what lies there.
 */
import { readFileSync } from 'node:fs';
import { packageFile } from '../package-files.js';

export interface KernelExports {
  readonly memory: WebAssembly.Memory;
  heapBase(): number;
  exp(x: number): number;
  log(x: number): number;
  log1pAll(values: number, n: number): void;
  normalCdf(z: number): number;
  normalQuantile(p: number): number;
  seedCentres(
    columns: number,
    pitch: number,
    dimensions: number,
    n: number,
    k: number,
    uniforms: number,
    centres: number,
    distances: number,
  ): void;
  moveCentres(
    columns: number,
    pitch: number,
    dimensions: number,
    n: number,
    k: number,
    centres: number,
    labels: number,
    sums: number,
    iterations: number,
  ): number;
  nearestCentres(
    columns: number,
    pitch: number,
    dimensions: number,
    n: number,
    k: number,
    centres: number,
    labels: number,
  ): number;
  clusterStatistics(
    columns: number,
    pitch: number,
    dimensions: number,
    n: number,
    k: number,
    centres: number,
    labels: number,
    statistics: number,
  ): void;
  makeFactors(parameters: number, factors: number, components: number, weighted: number): void;
  maximize(parameters: number, statistics: number, stride: number, components: number, floor: number): void;
  mixtureRoom(components: number): number;
  mixtureExpect(
    xs: number,
    ys: number,
    n: number,
    components: number,
    factors: number,
    statistics: number,
    labels: number,
    room: number,
  ): number;
  hmmRoom(n: number, stride: number): number;
  hmmExpect(
    xs: number,
    ys: number,
    n: number,
    states: number,
    stride: number,
    factors: number,
    start: number,
    transitions: number,
    transposed: number,
    firsts: number,
    counts: number,
    statistics: number,
    labels: number,
    categories: number,
    symbols: number,
    table: number,
    room: number,
  ): number;
  hmmMaximize(
    states: number,
    stride: number,
    firsts: number,
    counts: number,
    start: number,
    transitions: number,
    transposed: number,
  ): void;
  smoothStates(
    emissions: number,
    n: number,
    stride: number,
    start: number,
    transitions: number,
    transposed: number,
    alphas: number,
    smooth: number,
    room: number,
  ): number;
  viterbi(
    logEmissions: number,
    n: number,
    states: number,
    stride: number,
    logStart: number,
    logTransposed: number,
    labels: number,
    back: number,
    scores: number,
  ): number;
  multiply(
    m: number,
    n: number,
    k: number,
    a: number,
    aRow: number,
    aColumn: number,
    b: number,
    bRow: number,
    c: number,
    cRow: number,
    add: number,
  ): void;
  transpose(rows: number, columns: number, from: number, to: number): void;
  add(n: number, from: number, to: number): void;
  fillRows(rows: number, columns: number, row: number, to: number): void;
  addRowSums(rows: number, columns: number, from: number, distance: number, to: number): void;
  sumOfSquares(n: number, from: number): number;
  rectify(n: number, x: number): void;
  rectifySum(n: number, a: number, b: number, out: number): void;
  rectifyBack(n: number, gradient: number, y: number, scale: number, out: number): void;
  dropOut(n: number, x: number, seed: number, threshold: number, scale: number): void;
  addTokenRows(
    rows: number,
    columns: number,
    tokens: number,
    table: number,
    distance: number,
    to: number,
    add: number,
  ): void;
  addToTokenRows(rows: number, columns: number, tokens: number, from: number, table: number, distance: number): void;
  gruForward(
    steps: number,
    streams: number,
    hidden: number,
    gates: number,
    states: number,
    weights: number,
    bias: number,
    projected: number,
    room: number,
  ): void;
  gruBackward(
    steps: number,
    streams: number,
    hidden: number,
    gates: number,
    projected: number,
    states: number,
    weights: number,
    gradients: number,
    carried: number,
  ): void;
  crossEntropy(rows: number, width: number, logits: number, targets: number, scale: number): number;
  logProbabilities(rows: number, width: number, logits: number, targets: number, out: number): void;
  drawTokens(
    rows: number,
    width: number,
    vocabulary: number,
    logits: number,
    uniforms: number,
    sharpness: number,
    topP: number,
    tokens: number,
  ): void;
  adam(
    n: number,
    parameters: number,
    gradients: number,
    means: number,
    squares: number,
    scale: number,
    rate: number,
    spread: number,
    beta1: number,
    beta2: number,
    epsilon: number,
  ): void;
  normalizeWeights(
    rows: number,
    columns: number,
    directions: number,
    lengths: number,
    weights: number,
    norms: number,
  ): void;
  normalizeWeightsBack(
    rows: number,
    columns: number,
    directions: number,
    lengths: number,
    norms: number,
    gradients: number,
    ofDirections: number,
    ofLengths: number,
  ): void;
}

let compiled: WebAssembly.Module | undefined;

/** The compiled module, to be handed to other threads. */
export function kernelModule(): WebAssembly.Module {
  compiled ??= new WebAssembly.Module(readFileSync(packageFile('dist/src/kernels/kernels.wasm')));
  return compiled;
}

/** A new instance, with a memory of its own. */
export function instantiate(module: WebAssembly.Module): KernelExports {
  return new WebAssembly.Instance(module).exports as unknown as KernelExports; // what assembly/index.ts exports
}
