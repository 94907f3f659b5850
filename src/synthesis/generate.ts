/**
 * @module
 * From a model to a file or a stream: the second half of the way of the data.
 */
import type { SampleLimit, Sampling, TrafficModel } from '../../models/generator.js';
import type { LoadedModelFile } from '../../models/model-file.js';
import { CAPTURE_FORMATS, CaptureWriter, captureFormatOf } from '../capture/capture-writer.js';
import { LINK_TYPE } from '../capture/link-type.js';
import { SynthError } from '../errors.js';
import type { Output } from '../output-file.js';
import { openOutput } from '../output-file.js';
import { randomStream } from '../random.js';
import type { PacketWriter } from '../series/packet-writer.js';
import { TableWriter } from '../series/table-writer.js';
import { packageVersion } from '../version.js';
import { FrameBuilder } from './frame-builder.js';
import { FrameWriter } from './frame-writer.js';
import type { Identity } from './identity.js';
import { type PayloadKind, PayloadPool } from './payload.js';
import { type WrittenPackets, writePackets } from './write-packets.js';

export const OUTPUT_FORMATS = [...CAPTURE_FORMATS, 'csv', 'ndjson'] as const;
export type OutputFormat = (typeof OUTPUT_FORMATS)[number];

const ENDINGS: readonly (readonly [RegExp, OutputFormat])[] = [
  [/\.csv$/i, 'csv'],
  [/\.(ndjson|jsonl)$/i, 'ndjson'],
];

/** The format that the name of a file asks for; pcap for standard output and devices. @throws SynthError `SYNTH_USAGE` */
export function outputFormatOf(path: string): OutputFormat {
  if (path === '-' || path.startsWith('/dev/')) return 'pcap';
  const format = captureFormatOf(path) ?? ENDINGS.find(([pattern]) => pattern.test(path))?.[1];
  if (format) return format;
  throw new SynthError('SYNTH_USAGE', `${path}: the name does not tell the format`, {
    hint: `End it in .pcap, .pcapng, .csv or .ndjson, or give --format ${OUTPUT_FORMATS.join('|')}.`,
  });
}

export interface GenerateOptions {
  /** A path; `-` is standard output. */
  readonly out: string;
  readonly format: OutputFormat;
  readonly force: boolean;
  readonly seed: string;
  readonly limit: SampleLimit;
  /** How packets are drawn; as the model has learned if left out. */
  readonly sampling?: Sampling | undefined;
  /** Time of the first packet, in ns since the Unix epoch. */
  readonly startNs: bigint;
  readonly identity: Identity;
  readonly payload: PayloadKind;
  /** Files that must not be written over. */
  readonly inputs: readonly string[];
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((packets: number, offsetNs: number) => void) | undefined;
}

/**
 * Samples a model into a file.
 *
 * @throws SynthError `SYNTH_USAGE` if only a duration would end what has none, or the model cannot be told how to draw; as `openOutput` and
 *   `writePackets` do
 */
export async function generate(file: LoadedModelFile, options: GenerateOptions): Promise<WrittenPackets> {
  const { out, force, inputs, seed, limit, sampling, startNs, signal, onProgress } = options;
  const model = sampling === undefined ? file.model : samplingModel(file.model, sampling);
  if (limit.packets === Number.POSITIVE_INFINITY && !advances(model)) {
    throw new SynthError('SYNTH_USAGE', 'all packets of the model come at the same time; no duration is reached', {
      hint: 'Say how many with --packets.',
    });
  }
  const output = await openOutput(out, { force, inputs });
  try {
    const writer = createWriter(output, file, options);
    const blocks = model.sample(randomStream(seed, 'packets'), limit);
    const written = await writePackets(blocks, writer, { startNs, signal, onProgress });
    await output.finish();
    return written;
  } finally {
    await output.discard();
  }
}

/** @throws SynthError `SYNTH_USAGE` */
function samplingModel(model: TrafficModel, sampling: Sampling): TrafficModel {
  const told = model.sampling?.(sampling);
  if (told !== undefined) return told;
  throw new SynthError('SYNTH_USAGE', `a model of kind ${model.kind} has no temperature and no top-p`, {
    hint: 'Models of kind rnn and tcn have.',
  });
}

const PROBE_PACKETS = 10_000;

/** Whether time passes in what the model generates. */
function advances(model: TrafficModel): boolean {
  const limit = { packets: PROBE_PACKETS, durationNs: Number.POSITIVE_INFINITY };
  for (const { offsetsNs, length } of model.sample(randomStream('probe', 'packets'), limit)) {
    if (offsetsNs[length - 1]! > 0) return true;
  }
  return false;
}

function createWriter(output: Output, { hash }: LoadedModelFile, options: GenerateOptions): PacketWriter {
  const { format, seed, sampling, payload, identity } = options;
  if (format === 'csv' || format === 'ndjson') return new TableWriter(output, format);
  const drawn = sampling === undefined ? '' : ` temperature:${sampling.temperature} top-p:${sampling.topP}`;
  const pool = new PayloadPool(payload, randomStream(seed, 'payload'));
  const frames = new FrameBuilder(identity, pool, randomStream(seed, 'headers'));
  const comment = `Synthetic traffic. model sha256:${hash} seed:${seed}${drawn} synth:${packageVersion}`;
  const application = `synth ${packageVersion}`;
  const captureOptions = { format, linkType: LINK_TYPE.ethernet, application, comment };
  return new FrameWriter(new CaptureWriter(output, captureOptions, pool.bytes), frames);
}
