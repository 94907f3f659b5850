/** @module Options of networks: those of their quantizers, of the network and of its training. */
import {
  FITTED_OPTIONS,
  type FitOptionName,
  GAUSSIAN_OPTIONS,
  type KindOptions,
  networkOptionsSchema,
} from '../fit-options.js';

const ALL: readonly FitOptionName[] = [
  'quantizer',
  ...GAUSSIAN_OPTIONS,
  ...FITTED_OPTIONS,
  ...networkOptionsSchema.keyof().options,
];

export const tcnOptions: KindOptions = { options: ALL };
/** Recurrent layers have no convolution. */
export const rnnOptions: KindOptions = { options: ALL.filter((option) => option !== 'kernelSize') };
