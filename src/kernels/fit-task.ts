/**
 * @module
 * What can be asked of a thread, as messages: a task holds all that its result depends on, so the result is the same wherever and
 * whenever it runs. The points of a task lie in shared memory and are not copied on the way.
 */
import type { SynthErrorCode } from '../errors.js';
import { randomStream } from '../random.js';
import type { Wording } from '../wording.js';
import type {
  FitLimits,
  HmmFit,
  HmmParameters,
  HmmTally,
  Kernels,
  MixtureFit,
  Parameters,
  Points,
  Tally,
} from './kernels.js';

/** Which start of an HMM is the best shows after so many iterations; only that one goes on. */
const TRIAL_ITERATIONS = 10;

/** From where k-means draws. */
interface Seeding {
  readonly components: number;
  readonly restarts: number;
  readonly seed: string;
  readonly path: string;
}

export interface FitTasks {
  mixture: { readonly points: Points; readonly seeding: Seeding; readonly limits: FitLimits };
  classify: { readonly points: Points; readonly mixture: Parameters };
  hmm: { readonly points: Points; readonly from: Seeding | HmmParameters; readonly limits: FitLimits };
  tally: { readonly points: Points; readonly model: HmmParameters; readonly tally: Tally };
}

export interface FitResults {
  mixture: MixtureFit;
  classify: Int32Array;
  hmm: HmmFit;
  tally: HmmTally;
}

export type FitKind = keyof FitTasks;
export type FitTask = { [kind in FitKind]: { readonly kind: kind } & FitTasks[kind] }[FitKind];

export interface WorkerRequest {
  readonly id: number;
  readonly task: FitTask;
}

export type WorkerAnswer =
  | { readonly id: number; readonly result: FitResults[FitKind] }
  | {
      readonly id: number;
      /** Without a code it is a bug. */
      readonly error: {
        readonly code: SynthErrorCode | undefined;
        readonly message: Wording;
        readonly hint?: Wording | undefined;
      };
    };

export function runFitTask(kernels: Kernels, task: FitTask): FitResults[FitKind] {
  switch (task.kind) {
    case 'mixture': {
      const { components, restarts, seed, path } = task.seeding;
      return kernels.fitMixture(task.points, components, restarts, randomStream(seed, path), task.limits);
    }
    case 'classify':
      return kernels.classify(task.points, task.mixture);
    case 'hmm': {
      const { points, from, limits } = task;
      if ('states' in from) return kernels.fitHmm(points, from, limits);
      const random = randomStream(from.seed, from.path);
      const trial = { ...limits, iterations: Math.min(limits.iterations, TRIAL_ITERATIONS) };
      const begun = Array.from({ length: from.restarts }, (_, restart) => {
        const stream = random.split(`restart-${restart}`);
        const start = kernels.startHmm(points, from.components, stream, limits.varianceFloor);
        return kernels.fitHmm(points, start, trial);
      }).reduce((a, b) => (b.logLikelihoods.at(-1)! > a.logLikelihoods.at(-1)! ? b : a));
      const done = begun.logLikelihoods.length - 1;
      if (done < TRIAL_ITERATIONS || done === limits.iterations) return begun;
      const ended = kernels.fitHmm(points, begun, { ...limits, iterations: limits.iterations - done });
      return { ...ended, logLikelihoods: [...begun.logLikelihoods, ...ended.logLikelihoods.slice(1)] };
    }
    case 'tally':
      return kernels.tallyHmm(task.points, task.model, task.tally);
  }
}
