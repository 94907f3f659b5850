/**
 * @module
 * From a model to a file or a stream: the second half of the way of the data.
 */
import type { SampleLimit } from '../../models/generator.js';
import type { LoadedModelFile } from '../../models/model-file.js';
import { SynthError } from '../errors.js';
import type { Output } from '../output-file.js';
import { openOutput } from '../output-file.js';
import { randomStream } from '../random.js';
import type { PacketBlock } from '../series/packet-series.js';
import type { PacketWriter } from '../series/packet-writer.js';
import { TableWriter } from '../series/table-writer.js';
import { packageVersion } from '../version.js';
import { CAPTURE_FORMATS, CaptureWriter } from './capture-writer.js';
import { FrameBuilder } from './frame-builder.js';
import type { Identity } from './identity.js';
import { type PayloadKind, PayloadPool } from './payload.js';
import { type WrittenPackets, writePackets } from './write-packets.js';

export const OUTPUT_FORMATS = [...CAPTURE_FORMATS, 'csv', 'ndjson'] as const;
export type OutputFormat = (typeof OUTPUT_FORMATS)[number];

const ENDINGS: readonly (readonly [RegExp, OutputFormat])[] = [
  [/\.(pcap|cap|dmp)$/i, 'pcap'],
  [/\.(pcapng|ntar)$/i, 'pcapng'],
  [/\.csv$/i, 'csv'],
  [/\.(ndjson|jsonl)$/i, 'ndjson'],
];

/** The format that the name of a file asks for; pcap for standard output and devices. @throws SynthError `SYNTH_USAGE` */
export function outputFormatOf(path: string): OutputFormat {
  if (path === '-' || path.startsWith('/dev/')) return 'pcap';
  const ending = ENDINGS.find(([pattern]) => pattern.test(path));
  if (ending) return ending[1];
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
 * @throws SynthError as `openOutput` and `writePackets` do
 */
export async function generate(file: LoadedModelFile, options: GenerateOptions): Promise<WrittenPackets> {
  const { out, force, inputs, seed, limit, startNs, signal, onProgress } = options;
  const output = await openOutput(out, { force, inputs });
  try {
    const writer = createWriter(output, file, options);
    const blocks = file.model.sample(randomStream(seed, 'packets'), limit);
    const written = await writePackets(requireTime(blocks, limit), writer, { startNs, signal, onProgress });
    await output.finish();
    return written;
  } finally {
    await output.discard();
  }
}

/** Packets at one instant after which a series that only its duration ends is taken to be endless. */
const MAX_SIMULTANEOUS = 10_000_000;

/** @throws SynthError `SYNTH_MODEL_INVALID` where time stands still and nothing else would end the series */
function* requireTime(blocks: Iterable<PacketBlock>, { packets }: SampleLimit): Generator<PacketBlock, void> {
  let last = 0;
  let simultaneous = 0;
  for (const block of blocks) {
    const end = block.offsetsNs[block.length - 1]!;
    simultaneous = end > last ? 0 : simultaneous + block.length;
    last = end;
    if (simultaneous > MAX_SIMULTANEOUS && packets === Number.POSITIVE_INFINITY) {
      throw new SynthError('SYNTH_MODEL_INVALID', 'the model generates packets without end in which no time passes', {
        hint: 'Say how many with --packets.',
      });
    }
    yield block;
  }
}

function createWriter(output: Output, { hash }: LoadedModelFile, options: GenerateOptions): PacketWriter {
  const { format, seed, payload, identity } = options;
  if (format === 'csv' || format === 'ndjson') return new TableWriter(output, format);
  const pool = new PayloadPool(payload, randomStream(seed, 'payload'));
  const frames = new FrameBuilder(identity, pool, randomStream(seed, 'headers'));
  return new CaptureWriter(output, frames, pool, {
    format,
    application: `synth ${packageVersion}`,
    comment: `Synthetic traffic. model sha256:${hash} seed:${seed} synth:${packageVersion}`,
  });
}
