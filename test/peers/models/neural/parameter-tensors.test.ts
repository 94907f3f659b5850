/** The tensors of model files in networks of PyTorch. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished } from 'vitest';
import { z } from 'zod';
import { startToken } from '../../../../models/neural/architecture.js';
import { NeuralModel } from '../../../../models/neural/neural-model.js';
import { decodeModelFile, encodeModelFile } from '../../../../src/model-files/model-file.js';
import { randomStream } from '../../../../src/random.js';
import { train } from '../../../../src/training/train.js';
import { requests, seriesOf } from '../../../models/blocks.js';
import { KernelNetwork } from '../../../models/neural/networks.js';
import { projectRoot } from '../../../support/files.js';
import { testWithPython } from '../../../support/peers.js';

describe('PyTorch', () => {
  const STEPS = 40;
  const STREAMS = 3;
  const NETWORKS = [
    { kind: 'rnn', layers: 2, hidden: 24, embedding: 16 },
    { kind: 'rnn', layers: 1, hidden: 8, embedding: 8 },
    { kind: 'tcn', layers: 3, hidden: 16, embedding: 8, kernelSize: 3 },
    { kind: 'tcn', layers: 2, hidden: 16, embedding: 16, kernelSize: 2 },
  ];

  /** Writes a model file, reads it again. @returns tokens, and the logits behind each of them */
  async function exampleOf({ kind, ...sizes }: (typeof NETWORKS)[number], path: string) {
    const options = { kind, holdout: 0, keepAddresses: false, payloadOnly: false };
    const fit = { ...sizes, quantizer: 'empirical', epochs: 1, threads: 1 } as const;
    const bytes = encodeModelFile(await train([seriesOf(requests(300))], undefined, { ...options, fit }));
    writeFileSync(path, bytes);
    const { model } = await decodeModelFile(path, bytes);
    if (!(model instanceof NeuralModel)) throw new Error('is no network');
    const { summary, parts } = model;
    const random = randomStream('torch', 'tokens');
    const start = startToken(summary);
    const rows = STEPS * STREAMS;
    const tokens = Int32Array.from({ length: rows }, (_, i) =>
      i < STREAMS ? start : Math.floor(random.next() * (start + 1)),
    );
    const network = new KernelNetwork(summary, rows, STREAMS);
    network.setParameters(parts.parameters);
    const logits = network.logits({ steps: STEPS, streams: STREAMS, tokens, targets: new Int32Array(rows) }, {});
    const rowsOf = (stream: number) => Array.from({ length: STEPS }, (_, step) => step * STREAMS + stream);
    const streams = Array.from({ length: STREAMS }, (_, stream) => rowsOf(stream));
    return {
      request: { model: path, tokens: streams.map((all) => all.map((row) => tokens[row]!)) },
      logits: streams.map((all) => all.map((row) => [...logits.subarray(row * start, (row + 1) * start)])),
    };
  }

  testWithPython(['torch'], 'loads the parameters of model files and has the same logits', async (run) => {
    const directory = mkdtempSync(join(tmpdir(), 'synth-torch-'));
    onTestFinished(() => rmSync(directory, { recursive: true }));
    const examples = await Promise.all(
      NETWORKS.map((sizes, i) => exampleOf(sizes, join(directory, `${i}.safetensors`))),
    );
    const script = `${projectRoot}test/peers/models/neural/networks.py`;
    const answers = z.array(z.array(z.array(z.array(z.number())))).parse(
      run(
        script,
        examples.map(({ request }) => request),
      ),
    );
    const flat = (logits: readonly (readonly (readonly number[])[])[]) => logits.flat(2);
    examples.forEach(({ logits }, i) => {
      const expected = flat(answers[i]!);
      const differences = flat(logits).map((logit, at) => Math.abs(logit - expected[at]!));
      expect(differences.length).toBe(expected.length);
      // Both compute in single precision.
      expect(Math.max(...differences)).toBeLessThan(1e-5);
    });
  });
});
