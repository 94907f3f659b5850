/**
 * @module
 * The demonstration: every step of the way of the data, once, on the capture that ships with the package.
 */
import { mkdir } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DEFAULT_MODEL_KIND } from '../../../models/registry.js';
import { describeSystemError, SynthError } from '../../errors.js';
import { DEFAULT_BOOTSTRAP } from '../../evaluation/evaluate.js';
import { evaluateFiles } from '../../evaluation/evaluate-files.js';
import { formatCount, formatSeconds } from '../../format.js';
import { loadModelFile } from '../../model-files/load-model.js';
import { encodeModelFile } from '../../model-files/model-file.js';
import { requireWritable, writeOutput } from '../../output-file.js';
import { packageFile } from '../../package-files.js';
import { loadSeries } from '../../series/load.js';
import { parseDevice } from '../../series/target.js';
import { generate } from '../../synthesis/generate.js';
import { identityOf } from '../../synthesis/identity.js';
import { train } from '../../training/train.js';
import { evaluationLines } from '../evaluate/evaluation-view.js';
import { parseTimestamp } from '../parse.js';

const CAPTURE = 'fixtures/doorbell/doorbell.pcap';
const DEVICE = '02:00:00:00:00:17';
/** The end of the capture, on which the result is judged. */
const HOLDOUT = 1 / 3;
/** How much longer than the training part the generated capture is: the device places a call now and then, and a few are luck. */
const LENGTHS = 5;

export interface DemoOptions {
  readonly folder: string;
  /** Replaces the files of an earlier demo. */
  readonly force: boolean;
  readonly seed: string;
  readonly signal: AbortSignal;
  readonly print: (line: string) => void;
}

export async function runDemo({ folder, force, seed, signal, print }: DemoOptions) {
  const capture = fileURLToPath(packageFile(CAPTURE));
  const modelPath = join(folder, 'model.safetensors');
  const fakePath = join(folder, 'fake.pcap');
  try {
    await mkdir(folder, { recursive: true });
  } catch (error) {
    throw new SynthError('SYNTH_OUTPUT_FAILED', `${folder}: cannot be made: ${describeSystemError(error)}`, {
      cause: error,
    });
  }

  // Asked first: nobody should wait for a training and then hear that a file exists.
  const writing = { force, inputs: [capture] };
  for (const path of [modelPath, fakePath]) await requireWritable(path, writing);

  print(`1. Train on ${relative('.', capture)}: a video doorbell that talks to its cloud (MQTT, HTTP, a call)`);
  const target = parseDevice(DEVICE);
  const { series } = await loadSeries([capture], target, { signal });
  const options = { kind: DEFAULT_MODEL_KIND, holdout: HOLDOUT, keepAddresses: false, payloadOnly: false };
  const trained = await train(series, target, options, { signal });
  await writeOutput(modelPath, encodeModelFile(trained), writing);
  const { training, model } = trained;
  print(
    `   device ${DEVICE}: ${formatCount(training.packets)} packets, ${formatSeconds(training.spanSeconds)}; the last third is held out`,
  );
  for (const line of model.describeTraining().lines) print(`   ${line}`);

  print(`2. Generate a capture like it, seed ${seed}`);
  const file = await loadModelFile(modelPath);
  const written = await generate(file, {
    out: fakePath,
    format: 'pcap',
    force,
    seed,
    limit: { packets: LENGTHS * training.packets, durationNs: Number.POSITIVE_INFINITY },
    startNs: parseTimestamp('2025-01-01T00:00:00Z'),
    identity: identityOf(file.profile, {}),
    devices: 1,
    payload: 'protocol',
    strictSizes: false,
    mtu: Number.POSITIVE_INFINITY,
    oversize: 'fragment',
    inputs: [capture],
    signal,
  });
  print(
    `   ${formatCount(written.packets)} packets of ${formatCount(written.conversations ?? 0)} conversations, ${formatSeconds(written.spanNs / 1e9)}`,
  );

  print('3. Evaluate it against the part of the real capture that was held out');
  const { candidates } = await evaluateFiles(capture, [fakePath], {
    ...{ target, seeds: 1, seed, bootstrap: DEFAULT_BOOTSTRAP, payloadOnly: false, signal },
  });
  for (const line of evaluationLines(candidates)) print(line === '' ? '' : line.replace(/^/gm, '   '));

  print('');
  print(`The model is in ${modelPath}, the capture in ${fakePath}. Look at it with any tool:`);
  print(`   tshark -r ${fakePath}`);
  return {
    capture,
    model: modelPath,
    out: fakePath,
    seed,
    training,
    packets: written.packets,
    evaluation: candidates[0]!.evaluation,
  };
}
