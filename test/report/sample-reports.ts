/** Reports that the tests look at, made of the embedded capture and of series that are hardly any. */
import {
  captureInput,
  collect,
  extractSeries,
  type PacketBlock,
  type PacketSeries,
  parseDevice,
  randomStream,
  surveyCaptures,
  train,
} from '../../src/index.js';
import type { CaptureReportInput } from '../../src/report/capture-report.js';
import type { EvaluationReportInput, ReportedCandidate } from '../../src/report/evaluation-report.js';
import { fixture } from '../support/peers.js';
import { emptyEvaluation, sampleEvaluation } from './sample-evaluation.js';

const DOORBELL = fixture('doorbell/doorbell.pcap');
const MADE = { version: '1.2.3', created: '2025-06-01T08:00:00.000Z' } as const;

const doorbellTarget = parseDevice('02:00:00:00:00:17');

async function doorbellSeries(): Promise<PacketSeries> {
  return (await extractSeries([captureInput(DOORBELL)], doorbellTarget)).series;
}

/** @param candidates how many */
export async function doorbellEvaluation(candidates: number): Promise<EvaluationReportInput> {
  const series = await doorbellSeries();
  const { model } = await train([series], doorbellTarget, {
    kind: 'markov',
    holdout: 1 / 3,
    keepAddresses: false,
    payloadOnly: false,
  });
  const sample = (seed: string) =>
    collect(model.sample(randomStream(seed, 'packets'), { packets: 6000, durationNs: Number.POSITIVE_INFINITY }));
  return {
    real: { name: 'doorbell.pcap', facts: [['Target', 'device 02:00:00:00:00:17']], series },
    heldOutFrom: Math.floor((series.length * 2) / 3),
    candidates: Array.from({ length: candidates }, (_, index) => ({
      name: `a-file-name-of-some-length-with-a-number-${index}.safetensors`,
      facts: [
        ['Model', 'markov'],
        ['Hash', 'f'.repeat(64)],
      ],
      evaluation: sampleEvaluation(86 - 7 * index),
      logLikelihood: { heldOut: -11.2, training: -10.9 },
      sample: sample(String(index)),
    })),
    command: 'synth evaluate doorbell.pcap model.safetensors --seeds 3 --seed 1 --report report.html',
    notes: ['<script>throw new Error("ran")</script> & other notes'],
    ...MADE,
  };
}

export async function doorbellCapture(): Promise<CaptureReportInput> {
  return {
    survey: await surveyCaptures([captureInput(DOORBELL)]),
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
