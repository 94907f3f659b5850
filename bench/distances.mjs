// The seconds that the distances of two samples take here: node bench/distances.mjs A B, as distances.py tells them.
import { readFileSync } from 'node:fs';
import { emd } from '../dist/src/statistics/emd.js';
import { ksStatistic } from '../dist/src/statistics/ks.js';

const [a, b] = process.argv.slice(2).map((path) => new Float64Array(new Uint8Array(readFileSync(path)).buffer));
for (const distance of [ksStatistic, emd]) {
  const started = performance.now();
  const value = distance(a, b);
  console.log((performance.now() - started) / 1000, value);
}
