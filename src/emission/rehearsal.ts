/**
 * @module
 * Code is slow until V8 has compiled it, by half a millisecond for the first packet. So a sender sends some thousand packets beforehand,
 * none of which leaves.
 */
import { createRing, RingReader, RingWriter } from './ring.js';
import { SendCounts } from './send-counts.js';
import { Sender } from './sender.js';
import type { Transport } from './transport.js';
import type { Waiter } from './waiter.js';

const PACKETS = 5000;
const GAP_NS = 2000;
const PACKET_BYTES = 64;
const RING_BYTES = 2 ** 20;

/** Takes some 15 ms. */
export async function rehearse(
  transport: Transport,
  waiter: Waiter,
  { stamp, paced, channels }: { readonly stamp: boolean; readonly paced: boolean; readonly channels: number },
): Promise<void> {
  if (!transport.rehearse(true)) return;
  const ring = createRing(RING_BYTES);
  const writer = new RingWriter(ring);
  for (let i = 0; i < PACKETS; i++) {
    writer.begin(PACKET_BYTES);
    writer.commit(i * GAP_NS, 0);
  }
  writer.end();
  const sender = new Sender(new RingReader(ring), transport, waiter, new SendCounts(), {
    startNs: waiter.clock.nowNs(),
    startWallNs: 0n,
    stamp,
    paced,
    channels,
    stopped: () => false,
  });
  await sender.run();
  transport.rehearse(false);
}
