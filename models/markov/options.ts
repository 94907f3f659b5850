/** @module Options of Markov chains: those of their quantizers. */
import { FITTED_OPTIONS, GAUSSIAN_OPTIONS, type KindOptions } from '../fit-options.js';

export const markovOptions: KindOptions = { options: ['quantizer', ...GAUSSIAN_OPTIONS, ...FITTED_OPTIONS] };
