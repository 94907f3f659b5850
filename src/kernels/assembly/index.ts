/**
 * @module
 * What the module exports. Its functions know addresses only; the binding in ../kernels.ts owns the memory.
 */
export { makeFactors, maximize } from './gaussian';
export { hmmExpect, hmmMaximize, hmmRoom, smoothStates, viterbi } from './hmm';
export { clusterStatistics, moveCentres, nearestCentres, seedCentres } from './kmeans';
export { mixtureExpect, mixtureRoom } from './mixture';
export { exp, log, log1pAll, normalCdf, normalQuantile } from './scalar';

/** The first address that is not taken by the module itself. */
export function heapBase(): usize {
  return __heap_base;
}
