import { describe, expect } from 'vitest';
import { TokenChain, tokenize } from '../../../../models/markov/token-chain.js';
import { NeuralModel } from '../../../../models/neural/neural-model.js';
import { captureInput } from '../../../../src/capture/capture-file.js';
import { evaluate } from '../../../../src/evaluation/evaluate.js';
import { collect, sliceSeries } from '../../../../src/packets/packet-series.js';
import { randomStream } from '../../../../src/random.js';
import { extractSeries } from '../../../../src/series/extract.js';
import { parseDevice, parseFlow, type Target } from '../../../../src/series/target.js';
import { mean } from '../../../../src/statistics/mean.js';
import { train } from '../../../../src/training/train.js';
import { sharedCapture, testWithCaptures } from '../../../support/peers.js';

const HOLDOUT = 1 / 3;
const SKYPE = parseFlow('UDP 192.168.0.102:18826 192.168.0.105:26454');

async function trained(file: string, target: Target, kind: string) {
  const { series } = await extractSeries([captureInput(sharedCapture(`dev/${file}`))], target);
  const { model } = await train([series], target, { kind, holdout: HOLDOUT, keepAddresses: false, payloadOnly: false });
  if (!(model instanceof NeuralModel)) throw new Error(`${kind} makes no network`);
  return { series, model };
}

describe.each(['rnn', 'tcn'] as const)('A %s of a real device', (kind) => {
  // All twelve captures are in docs/models.md; these take seconds.
  const captures: readonly (readonly [string, Target])[] = [
    ['skypeLANhome.pcap', SKYPE],
    ['ics_c37118_pmu.pcap', parseDevice('192.168.0.18')],
    ['vnc_remote_desktop.pcap', parseDevice('192.168.2.110')],
    ['video_dlink_cam_nsec.pcap', parseDevice('b0:c5:54:43:54:83')],
  ];
  for (const [file, target] of captures) {
    testWithCaptures(`finds the end of ${file} likelier than a first-order chain over the same tokens`, async () => {
      const { series, model } = await trained(file, target, kind);
      const cut = Math.floor(series.length * (1 - HOLDOUT));
      // The first packet of the held-out part has the last one before it.
      const held = sliceSeries(series, cut - 1, series.length);
      const tokens = tokenize([sliceSeries(series, 0, cut)], model.parts.quantizer);
      const chain = TokenChain.fit(tokens, { contextGroups: null, order: 1 });
      expect(model.logLikelihood(held)).toBeGreaterThan(mean(chain.logLikelihoods(held)));
    });
  }

  testWithCaptures('generates a call whose KS statistics are at most 0.04 from those of the call itself', async () => {
    const { series, model } = await trained('skypeLANhome.pcap', SKYPE, kind);
    const packets = Math.floor(series.length * (1 - HOLDOUT));
    const samples = Array.from({ length: 5 }, (_, seed) =>
      collect(model.sample(randomStream(String(seed), 'packets'), { packets, durationNs: Number.POSITIVE_INFINITY })),
    );
    const { meanExcess } = await evaluate(series, samples, { bootstrap: 0 });
    expect(meanExcess).toBeLessThan(0.04);
  });
});
