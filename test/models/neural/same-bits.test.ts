import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { NeuralModel } from '../../../models/neural/neural-model.js';
import { captureInput } from '../../../src/capture/capture-file.js';
import { collect } from '../../../src/packets/packet-series.js';
import { randomStream } from '../../../src/random.js';
import { extractSeries } from '../../../src/series/extract.js';
import { parseDevice } from '../../../src/series/target.js';
import { train } from '../../../src/training/train.js';
import { fixture } from '../../support/files.js';

/**
 * Digests of parameters, and of the times of packets drawn with them, as Node.js 20.20 and 24 made them on x86-64. They change with the
 * kernels and with how a training goes, and then for all machines alike: that is what this test is for.
 */
const DIGESTS = {
  rnn: 'cd4ddf149b457b8d165c583b8ed8ae8baad1ff4ff400fd53d71e6d7b47d07199',
  tcn: 'a0f30a9fb6fb2bd92ea8736574e49420ad7ee86e77cb497998f7efa37b48b92e',
};

const TARGET = parseDevice('02:00:00:00:00:17');
const extracted = extractSeries([captureInput(fixture('doorbell/doorbell.pcap'))], TARGET);

test.each([
  ['rnn', 1],
  ['rnn', 2],
  ['tcn', 1],
  ['tcn', 3],
] as const)('A %s trained on %i threads has the bits that it has everywhere', async (kind, threads) => {
  const { series } = await extracted;
  const fit = { epochs: 3, batch: 16, window: 32, threads };
  const options = { kind, holdout: 0, keepAddresses: false, payloadOnly: false, fit };
  const { model } = await train([series], TARGET, options);
  if (!(model instanceof NeuralModel)) throw new Error(`${kind} makes no network`);
  const limit = { packets: 200, durationNs: Number.POSITIVE_INFINITY };
  const drawn = collect(model.sample(randomStream('1', 'packets'), limit));
  const hash = createHash('sha256').update(model.parts.parameters).update(drawn.offsetsNs);
  expect(hash.digest('hex')).toBe(DIGESTS[kind]);
});
