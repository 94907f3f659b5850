/**
 * @module
 * Code is slow until V8 has compiled it, by half a millisecond for the first packet. So a sender sends some thousand packets beforehand,
 * none of which leaves.
 */
import { systemClock } from '../clock.js';
import { createRing, type RingMemory, RingWriter } from './ring.js';
import { SendCounts } from './send-counts.js';
import type { Sender } from './sender.js';
import type { SenderRequest } from './sender-task.js';
import type { Transport } from './transport.js';

/** Makes senders the same way every time: what V8 has learned from one then holds for the next. */
export type SenderFactory = (
  ring: RingMemory,
  counts: SendCounts,
  start: SenderRequest,
  stopped: () => boolean,
) => Sender;

/** In several runs, since some things happen once in each. */
const RUNS = 4;
const PACKETS = 2000;
const GAP_NS = 1500.5;
const PACKET_BYTES = { least: 40, most: 300 };
const RING_BYTES = 2 ** 20;
const LEAD_NS = 1e6;

/** Takes some 20 ms. */
export async function rehearse(transport: Transport, createSender: SenderFactory): Promise<void> {
  if (!transport.rehearse(true)) return;
  for (let run = 0; run < RUNS; run++) {
    const ring = createRing(RING_BYTES);
    const writer = new RingWriter(ring);
    for (let i = 0; i < PACKETS; i++) {
      writer.begin(PACKET_BYTES.least + (i % (PACKET_BYTES.most - PACKET_BYTES.least)));
      writer.commit(i * GAP_NS, 0);
    }
    writer.end();
    const start = { startNs: systemClock.nowNs() + LEAD_NS, startWallNs: systemClock.wallNs() };
    await createSender(ring, new SendCounts(), start, () => false).run();
  }
  transport.rehearse(false);
}
