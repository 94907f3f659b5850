/**
 * @module
 * A thread of the pool: does one task after the other and answers each with its result or its error.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { SynthError } from '../errors.js';
import { runFitTask, type WorkerAnswer, type WorkerRequest } from './fit-task.js';
import { Kernels } from './kernels.js';

const kernels = new Kernels(workerData as WebAssembly.Module); // what fit-pool.ts hands over

parentPort?.on('message', ({ id, task }: WorkerRequest) => {
  let answer: WorkerAnswer;
  try {
    answer = { id, result: runFitTask(kernels, task) };
  } catch (error) {
    const known = error instanceof SynthError;
    answer = {
      id,
      error: known
        ? { code: error.code, message: error.wording, hint: error.hintWording }
        : { code: undefined, message: error instanceof Error ? (error.stack ?? error.message) : String(error) },
    };
  }
  parentPort?.postMessage(answer);
});
