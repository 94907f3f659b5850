/**
 * @module
 * The devices of a model, ready to send and receive: what a capture is generated from, and what is sent onto an interface. The same
 * seed and options give the same frames in both.
 */

import type { SampleLimit } from '../../models/traffic-model.js';
import { Likelihoods } from '../conversations/likelihoods.js';
import type { LoadedModel } from '../model-files/model-file.js';
import { deviceStream, runStream } from '../packets/streams.js';
import { ChannelFactory } from './channel-factory.js';
import { deviceAddresses } from './device-addresses.js';
import { DeviceTraffic } from './device-traffic.js';
import { FramePlanner, type Oversize } from './frame-planner.js';
import type { Identity } from './identity.js';
import { openPayloadSource, type PayloadChoice } from './payload/payload-source.js';
import { singleConversation } from './single-conversation.js';

export interface DeviceOptions {
  readonly seed: string;
  /** Of each device. */
  readonly limit: SampleLimit;
  readonly identity: Identity;
  /** How many devices talk, each with its own addresses and seed. */
  readonly devices: number;
  readonly payload: PayloadChoice;
  /** Leaves out what protocols need beside the packets that the model draws. */
  readonly strictSizes: boolean;
  /** Longest IP packet, in bytes; may be infinite. */
  readonly mtu: number;
  readonly oversize: Oversize;
}

export interface Devices {
  readonly devices: readonly DeviceTraffic[];
  /** Plans the frames of the packets of all of them. */
  readonly planner: FramePlanner;
  /** What has to stand at the beginning of the array that frames are written to. */
  readonly preamble: Uint8Array;
}

/** @throws SynthError `SYNTH_USAGE` for an MTU that is too small; as `openPayloadSource` does */
export async function createDevices(file: LoadedModel, options: DeviceOptions): Promise<Devices> {
  const { seed, limit, identity, strictSizes, mtu, oversize } = options;
  const payload = await openPayloadSource(options.payload, runStream(seed, 'payload'));
  const random = runStream(seed, 'headers');
  const planner = new FramePlanner({ mtu, oversize });
  const channels = { payload, random, strictSizes };
  const isSingle = file.profile.kind !== 'device' || file.conversations === undefined;
  const conversations = isSingle ? singleConversation(file.conversations, identity) : file.conversations!;
  const likelihoods = new Likelihoods(conversations.counts);
  const devices = Array.from({ length: options.devices }, (_, index) => {
    const factory = new ChannelFactory(channels, conversations, deviceAddresses(conversations, identity, index));
    const blocks = file.model.sample(deviceStream(seed, index, 'packets'), limit);
    const drawn = deviceStream(seed, index, 'conversations');
    return new DeviceTraffic(blocks, { conversations, likelihoods, factory, random: drawn, isSingle });
  });
  return { devices, planner, preamble: payload.preamble };
}
