/** What a source plans: run beside a reader that only takes what is there, in the same thread. */
import { setImmediate as turn } from 'node:timers/promises';
import { Batch } from '../../src/emission/batch.js';
import { createRing, RingReader, RingWriter } from '../../src/emission/ring.js';
import { Schedule, type ScheduleOptions } from '../../src/emission/schedule.js';
import { ScheduledOutput } from '../../src/emission/scheduled-output.js';
import type { PacketSource } from '../../src/emission/sources/source.js';

export interface PlannedPacket {
  readonly dueNs: number;
  readonly channel: number;
  readonly bytes: string;
}

export interface PlanOptions extends Partial<ScheduleOptions> {
  readonly ringBytes?: number;
  readonly signal?: AbortSignal;
  readonly isClosed?: () => boolean;
  /** Told of each packet before it is taken. */
  readonly onPacket?: (taken: number) => void;
}

const INFINITE = Number.POSITIVE_INFINITY;

/** Everything once, at its own times. */
export const OWN_TIMES: ScheduleOptions = {
  pacing: { kind: 'own', speed: 1 },
  maxGapNs: INFINITE,
  rounds: 1,
  loopDelayNs: 0,
  limit: INFINITE,
  durationNs: INFINITE,
  maxPps: INFINITE,
};

export interface Plan {
  readonly packets: readonly PlannedPacket[];
  readonly output: ScheduledOutput;
}

export async function planOf(source: PacketSource, options: PlanOptions = {}): Promise<Plan> {
  const { ringBytes = 2 ** 20, signal, isClosed, onPacket, ...schedule } = options;
  const memory = createRing(ringBytes);
  const plan = new Schedule({ ...OWN_TIMES, ...schedule });
  const output = new ScheduledOutput(new RingWriter(memory), plan, { isClosed });
  const produced = source.produce(output, signal).finally(() => output.end());
  produced.catch(() => {});
  const packets: PlannedPacket[] = [];
  const reader = new RingReader(memory);
  const batch = new Batch();
  while (!reader.ended) {
    reader.collect(batch, INFINITE);
    for (let i = 0; i < batch.count; i++) {
      onPacket?.(packets.length);
      const bytes = Buffer.from(batch.bytes.subarray(batch.at[i]!, batch.at[i]! + batch.length[i]!)).toString('hex');
      packets.push({ dueNs: batch.deadlineNs[i]!, channel: batch.channel[i]!, bytes });
    }
    reader.release();
    if (batch.count === 0) await turn();
  }
  await produced;
  return { packets, output };
}
