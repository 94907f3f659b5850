/** Threads that fit models: what they answer does not depend on their number, and they end when they should. */
import { execFile } from 'node:child_process';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import type { FitOptions } from '../../models/registry.js';
import { FitPool } from '../../src/kernels/fit-pool.js';
import { runFitTask } from '../../src/kernels/fit-task.js';
import { Kernels } from '../../src/kernels/kernels.js';
import { encodeModelFile } from '../../src/model-files/model-file.js';
import { randomStream } from '../../src/random.js';
import { train } from '../../src/training/train.js';
import { requests, rowsBy, seriesOf } from '../models/blocks.js';
import { projectRoot } from '../support/files.js';
import { expectSynthError } from '../support/read.js';
import { chain, FLOOR, iterationsOf, pointsOf } from './points.js';

const points = pointsOf([chain(400)]);
const hmmTask = (components: number) => ({
  points,
  from: { components, restarts: 2, seed: '1', path: `test/${components}` },
  limits: iterationsOf(12),
});
/** Far longer than any test waits for it. */
const endless = () => ({ ...hmmTask(40), points: pointsOf([chain(20_000)]), limits: iterationsOf(1e9) });

async function withPool<T>(threads: number, body: (pool: FitPool) => Promise<T>, signal?: AbortSignal): Promise<T> {
  const pool = new FitPool(threads, signal);
  try {
    return await body(pool);
  } finally {
    await pool.close();
  }
}

describe('what comes back', () => {
  test('is what the same task gives on the spot, task by task, however many threads there are', async () => {
    const wanted = [1, 2, 3, 5, 8, 4, 2].map((components) =>
      runFitTask(new Kernels(), { kind: 'hmm', ...hmmTask(components) }),
    );
    for (const threads of [1, 2, 8]) {
      const given = await withPool(threads, (pool) =>
        Promise.all([1, 2, 3, 5, 8, 4, 2].map((components) => pool.run('hmm', hmmTask(components)))),
      );
      expect(given).toEqual(wanted);
    }
  });

  test('of every kind of task is what the kernels give', async () => {
    const kernels = new Kernels();
    const { seed, path } = { seed: '1', path: 'test' };
    const mixtureTask = { points, seeding: { components: 3, restarts: 2, seed, path }, limits: iterationsOf(5) };
    const tally = {
      symbols: new Int32Array(400),
      symbolCount: 1,
      categories: new Int32Array(400),
      categoryCount: 1,
    };
    await withPool(2, async (pool) => {
      const mixture = await pool.run('mixture', mixtureTask);
      expect(mixture).toEqual(runFitTask(kernels, { kind: 'mixture', ...mixtureTask }));
      expect(mixture.logLikelihoods).toHaveLength(6);
      const labels = await pool.run('classify', { points, mixture: mixture.parameters });
      expect(labels).toEqual(kernels.classify(points, mixture.parameters));
      const model = await pool.run('hmm', hmmTask(3));
      const counted = await pool.run('tally', { points, model, tally });
      expect(counted).toEqual(kernels.tallyHmm(points, model, tally));
      // A fit that goes on from where another ended begins with its likelihood.
      const further = await pool.run('hmm', { points, from: model, limits: iterationsOf(1) });
      expect(further.logLikelihoods[0]).toBe(model.logLikelihoods.at(-1));
    });
  });

  const kinds: readonly [string, string, Partial<FitOptions>][] = [
    ['hmm', 'hmm', {}],
    ['markov with Gaussian tokens', 'markov', { quantizer: 'gmm' }],
    ['hmm, with numbers of states to compare', 'hmm', { components: [7, 2, 4, 1] }],
  ];
  test.each(kinds)('as a model file is the same to the byte for 1, 2 and 8 threads: %s', async (_, kind, options) => {
    // Enough kinds of packet that several numbers of components are compared.
    const rows = [
      ...requests(600),
      ...rowsBy(300, (i, draw) => [Math.floor(draw.next() * 1e9), 40 + (i % 9) * 100, i % 5 === 0 ? 0 : 1]).map(
        ([time, size, outbound]) => [time + 1e12, size, outbound] as const,
      ),
    ];
    const files: string[] = [];
    for (const threads of [1, 2, 8]) {
      const fit = { ...options, threads };
      const trained = await train([seriesOf(rows)], undefined, {
        kind,
        holdout: 0,
        keepAddresses: false,
        payloadOnly: false,
        fit,
      });
      files.push(Buffer.from(encodeModelFile(trained)).toString('base64'));
    }
    expect(files[1]).toBe(files[0]);
    expect(files[2]).toBe(files[0]);
  });
});

describe('an error in a thread', () => {
  const tooLarge = {
    points,
    model: new Kernels().startHmm(points, 2, randomStream('1', 'start'), FLOOR),
    tally: { symbols: new Int32Array(400), symbolCount: 2 ** 40, categories: new Int32Array(400), categoryCount: 1 },
  };

  test('that is a SynthError comes back with its code, its message and its hint; the thread goes on', async () => {
    await withPool(1, async (pool) => {
      const error = await expectSynthError(pool.run('tally', tooLarge), 'SYNTH_TRAINING_FAILED');
      expect(error.message).toContain('GiB of WebAssembly memory');
      expect(error.hint).toContain('4 GiB');
      expect((await pool.run('hmm', hmmTask(2))).states).toBe(2);
    });
  });

  test('that is a bug comes back with the place where it happened', async () => {
    await withPool(1, async (pool) => {
      const broken = { ...tooLarge, tally: undefined as never };
      await expect(pool.run('tally', broken)).rejects.toThrow(/symbolCount[\s\S]*kernels\.js/);
      expect((await pool.run('hmm', hmmTask(2))).states).toBe(2);
    });
  });
});

describe('the end', () => {
  test('aborting ends what runs and what waits with SYNTH_INTERRUPTED, and what comes later too', async () => {
    const controller = new AbortController();
    await withPool(
      1,
      async (pool) => {
        const tasks = [pool.run('hmm', endless()), pool.run('hmm', hmmTask(2)), pool.run('hmm', hmmTask(3))];
        const outcomes = tasks.map((task) => expectSynthError(task, 'SYNTH_INTERRUPTED'));
        controller.abort();
        await Promise.all(outcomes);
        await expectSynthError(pool.run('hmm', hmmTask(2)), 'SYNTH_INTERRUPTED');
      },
      controller.signal,
    );
  });

  test('a signal that was aborted before ends the first task', async () => {
    await withPool(
      2,
      (pool) => expectSynthError(pool.run('hmm', hmmTask(2)), 'SYNTH_INTERRUPTED'),
      AbortSignal.abort(),
    );
  });

  test('close ends what runs and what waits', async () => {
    const pool = new FitPool(1);
    const tasks = [pool.run('hmm', endless()), pool.run('hmm', hmmTask(2)), pool.run('hmm', hmmTask(3))];
    const outcomes = Promise.allSettled(tasks);
    await pool.close();
    expect((await outcomes).map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
  });

  test('a task for a closed pool is refused, and starts no thread', async () => {
    const pool = new FitPool(2);
    await pool.run('hmm', hmmTask(1));
    await pool.close();
    await expect(pool.run('hmm', hmmTask(1))).rejects.toThrow('the pool was closed');
    const untouched = new FitPool(2);
    await untouched.close();
    await expect(untouched.run('hmm', hmmTask(1))).rejects.toThrow('the pool was closed');
  });

  // A program ends by itself only when no thread is left.
  const program = (body: string) => `
    import { FitPool } from ${JSON.stringify(pathToFileURL(`${projectRoot}dist/src/kernels/fit-pool.js`).href)};
    const n = 20000;
    const points = {
      xs: Float64Array.from({ length: n }, (_, i) => Math.sin(i)),
      ys: Float64Array.from({ length: n }, (_, i) => Math.cos(i * i)),
      lengths: [n],
    };
    const endless = {
      points,
      from: { components: 40, restarts: 1, seed: '1', path: 'p' },
      limits: { iterations: 1e9, tolerance: -Infinity, varianceFloor: 1e-6 },
    };
    const quick = { ...endless, from: { ...endless.from, components: 1 }, limits: { ...endless.limits, iterations: 1 } };
    const told = (error) => console.log(error.code ?? error.message);
    ${body}
  `;
  /** Runs it in a Node.js of its own; one that does not end by itself is ended with the test. Rejects for any exit code but 0. */
  const runs = (body: string, signal: AbortSignal) =>
    promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program(body)], { signal });

  test('a task that nobody wants any more does not start, and the next one does', async ({ signal }) => {
    const { stdout } = await runs(
      `
      const unwanted = new AbortController();
      const pool = new FitPool(1);
      const first = pool.run('hmm', quick);
      const second = pool.run('hmm', endless, unwanted.signal).catch(told);
      const third = pool.run('hmm', quick);
      unwanted.abort();
      await Promise.all([first, second, third]);
      await pool.close();
    `,
      signal,
    );
    expect(stdout.trim()).toBe('nobody wants the result any more');
  });

  test('no thread is left after an abort', async ({ signal }) => {
    const { stdout, stderr } = await runs(
      `
      const controller = new AbortController();
      const pool = new FitPool(2, controller.signal);
      await pool.run('hmm', quick);
      const tasks = [1, 2, 3].map(() => pool.run('hmm', endless).catch(told));
      setImmediate(() => controller.abort());
      await Promise.all(tasks);
    `,
      signal,
    );
    expect(stderr).toBe('');
    expect(stdout.trim().split('\n')).toEqual(new Array(3).fill('SYNTH_INTERRUPTED'));
  });

  test('no thread is left after close, and none comes later', async ({ signal }) => {
    const { stdout, stderr } = await runs(
      `
      const pool = new FitPool(2);
      const tasks = [1, 2, 3].map(() => pool.run('hmm', endless).catch(told));
      await pool.close();
      await Promise.all([...tasks, pool.run('hmm', quick).catch(told)]);
    `,
      signal,
    );
    expect(stderr).toBe('');
    expect(stdout.trim().split('\n')).toEqual(new Array(4).fill('the pool was closed'));
  });
});
