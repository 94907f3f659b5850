/**
 * @module
 * What the module exports. Its functions know addresses only; the binding in ../kernels.ts owns the memory.
 */
export { dropOut, rectify, rectifyBack, rectifySum } from './activation';
export { makeFactors, maximize } from './gaussian';
export { gruBackward, gruForward } from './gru';
export { hmmExpect, hmmMaximize, hmmRoom, smoothStates, viterbi } from './hmm';
export { clusterStatistics, moveCentres, nearestCentres, seedCentres } from './kmeans';
export { add, addRowSums, fillRows, multiply, sumOfSquares, transpose } from './matrix';
export { mixtureExpect, mixtureRoom } from './mixture';
export { adam, normalizeWeights, normalizeWeightsBack } from './optimizer';
export { addTokenRows, addToTokenRows } from './rows';
export { exp, log, log1pAll, normalCdf, normalQuantile } from './scalar';
export { crossEntropy, drawTokens, logProbabilities } from './softmax';

/** The first address that is not taken by the module itself. */
export function heapBase(): usize {
  return __heap_base;
}
