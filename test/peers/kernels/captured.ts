/** Points for the kernels from captures. */
import { type Observations, observe, planeOf } from '../../../models/gaussian/observations.js';
import { Kernels, type Points } from '../../../src/kernels/kernels.js';
import { loadSeries } from '../../../src/series/load.js';
import { parseFlow } from '../../../src/series/target.js';
import { sharedCapture } from '../../support/peers.js';

const CAPTURES = [
  ['skypeLANhome', 'UDP 192.168.0.102:18826 192.168.0.105:26454'],
  ['iot_ultraloq_hub', undefined],
  ['iot_blink_cam1', undefined],
] as const;
/** More than a chunk of the kernels (2048), and few enough for the oracle. */
const MAX_OBSERVATIONS = 2300;

/** Names of the captures, and what loads the standardized points of both directions, each one sequence. */
export const captured = CAPTURES.map(([file, flow]) => ({
  name: flow ?? `the busiest device of ${file}`,
  load: async (): Promise<readonly (readonly [direction: string, points: Points])[]> => {
    const { series } = await loadSeries([sharedCapture(`dev/${file}.pcap`)], flow && parseFlow(flow));
    return [true, false].map((outbound) => {
      const { sizes, gapsNs } = observe(series, outbound, false);
      const count = Math.min(sizes.length, MAX_OBSERVATIONS);
      const few: Observations = { sizes: sizes.slice(0, count), gapsNs: gapsNs.slice(0, count), lengths: [count] };
      return [outbound ? 'outbound' : 'inbound', planeOf(few, new Kernels()).points];
    });
  },
}));
