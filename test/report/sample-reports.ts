/** Reports that the tests look at, made of the embedded capture and of series that are hardly any. */

import { captureInput } from '../../src/capture/capture-file.js';
import { evaluate, evaluateWith } from '../../src/evaluation/evaluate.js';
import { Judge } from '../../src/evaluation/judge.js';
import { collect, type PacketBlock, type PacketSeries, sliceBlock } from '../../src/packets/packet-series.js';
import { randomStream } from '../../src/random.js';
import type { CaptureReportInput } from '../../src/report/capture-report.js';
import type { EvaluationReportInput } from '../../src/report/evaluation-report.js';
import type { ReportedCandidate } from '../../src/report/reported-candidate.js';
import { extractSeries } from '../../src/series/extract.js';
import { surveyCaptures } from '../../src/series/survey.js';
import { parseDevice } from '../../src/series/target.js';
import { train } from '../../src/training/train.js';
import { fixture } from '../support/files.js';
import { emptyEvaluation } from './sample-evaluation.js';

const DOORBELL = fixture('doorbell/doorbell.pcap');
const MADE = { version: '1.2.3', created: '2025-06-01T08:00:00.000Z' } as const;

const doorbellTarget = parseDevice('02:00:00:00:00:17');

/** Computes something once, when it is first asked for. */
function once<T>(compute: () => T): () => T {
  let computed: { readonly value: T } | undefined;
  return () => {
    computed ??= { value: compute() };
    return computed.value;
  };
}

const doorbellSeries = once(
  async (): Promise<PacketSeries> => (await extractSeries([captureInput(DOORBELL)], doorbellTarget)).series,
);
const doorbellSurvey = once(() => surveyCaptures([captureInput(DOORBELL)]));

/** Two kinds of model beside the real series, as `synth evaluate` judges them. The first note is hostile. */
export async function doorbellEvaluation(kinds: readonly string[]): Promise<EvaluationReportInput> {
  const series = await doorbellSeries();
  const heldOutFrom = Math.floor((series.length * 2) / 3);
  const judge = await Judge.of(series, { bootstrap: 4, seed: '1' });
  const candidates: ReportedCandidate[] = [];
  for (const kind of kinds) candidates.push(await judgedModel(kind, series, judge));
  return {
    real: { name: 'captures/doorbell.pcap', facts: [['Target', 'device 02:00:00:00:00:17']], series },
    heldOutFrom,
    candidates: candidates.toSorted((a, b) => b.evaluation.score! - a.evaluation.score!),
    command: 'synth evaluate doorbell.pcap model.safetensors --seeds 2 --seed 1 --report report.html',
    notes: ['<script>throw new Error("ran")</script> & other notes'],
    ...MADE,
  };
}

async function judgedModel(kind: string, series: PacketSeries, judge: Judge): Promise<ReportedCandidate> {
  // A model that is not the best is as good to report on, and takes less time.
  const fit = kind === 'hmm' ? { components: [4], threads: 1 } : ({ quantizer: 'empirical', threads: 1 } as const);
  const options = { kind, holdout: 1 / 3, keepAddresses: false, payloadOnly: false, fit };
  const { model } = await train([series], doorbellTarget, options);
  const limit = { packets: judge.trainingPackets, durationNs: Number.POSITIVE_INFINITY };
  const samples = ['1', '2'].map((seed) => collect(model.sample(randomStream(seed, 'packets'), limit)));
  return {
    name: `a-file-name-of-some-length-with-a-number-${kind}.safetensors`,
    facts: [
      ['Model', kind],
      ['Hash', 'f'.repeat(64)],
    ],
    evaluation: await evaluateWith(judge, samples),
    logLikelihood: { heldOut: -11.2, training: -10.9 },
    sample: samples[0]!,
  };
}

/** A synthetic series that is too short for a score. */
export async function shortEvaluation(): Promise<EvaluationReportInput> {
  const series = await doorbellSeries();
  const sample = sliceBlock(series, 0, 140);
  const evaluation = await evaluate(series, [sample], { bootstrap: 4, seed: '1' });
  return {
    real: { name: 'doorbell.pcap', facts: [], series },
    heldOutFrom: evaluation.trainingPackets,
    candidates: [{ name: 'short.csv', facts: [], evaluation, logLikelihood: null, sample }],
    command: 'synth evaluate doorbell.pcap short.csv',
    notes: [],
    ...MADE,
  };
}

export async function doorbellCapture(): Promise<CaptureReportInput> {
  return {
    survey: await doorbellSurvey(),
    limit: 10,
    target: { name: '02:00:00:00:00:17', series: await doorbellSeries() },
    command: 'synth inspect doorbell.pcap --report capture.html',
    notes: [],
    ...MADE,
  };
}

/** A series of given columns. */
export function seriesOf(packets: readonly (readonly [ns: number, bytes: number, outbound: 0 | 1])[]): PacketSeries {
  return {
    startNs: 0n,
    length: packets.length,
    offsetsNs: Float64Array.from(packets, ([ns]) => ns),
    sizes: Uint32Array.from(packets, ([, bytes]) => bytes),
    outbound: Uint8Array.from(packets, ([, , outbound]) => outbound),
    conversation: new Uint16Array(packets.length),
    marks: new Uint8Array(packets.length),
    conversations: [],
  };
}

/** A report about next to nothing. */
export function evaluationOf(series: PacketSeries, sample: PacketBlock, heldOutFrom: number): EvaluationReportInput {
  const candidate: ReportedCandidate = {
    name: 'a < b & "c"',
    facts: [],
    evaluation: emptyEvaluation,
    logLikelihood: null,
    sample,
  };
  return {
    real: { name: '<real>', facts: [], series },
    heldOutFrom,
    candidates: [candidate],
    command: 'synth evaluate <real>',
    notes: [],
    ...MADE,
  };
}
