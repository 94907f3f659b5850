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
