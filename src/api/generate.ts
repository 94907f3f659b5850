/**
 * @module
 * From a model to a synthetic capture or table, or to packets in memory.
 */
import type { Sampling } from '../../models/traffic-model.js';
import { SynthError } from '../errors.js';
import type { PacketBlock } from '../packets/packet-series.js';
import { deviceStream } from '../packets/streams.js';
import { drawSeed } from '../random.js';
import {
  type GeneratedPackets,
  generate as generateFile,
  type OutputFormat,
  outputFormatOf,
} from '../synthesis/generate.js';
import { type IdentityOptions, identityOf } from '../synthesis/identity.js';
import type { PayloadChoice } from '../synthesis/payload/payload-source.js';
import { samplingModel } from '../synthesis/sampled-model.js';
import { type Duration, durationNsOf, modelOf, requireWhole } from './inputs.js';
import type { TrainedModel } from './train.js';

/** How much is generated. With neither, as many packets as the model was trained on. */
export interface LimitOptions {
  readonly packets?: number | undefined;
  readonly duration?: Duration | undefined;
}

export interface GenerateOptions extends LimitOptions {
  /** File to write: .pcap, .pcapng, .csv or .ndjson, also with .gz; `-` is standard output. */
  readonly out: string;
  /** Default: what the name of the file says. */
  readonly format?: OutputFormat | undefined;
  /** Writes over a file that exists. Default: false. */
  readonly force?: boolean | undefined;
  /** Default: a fresh one, which is returned. */
  readonly seed?: string | undefined;
  /** Devices, each with its own addresses. Default: 1. */
  readonly devices?: number | undefined;
  /** Time of the first packet. Default: 2025-01-01T00:00:00Z; same seed and options give the same bytes. */
  readonly startTime?: Date | undefined;
  /** Addresses and ports in place of those of the model. */
  readonly identity?: IdentityOptions | undefined;
  /** Default: `protocol`, messages of the protocol that the port stands for. */
  readonly payload?: PayloadChoice | undefined;
  /** Temperature and top-p, for kinds that have them. */
  readonly sampling?: Sampling | undefined;
  /** Leaves out frames that TCP needs beside the packets of the model. Default: false. */
  readonly strictSizes?: boolean | undefined;
  /** Longest IP packet in bytes. Default: no limit. */
  readonly mtu?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Called after each block with the packets so far and the time since the first one in ns. */
  readonly onProgress?: ((packets: number, offsetNs: number) => void) | undefined;
}

const DEFAULT_START = new Date('2025-01-01T00:00:00Z');

/**
 * Generates a synthetic capture, or a table of sizes, times and directions.
 *
 * @param model a model, or the path of its file
 * @throws SynthError `SYNTH_OUTPUT_EXISTS`, `SYNTH_OUTPUT_FAILED`, `SYNTH_USAGE`, `SYNTH_INTERRUPTED`
 * @example
 * await generate('model.safetensors', { out: 'fake.pcap', duration: '10m' });
 */
export async function generate(
  model: string | TrainedModel,
  options: GenerateOptions,
): Promise<GeneratedPackets & { readonly seed: string }> {
  const file = await modelOf(model);
  const { out, format = outputFormatOf(out), force = false, seed = drawSeed(), devices = 1 } = options;
  const {
    startTime = DEFAULT_START,
    payload = 'protocol',
    strictSizes = false,
    sampling,
    signal,
    onProgress,
  } = options;
  requireWhole('devices', devices, 1);
  requireWhole('mtu', options.mtu, 1);
  if (Number.isNaN(startTime.getTime())) throw new SynthError('SYNTH_USAGE', '`startTime` is no time');
  const written = await generateFile(file, {
    ...{ out, format, force, seed, devices, payload, strictSizes, sampling, signal, onProgress },
    limit: limitOf(file, options),
    startNs: BigInt(startTime.getTime()) * 1_000_000n,
    identity: identityOf(file.profile, options.identity ?? {}),
    mtu: options.mtu ?? Number.POSITIVE_INFINITY,
    oversize: 'fragment',
    inputs: [...(typeof model === 'string' ? [model] : []), ...(typeof payload === 'string' ? [] : [payload.file])],
  });
  return { ...written, seed };
}

export interface SampleOptions extends LimitOptions {
  readonly seed?: string | undefined;
  readonly sampling?: Sampling | undefined;
}

/**
 * Draws the packets of one device, as blocks of columns.
 *
 * Blocks are reused: read one before the next, or copy them with `collect`. The same seed gives the packets that `generate` writes.
 *
 * @example
 * for (const { length, offsetsNs, sizes, outbound } of sample(model, { packets: 10_000 })) { … }
 */
export function sample(file: TrainedModel, options: SampleOptions = {}): Iterable<PacketBlock> {
  const { seed = drawSeed(), sampling } = options;
  return samplingModel(file.model, sampling).sample(deviceStream(seed, 0, 'packets'), limitOf(file, options));
}

/** @throws SynthError `SYNTH_USAGE` */
export function limitOf({ training }: TrainedModel, { packets, duration }: LimitOptions) {
  requireWhole('packets', packets, 1);
  const few = duration === undefined ? training.packets : Number.POSITIVE_INFINITY;
  return { packets: packets ?? few, durationNs: durationNsOf(duration) };
}
