// One sweep of fits in one process: `node bench/sweep.mjs hmm|gmm TABLE.csv THREADS`. The work of the reference estimator: both
// directions; hmm: 1 to 39 states by 2, ten iterations each; gmm: 10 to 118 components by 4, to a gain of 1e-3 nats a packet.
import { observe, planeOf, sortedPoints } from '../dist/models/gaussian/observations.js';
import { VARIANCE_FLOOR } from '../dist/models/gaussian/spike-slab.js';
import { FitPool } from '../dist/src/kernels/fit-pool.js';
import { Kernels } from '../dist/src/kernels/kernels.js';
import { loadSeries } from '../dist/src/series/load.js';

const [kind, table, threads] = process.argv.slice(2);
const { series } = await loadSeries([table], undefined);
const kernels = new Kernels();
const started = performance.now();
const pool = new FitPool(Number(threads));
const NEVER = Number.NEGATIVE_INFINITY;
const tasks = [];
for (const outbound of [true, false]) {
  const { points } = planeOf(observe(series, outbound, false), kernels);
  const seeding = (components) => ({ components, restarts: 1, seed: '1', path: `bench/${outbound}/${components}` });
  if (kind === 'hmm') {
    const limits = { iterations: 10, tolerance: NEVER, varianceFloor: VARIANCE_FLOOR };
    for (let k = 1; k < 40; k += 2) tasks.push({ components: k, task: { points, from: seeding(k), limits } });
  } else {
    const sorted = sortedPoints(points);
    const limits = { iterations: 100, tolerance: 1e-3, varianceFloor: VARIANCE_FLOOR };
    for (let k = 10; k <= 118; k += 4)
      tasks.push({ components: k, task: { points: sorted, seeding: seeding(k), limits } });
  }
}
// The largest first, so that no thread is left alone with one at the end.
tasks.sort((a, b) => b.components - a.components);
await Promise.all(tasks.map(({ task }) => pool.run(kind === 'hmm' ? 'hmm' : 'mixture', task)));
await pool.close();
console.log(
  `${((performance.now() - started) / 1000).toFixed(2)} s without the start of the process and the reading of the table`,
);
