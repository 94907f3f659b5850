/** @module Options of hidden Markov models. */
import { FITTED_OPTIONS, GAUSSIAN_OPTIONS, type KindOptions } from '../fit-options.js';

export const hmmOptions: KindOptions = { options: [...GAUSSIAN_OPTIONS, ...FITTED_OPTIONS] };
