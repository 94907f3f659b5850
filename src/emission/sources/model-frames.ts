/**
 * @module
 * What a model's devices send and receive as Ethernet frames, or as the IP packets in them: those that `generate` writes with the same
 * seed and options.
 */

import type { Sampling } from '../../../models/traffic-model.js';
import type { LoadedModel } from '../../model-files/model-file.js';
import { ETHERNET_HEADER_BYTES } from '../../net/header-bytes.js';
import { createDevices, type DeviceOptions } from '../../synthesis/devices.js';
import { FrameWriter } from '../../synthesis/frame-writer.js';
import { samplingModel } from '../../synthesis/sampled-model.js';
import { writeDevices } from '../../synthesis/write-packets.js';
import type { ScheduledOutput } from '../scheduled-output.js';
import { FrameQueue } from './frame-queue.js';
import { isInVain, requireSampling } from './model-run.js';
import { type Directions, type PacketSource, requirePackets, SourceCounts } from './source.js';

export interface ModelFramesOptions extends DeviceOptions {
  /** How packets are drawn; as the model has learned if left out. */
  readonly sampling: Sampling | undefined;
  /** Of the devices; frames that TCP needs beside the packets that were drawn go where they go. */
  readonly directions: Directions;
  /** False for IP packets. */
  readonly linkHeader: boolean;
}

export class ModelFrames implements PacketSource {
  /** One socket sends for all devices. */
  readonly channels = 1;
  readonly maxBytes: number | undefined;
  readonly counts = new SourceCounts();
  readonly warnings = [];
  /** Frames that were not sampled. */
  forcedFrames = 0;
  readonly #file: LoadedModel;
  readonly #options: ModelFramesOptions;

  /** @throws SynthError `SYNTH_USAGE` if the model cannot be told how to draw */
  constructor(file: LoadedModel, options: ModelFramesOptions) {
    const { mtu, linkHeader } = options;
    this.#file = { ...file, model: samplingModel(file.model, options.sampling) };
    this.#options = options;
    this.maxBytes = mtu === Number.POSITIVE_INFINITY ? undefined : mtu + (linkHeader ? ETHERNET_HEADER_BYTES : 0);
  }

  /** @throws SynthError also `SYNTH_USAGE` for rounds, or a run that does not end; as `createDevices` does */
  async produce(output: ScheduledOutput, signal?: AbortSignal): Promise<void> {
    requireSampling(output, this.#file.model, this.#options.limit);
    const { devices, planner, preamble } = await createDevices(this.#file, this.#options);
    const { directions, linkHeader } = this.#options;
    const queue = new FrameQueue(output, this.counts, { directions, linkHeader, preamble }, signal);
    const writer = new FrameWriter(queue, planner, preamble);
    const enough = () => output.ended || isInVain(output, this.counts);
    await writeDevices(devices, writer, { startNs: 0n, enough });
    this.forcedFrames = writer.forcedFrames;
    requirePackets(output, this.counts);
  }
}
