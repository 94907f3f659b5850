// How likely the last third of a capture is for models of the first two: networks, the first-order chain over the same tokens, and the
// Markov chain as `synth train` makes it. Not a matter of time: the table of docs/models.md is made of such rows.
import { fileURLToPath } from 'node:url';
import { TokenChain, tokenize } from '../dist/models/markov/token-chain.js';
import { sliceSeries } from '../dist/src/packets/packet-series.js';
import { loadSeries } from '../dist/src/series/load.js';
import { parseDevice, parseFlow } from '../dist/src/series/target.js';
import { mean } from '../dist/src/statistics/mean.js';
import { train } from '../dist/src/training/train.js';
import { printTable } from './measure.mjs';

function targetOf({ SYNTH_BENCH_FLOW: flow, SYNTH_BENCH_DEVICE: device }) {
  if (device !== undefined) return parseDevice(device);
  return flow === undefined ? undefined : parseFlow(flow);
}

export async function run() {
  const embedded = fileURLToPath(new URL('../fixtures/doorbell/doorbell.pcap', import.meta.url));
  const loaded = await loadSeries([process.env.SYNTH_BENCH_CAPTURE ?? embedded], targetOf(process.env));
  const [series] = loaded.series;
  const cut = Math.floor((series.length * 2) / 3);
  // The first packet that is judged has the last one before it.
  const held = sliceSeries(series, cut - 1, series.length);
  const trained = async (kind) => {
    const options = { kind, holdout: 1 / 3, keepAddresses: false, payloadOnly: false };
    return (await train([series], loaded.target, options)).model;
  };
  const models = [];
  for (const kind of ['rnn', 'tcn', 'markov']) models.push(await trained(kind));
  const [rnn, , markov] = models;
  const tokens = tokenize([sliceSeries(series, 0, cut)], rnn.parts.quantizer);
  const chain = TokenChain.fit(tokens, { contextGroups: null, order: 1 });
  const nats = [mean(chain.logLikelihoods(held)), ...models.map((model) => model.logLikelihood(held))];
  const head = ['packets', 'tokens', 'chain of order 1', 'rnn', 'tcn', `markov (${markov.summary.quantizer})`];
  const row = [String(cut), String(rnn.summary.vocabulary), ...nats.map((each) => each.toFixed(2))];
  printTable('likelihood: nats per packet of the last third', head, [row], 'seed 1');
}
