import { describe, expect, test } from 'vitest';
import type { Batch } from '../../src/emission/batch.js';
import { createRing, RingReader, RingWriter } from '../../src/emission/ring.js';
import { SendCounts } from '../../src/emission/send-counts.js';
import { Sender, type SenderOptions } from '../../src/emission/sender.js';
import { readStamp } from '../../src/emission/stamp.js';
import { EventCounts, SEND, type Transport } from '../../src/emission/transport.js';
import { type Precision, Waiter } from '../../src/emission/waiter.js';
import { VirtualTime } from './virtual-time.js';

const START_NS = 6e9;
const START_WALL_NS = 1_700_000_006_000_000_000n;

interface Sent {
  readonly atNs: number;
  readonly channel: number;
  readonly bytes: Uint8Array;
}

/** Takes what it is given, each call in 1 µs, unless `answer` says otherwise. */
class RecordingTransport extends EventCounts implements Transport {
  readonly needsEventLoop: boolean = false;
  failure = 'EMSGSIZE';
  readonly sent: Sent[] = [];
  waits = 0;
  answer: (batch: Batch, now: number) => number = (batch) => batch.remaining;
  readonly #time: VirtualTime;

  constructor(time: VirtualTime) {
    super();
    this.#time = time;
  }

  async open(): Promise<void> {}

  send(batch: Batch): number {
    const now = this.#time.nowNs();
    this.#time.pass(1e3);
    const taken = this.answer(batch, now);
    for (let i = batch.first; i < batch.first + taken; i++) {
      const bytes = batch.bytes.slice(batch.at[i]!, batch.at[i]! + batch.length[i]!);
      this.sent.push({ atNs: now - START_NS, channel: batch.channel[i]!, bytes });
    }
    return taken;
  }

  async waitForRoom(): Promise<void> {
    this.waits++;
    this.#time.pass(5e6);
  }

  receive(): void {
    this.receivedPackets++;
  }

  async close(): Promise<void> {}
}

interface Run {
  readonly time: VirtualTime;
  readonly transport: RecordingTransport;
  readonly counts: SendCounts;
  readonly sender: Sender;
}

function prepare(
  deadlinesNs: readonly number[],
  { precision = 'spin', ...options }: Partial<SenderOptions> & { precision?: Precision } = {},
): Run {
  const ring = createRing(2 ** 20);
  const writer = new RingWriter(ring);
  deadlinesNs.forEach((deadlineNs, i) => {
    const at = writer.begin(40);
    writer.bytes.fill(i, at, at + 40);
    writer.commit(deadlineNs, i % 2);
  });
  writer.end();
  const time = new VirtualTime();
  const transport = new RecordingTransport(time);
  const counts = new SendCounts();
  const sender = new Sender(new RingReader(ring), transport, new Waiter(time, time, precision), counts, {
    startNs: START_NS,
    startWallNs: START_WALL_NS,
    stamp: false,
    channels: 2,
    paced: true,
    stopped: () => false,
    ...options,
  });
  return { time, transport, counts, sender };
}

const HOUR_NS = 3600e9;

describe('deadlines', () => {
  test('every packet leaves at its time, never before it, in order', async () => {
    const deadlines = [0, 1e6, 1e6, 1.5e6, 20e6, 500e6, 3e9];
    const { transport, sender, counts } = prepare(deadlines);
    await sender.run();
    expect(transport.sent.map(({ bytes }) => bytes[0])).toEqual([0, 1, 2, 3, 4, 5, 6]);
    transport.sent.forEach(({ atNs }, i) => {
      expect(atNs).toBeGreaterThanOrEqual(deadlines[i]!);
      expect(atNs - deadlines[i]!).toBeLessThan(5e3);
    });
    expect(counts.packets).toBe(7);
  });

  test('after hours of pauses that are all too long a packet is as punctual as the first: nothing adds up', async () => {
    const deadlines = Array.from({ length: 11 }, (_, hour) => hour * HOUR_NS);
    const { transport, sender, time } = prepare(deadlines);
    time.oversleepNs = 60e3;
    await sender.run();
    const late = transport.sent.map(({ atNs }, i) => atNs - deadlines[i]!);
    expect(Math.max(...late)).toBeLessThan(5e3);
  });

  test('a sleep that is too long by less than the margin of the precision is made up for', async () => {
    const deadlines = Array.from({ length: 50 }, (_, i) => i * 4e6);
    const lateness = async (precision: Precision, oversleepNs: number) => {
      const { transport, sender, time } = prepare(deadlines, { precision });
      time.oversleepNs = oversleepNs;
      await sender.run();
      return Math.max(...transport.sent.map(({ atNs }, i) => atNs - deadlines[i]!));
    };
    expect(await lateness('fine', 200e3)).toBeLessThan(5e3);
    expect(await lateness('spin', 2e6)).toBeLessThan(5e3);
    expect(await lateness('coarse', 200e3)).toBeGreaterThan(190e3);
  });

  test('a step of the wall clock in the middle of a run moves nothing', async () => {
    const deadlines = Array.from({ length: 20 }, (_, i) => i * 1e9);
    const { transport, sender, time } = prepare(deadlines, { stamp: true });
    time.onPause = (now) => {
      if (now > START_NS + 5e9) time.wallOffsetNs = 0n;
    };
    await sender.run();
    transport.sent.forEach(({ atNs, bytes }, i) => {
      expect(atNs - deadlines[i]!).toBeLessThan(5e3);
      expect(readStamp(bytes, 0, bytes.length)?.plannedNs).toBe(START_WALL_NS + BigInt(deadlines[i]!));
    });
  });

  test('what could not be sent in time is sent at once, and later packets are punctual again', async () => {
    const deadlines = [0, 1e6, 2e6, 3e6, 1e9];
    const { transport, sender, time, counts } = prepare(deadlines);
    let stalled = false;
    transport.answer = (batch) => {
      if (!stalled) time.pass(50e6);
      stalled = true;
      return batch.remaining;
    };
    await sender.run();
    expect(transport.sent[3]!.atNs).toBeLessThan(51e6);
    expect(transport.sent[4]!.atNs - 1e9).toBeLessThan(5e3);
    expect(counts.lateness.histogram().maxValue).toBeGreaterThan(49e6);
  });
});

describe('the account', () => {
  test('a packet that fails is counted with its reason, and the next one goes', async () => {
    const { transport, sender, counts } = prepare([0, 0, 0, 0]);
    let calls = 0;
    transport.answer = (batch) => (++calls === 2 ? SEND.failed : calls === 1 ? 1 : batch.remaining);
    await sender.run();
    expect(counts.packets).toBe(3);
    expect(counts.failed).toBe(1);
    expect([...counts.failures]).toEqual([['EMSGSIZE', 1]]);
    expect(transport.sent.map(({ bytes }) => bytes[0])).toEqual([0, 2, 3]);
  });

  test('while a transport takes nothing, the time counts as blocked; nothing is lost', async () => {
    const { transport, sender, counts } = prepare([0, 1, 2]);
    transport.answer = (batch) => (transport.waits < 4 ? SEND.blocked : batch.remaining);
    await sender.run();
    expect(counts.packets).toBe(3);
    expect(transport.waits).toBe(4);
    expect(counts.blockedNs).toBeGreaterThanOrEqual(20e6);
    expect(counts.starvedNs).toBe(0);
  });

  test('a run that is stopped skips what is left, each packet once', async () => {
    let stop = false;
    const { transport, sender, counts } = prepare(
      Array.from({ length: 300 }, (_, i) => i * 1e6),
      { stopped: () => stop },
    );
    transport.answer = (batch) => {
      stop = transport.sent.length >= 99;
      return batch.remaining;
    };
    await sender.run();
    await sender.skipRest();
    expect(counts.packets).toBe(100);
    expect(counts.skipped).toBe(200);
  });

  test('a transport that is blocked when the run is stopped leaves its batch skipped', async () => {
    let stop = false;
    const { transport, sender, counts } = prepare([0, 0, 0], { stopped: () => stop });
    transport.answer = () => {
      stop = true;
      return SEND.blocked;
    };
    await sender.run();
    await sender.skipRest();
    expect([counts.packets, counts.failed, counts.skipped]).toEqual([0, 0, 3]);
  });

  test('packets that are not made in time count as starved from their deadline on', async () => {
    const ring = createRing(2 ** 16);
    const writer = new RingWriter(ring);
    const time = new VirtualTime();
    const counts = new SendCounts();
    let turns = 0;
    time.onPause = () => {
      if (++turns !== 100) return;
      const at = writer.begin(1);
      writer.bytes[at] = 1;
      writer.commit(1e6, 0);
      writer.end();
    };
    const waiter = new Waiter(time, time, 'spin');
    const transport = new RecordingTransport(time);
    const options = { startNs: 5e9, startWallNs: 0n, stamp: false, channels: 1, paced: true, stopped: () => false };
    await new Sender(new RingReader(ring), transport, waiter, counts, options).run();
    const starvingNs = time.nowNs() - 5e9;
    expect(counts.starvedNs).toBeGreaterThan(starvingNs - 1.2e6);
    expect(counts.starvedNs).toBeLessThan(starvingNs - 0.9e6);
  });
});

test('stamps count each device for itself and say the planned time', async () => {
  const deadlines = [0, 1000, 2000, 4_294_967_296_000];
  const { transport, sender } = prepare(deadlines, { stamp: true });
  await sender.run();
  const stamps = transport.sent.map(({ bytes }) => readStamp(bytes, 0, bytes.length));
  expect(stamps.map((stamp) => [stamp?.device, stamp?.sequence])).toEqual([
    [0, 0],
    [1, 0],
    [0, 1],
    [1, 1],
  ]);
  expect(stamps.map((stamp) => stamp?.plannedNs)).toEqual(deadlines.map((ns) => START_WALL_NS + BigInt(ns)));
});

test('replies are taken now and then, also while packets leave no time', async () => {
  const { transport, sender, time } = prepare(Array.from({ length: 2000 }, () => 0));
  transport.answer = (batch) => {
    time.pass(10e6);
    return Math.min(1, batch.remaining);
  };
  await sender.run();
  // 2000 packets in 20 s: every 100 ms.
  expect(transport.receivedPackets).toBeGreaterThan(150);
  expect(transport.receivedPackets).toBeLessThan(250);
});
