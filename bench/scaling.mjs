// How long an iteration takes on one thread, by packets and by states or components. Points are drawn from five Gaussians.
import { sortedPoints } from '../dist/models/gaussian/observations.js';
import { Kernels } from '../dist/src/kernels/kernels.js';
import { randomStream } from '../dist/src/random.js';
import { printTable } from './measure.mjs';

/** Packets, and iterations that make a difference to be measured. */
const LENGTHS = [
  [1e4, 200],
  [1e5, 40],
  [1e6, 10],
  [1e7, 3],
];
const SIZES = { hmm: [5, 10, 20, 40], gmm: [10, 40, 120] };

export function scalingTable(kind) {
  const sizes = SIZES[kind];
  const kernels = new Kernels();
  const rows = LENGTHS.map(([n, iterations]) => {
    const drawn = drawPoints(kernels, n);
    // As the models hand them over.
    const points = kind === 'gmm' ? sortedPoints(drawn) : drawn;
    return [
      n.toLocaleString('en-US'),
      ...sizes.map((k) => {
        const random = randomStream('bench', `${kind}/${k}`);
        const limits = (count) => ({ iterations: count, tolerance: Number.NEGATIVE_INFINITY, varianceFloor: 1e-6 });
        const time = (count) => {
          const started = performance.now();
          if (kind === 'hmm') kernels.fitHmm(points, kernels.startHmm(points, k, random, 1e-6), limits(count));
          else kernels.fitMixture(points, k, 1, random, limits(count));
          return performance.now() - started;
        };
        if (n === LENGTHS[0][0]) time(1);
        // What the start costs is in both.
        const perPacket = ((time(iterations) - time(0)) / iterations / n) * 1e6;
        return `${perPacket.toFixed(0)} ns`;
      }),
    ];
  });
  const what = kind === 'hmm' ? 'states' : 'components';
  printTable(
    `${kind}: one iteration, per packet, one thread`,
    ['packets', ...sizes.map((k) => `${k} ${what}`)],
    rows,
    'in one process',
  );
  console.log(`\nMemory of the kernels after it: ${Math.round(kernels.memoryBytes / 2 ** 20)} MiB`);
}

function drawPoints(kernels, n) {
  const random = randomStream('bench', 'points');
  const xs = new Float64Array(n);
  const ys = new Float64Array(n);
  let state = 0;
  for (let i = 0; i < n; i++) {
    if (random.next() < 0.3) state = Math.floor(random.next() * 5);
    xs[i] = state - 2 + 0.2 * kernels.normalQuantile(random.next() + 2 ** -33);
    ys[i] = ((state * 3) % 5) - 2 + 0.2 * kernels.normalQuantile(random.next() + 2 ** -33);
  }
  return { xs, ys, lengths: [n] };
}
