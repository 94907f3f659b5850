/**
 * @module
 * Packets of many devices side by side: one step of the network for all of them at once.
 */

import type { PacketBlock } from '../../src/packets/packet-series.js';
import type { Random } from '../../src/random.js';
import { type Quantizer, startOfDecoding } from '../quantizer.js';
import type { SampleLimit, Sampling } from '../traffic-model.js';
import type { Stepper } from './network.js';

/** Packets of a device in a round. */
const ROUND_PACKETS = 256;

/** See `TrafficModel.sampleMany`. */
export function* sampleSideBySide(
  stepper: Stepper,
  quantizer: Quantizer,
  start: number,
  sampling: Sampling,
  randoms: readonly Random[],
  { packets, durationNs }: SampleLimit,
): Generator<readonly (PacketBlock | undefined)[], void> {
  const devices = randoms.map((random) => ({
    random,
    state: startOfDecoding(),
    ended: false,
    length: 0,
    offsetsNs: new Float64Array(ROUND_PACKETS),
    sizes: new Uint32Array(ROUND_PACKETS),
    outbound: new Uint8Array(ROUND_PACKETS),
  }));
  stepper.tokens.fill(start);
  for (let done = 0; done < packets && devices.some(({ ended }) => !ended); done += ROUND_PACKETS) {
    const wanted = Math.min(ROUND_PACKETS, packets - done);
    for (const device of devices) device.length = 0;
    for (let i = 0; i < wanted; i++) {
      stepper.advance();
      for (let d = 0; d < devices.length; d++) stepper.uniforms[d] = devices[d]!.random.next();
      stepper.draw(sampling);
      for (let d = 0; d < devices.length; d++) {
        const device = devices[d]!;
        if (device.ended) continue;
        const { state } = device;
        stepper.tokens[d] = quantizer.decode(stepper.drawn[d]!, state, device.random);
        if (state.timeNs > durationNs) {
          device.ended = true;
          continue;
        }
        device.offsetsNs[i] = state.timeNs;
        device.sizes[i] = state.sizeBytes;
        device.outbound[i] = state.direction;
        device.length++;
      }
    }
    yield devices.map(({ length, offsetsNs, sizes, outbound }) =>
      length === 0 ? undefined : { length, offsetsNs, sizes, outbound },
    );
  }
}
