/**
 * @module
 * From a model to a file or a stream: the second half of the way of the data.
 */

import type { Sampling } from '../../models/traffic-model.js';
import {
  CAPTURE_FORMATS,
  CaptureWriter,
  captureFormatOf,
  type WrittenCaptureFormat,
} from '../capture/capture-writer.js';
import { SynthError } from '../errors.js';
import type { LoadedModel } from '../model-files/model-file.js';
import { LINK_TYPE } from '../net/link-type.js';
import { uncompressedName } from '../output/output-name.js';
import { type Rotation, type WrittenSeries, writeSeries } from '../output/output-series.js';
import type { SerialOutput } from '../output-file.js';
import { deviceStream } from '../packets/streams.js';
import { TableWriter } from '../series/table-writer.js';
import { packageVersion } from '../version.js';
import { option, wording } from '../wording.js';
import { createDevices, type DeviceOptions } from './devices.js';
import { FrameWriter } from './frame-writer.js';
import { requireProgress, samplingModel } from './sampled-model.js';
import { type WrittenPackets, writeDevices, writePackets } from './write-packets.js';

export const OUTPUT_FORMATS = [...CAPTURE_FORMATS, 'csv', 'ndjson'] as const;
export type OutputFormat = (typeof OUTPUT_FORMATS)[number];

const ENDINGS: readonly (readonly [RegExp, OutputFormat])[] = [
  [/\.csv$/i, 'csv'],
  [/\.(ndjson|jsonl)$/i, 'ndjson'],
];

/** The format that the name of a file asks for, compressed or not; pcap for standard output and devices. @throws SynthError `SYNTH_USAGE` */
export function outputFormatOf(path: string): OutputFormat {
  if (path === '-' || path.startsWith('/dev/')) return 'pcap';
  const name = uncompressedName(path);
  const format = captureFormatOf(name) ?? ENDINGS.find(([pattern]) => pattern.test(name))?.[1];
  if (format) return format;
  throw new SynthError('SYNTH_USAGE', `${path}: the name does not tell the format`, {
    hint: wording`End it in .pcap, .pcapng, .csv or .ndjson, with .gz behind it to compress, or give ${option('format')} ${OUTPUT_FORMATS.join('|')}.`,
  });
}

export interface GenerateOptions extends DeviceOptions {
  /** A path; `-` is standard output. */
  readonly out: string;
  readonly format: OutputFormat;
  readonly force: boolean;
  /** A series of files in place of one. */
  readonly rotation?: Rotation | undefined;
  /** How packets are drawn; as the model has learned if left out. */
  readonly sampling?: Sampling | undefined;
  /** Time of the first packet, in ns since the Unix epoch. */
  readonly startNs: bigint;
  /** Files that must not be written over. */
  readonly inputs: readonly string[];
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((packets: number, offsetNs: number) => void) | undefined;
}

export interface GeneratedPackets extends WrittenPackets, WrittenSeries {
  /** Null for tables, which have none. */
  readonly conversations: number | null;
  /** Frames that protocols need beside the packets that the model has drawn. */
  readonly forcedFrames: number;
}

/**
 * Samples a model into a file, or a series of files.
 *
 * @throws SynthError `SYNTH_USAGE` if only a duration would end what has none, the model cannot be told how to draw, or a table shall have more than
 *   one device; as `openPayloadSource`, `writeSeries` and `writePackets` do
 */
export async function generate(file: LoadedModel, options: GenerateOptions): Promise<GeneratedPackets> {
  const { out, force, format, inputs, rotation, seed, limit, sampling, devices } = options;
  const model = samplingModel(file.model, sampling);
  if (limit.packets === Number.POSITIVE_INFINITY)
    requireProgress(model, wording`Say how many with ${option('packets')}.`);
  if (format === 'csv' || format === 'ndjson') {
    if (devices > 1) {
      throw new SynthError('SYNTH_USAGE', 'a table has one device', { hint: 'Write several devices into a capture.' });
    }
    const { result, ...series } = await writeSeries(out, { force, inputs, rotation }, (output) =>
      writePackets(model.sample(deviceStream(seed, 0, 'packets'), limit), new TableWriter(output, format), options),
    );
    return { ...result, ...series, conversations: null, forcedFrames: 0 };
  }
  const synthesis = await prepareCapture({ ...file, model }, format, options);
  const { result, ...series } = await writeSeries(out, { force, inputs, rotation }, synthesis);
  return { ...result, ...series };
}

/** @returns a function that writes the capture to an output */
async function prepareCapture(
  file: LoadedModel,
  format: WrittenCaptureFormat,
  options: GenerateOptions,
): Promise<(output: SerialOutput) => Promise<Omit<GeneratedPackets, keyof WrittenSeries>>> {
  const { devices, planner, preamble } = await createDevices(file, options);
  const captureOptions = {
    format,
    linkType: LINK_TYPE.ethernet,
    application: `synth ${packageVersion}`,
    comment: commentOf(file, options),
  };
  return async (output) => {
    const capture = new CaptureWriter(output, captureOptions, preamble);
    const writer = new FrameWriter(capture, planner, preamble);
    const written = await writeDevices(devices, writer, options);
    const opened = devices.reduce((sum, device) => sum + device.conversations, 0);
    return { ...written, conversations: opened, forcedFrames: writer.forcedFrames };
  };
}

function commentOf({ hash }: LoadedModel, { seed, sampling, devices }: GenerateOptions): string {
  const drawn = sampling === undefined ? '' : ` temperature:${sampling.temperature} top-p:${sampling.topP}`;
  const many = devices === 1 ? '' : ` devices:${devices}`;
  return `Synthetic traffic. model sha256:${hash} seed:${seed}${many}${drawn} synth:${packageVersion}`;
}
