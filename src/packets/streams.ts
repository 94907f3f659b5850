/**
 * @module
 * Names of the random streams of a run. They must not change: with other names the same seed gives other bytes, and the two ends of a dialogue
 * no longer draw the same packets.
 */
import { type Random, randomStream } from '../random.js';

/** Streams of a run as a whole. */
export type RunStream = 'payload' | 'headers';

/** Streams that each device has to itself. */
export type DeviceStream = 'packets' | 'conversations' | 'phase';

export const runStream = (seed: string, stream: RunStream): Random => randomStream(seed, stream);

/** The first device draws as it does where it is alone. */
export const deviceStream = (seed: string, device: number, stream: DeviceStream): Random =>
  randomStream(seed, device === 0 ? stream : `device-${device}/${stream}`);

/** Devices of a fleet have names of their own. */
export const fleetDeviceStream = (seed: string, group: string, device: number): Random =>
  randomStream(seed, `${group}/device-${device}`);
