/**
 * @module
 * The kinds `rnn` and `tcn`: their options, and the way to their code, which is loaded when a model is trained or read.
 */
import type { ModelKind } from '../traffic-model.js';
import { type NetworkFitOptions, type RnnOptions, rnnOptions, tcnOptions } from './options.js';

export const rnn: ModelKind<RnnOptions> = {
  kind: 'rnn',
  description: 'recurrent network (GRU) over the tokens of a quantizer',
  options: rnnOptions,
  fit: async (series, options, hooks) =>
    (await training()).trainNetwork('rnn', undefined, series, ofRnn(options), hooks),
  fitFrom: async (start, series, options, hooks) =>
    (await training()).trainNetwork('rnn', start, series, ofRnn(options), hooks),
  load: async (saved) => (await import('./neural-model.js')).NeuralModel.load('rnn', saved),
};

export const tcn: ModelKind<NetworkFitOptions> = {
  kind: 'tcn',
  description: 'temporal convolutional network over the tokens of a quantizer',
  options: tcnOptions,
  fit: async (series, options, hooks) => (await training()).trainNetwork('tcn', undefined, series, options, hooks),
  fitFrom: async (start, series, options, hooks) =>
    (await training()).trainNetwork('tcn', start, series, options, hooks),
  load: async (saved) => (await import('./neural-model.js')).NeuralModel.load('tcn', saved),
};

const training = () => import('./fit-network.js');
const ofRnn = (options: RnnOptions): NetworkFitOptions => ({ ...options, kernelSize: 'auto' });
