// Temporal convolutional networks: a step of training, and the whole job.
import { neuralTables } from './neural.mjs';

export const run = () => neuralTables('tcn');
