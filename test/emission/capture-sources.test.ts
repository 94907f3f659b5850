import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import type { ByteSource } from '../../src/capture/byte-source.js';
import { captureInput } from '../../src/capture/capture-file.js';
import { createRing, RingWriter } from '../../src/emission/ring.js';
import { Schedule } from '../../src/emission/schedule.js';
import { ScheduledOutput } from '../../src/emission/scheduled-output.js';
import { FramePart } from '../../src/emission/sources/capture-frames.js';
import { CaptureSource } from '../../src/emission/sources/capture-source.js';
import { openSource, type SourceOptions } from '../../src/emission/sources/open-source.js';
import type { SynthErrorCode } from '../../src/errors.js';
import { parseDevice, parseFlow, type Target } from '../../src/series/target.js';
import { ethernet, ipv4, memoryInput, pcap, SECOND, tcp, udp } from '../support/frames.js';
import { expectSynthError, readPackets } from '../support/read.js';
import { planOf } from './planned.js';

const DOORBELL = 'fixtures/doorbell/doorbell.pcap';
const FLOW = parseFlow('UDP 10.77.0.17:40004 10.77.0.1:5004');
const ALL = { target: undefined, directions: 'both' } as const;

const BOTH: SourceOptions = { transport: 'frames', ipVersion: 4, directions: 'both' };
const sourceOf = async (target: Target | undefined, options: Partial<SourceOptions>, path = DOORBELL) =>
  (await openSource({ kind: 'captures', inputs: [captureInput(path)], target }, { ...BOTH, ...options })).source;

const ip = (transport: Uint8Array, protocol = 17) => ethernet(0x0800, ipv4(transport, { protocol }));
const frameOf = (mark: number) => ip(udp(40_000, 9, [mark]));
const pipeOf = (source: ByteSource): ByteSource => ({ ...source, size: undefined });

async function expectError(action: Promise<unknown>, code: SynthErrorCode, message: string): Promise<void> {
  expect((await expectSynthError(action, code)).message).toContain(message);
}

async function doorbell() {
  const { packets } = await readPackets(captureInput(DOORBELL));
  const firstNs = packets[0]!.timeNs;
  return packets.map((packet) => ({ ...packet, offsetNs: Number(packet.timeNs - firstNs) }));
}

describe('frames', () => {
  test('of a capture are planned byte by byte at their own times', async () => {
    const packets = await doorbell();
    const plan = await planOf(await sourceOf(undefined, {}));
    expect(plan.packets.map(({ bytes }) => bytes)).toEqual(packets.map(({ frame }) => frame));
    expect(plan.packets.map(({ dueNs }) => dueNs)).toEqual(packets.map(({ offsetNs }) => offsetNs));
    expect(plan.output.packets).toBe(packets.length);
    expect(plan.output.longestBytes).toBe(Math.max(...packets.map(({ frame }) => frame.length / 2)));
  });

  test('that find no room in the ring are as many, in the same order', async () => {
    const packets = await doorbell();
    const { output, packets: planned } = await planOf(await sourceOf(undefined, {}), { ringBytes: 2 ** 16 });
    expect(planned.map(({ bytes }) => bytes)).toEqual(packets.map(({ frame }) => frame));
    expect(output.plannedBytes).toBe(packets.reduce((sum, { frame }) => sum + frame.length / 2, 0));
  });

  test('of several captures are merged by time', async () => {
    const frames = (times: bigint[], mark: number) => pcap(times.map((timeNs) => ({ timeNs, bytes: frameOf(mark) })));
    const inputs = [memoryInput(frames([SECOND, 3n * SECOND], 1)), memoryInput(frames([2n * SECOND, 4n * SECOND], 2))];
    const { packets } = await planOf(new CaptureSource(inputs, new FramePart(), ALL));
    expect(packets.map(({ bytes, dueNs }) => [bytes.slice(-2), dueNs])).toEqual([
      ['01', 0],
      ['02', 1e9],
      ['01', 2e9],
      ['02', 3e9],
    ]);
  });

  test('of a target in one direction keep the times that they have among all of its packets', async () => {
    const device = '02:00:00:00:00:17';
    const packets = (await doorbell()).filter(({ macs, skip }) => skip === 'decoded' && macs.includes(device));
    for (const directions of ['out', 'in'] as const) {
      const source = await sourceOf(parseDevice(device), { directions });
      const { packets: planned } = await planOf(source);
      const wanted = packets.filter(({ macs }) => (macs[0] === device) === (directions === 'out'));
      expect(planned.map(({ bytes }) => bytes)).toEqual(wanted.map(({ frame }) => frame));
      expect(planned.map(({ dueNs }) => dueNs)).toEqual(wanted.map(({ offsetNs }) => offsetNs - packets[0]!.offsetNs));
      expect(source.counts.otherDirection).toBe(packets.length - wanted.length);
    }
  });

  test('that were cut are sent as far as they go, and counted', async () => {
    const input = memoryInput(pcap([{ timeNs: SECOND, bytes: frameOf(7), wireLength: 1000 }]));
    const source = new CaptureSource([input], new FramePart(), ALL);
    const { packets } = await planOf(source);
    expect(packets[0]!.bytes).toBe(Buffer.from(frameOf(7)).toString('hex'));
    expect(source.counts.cut).toBe(1);
  });

  test('of another link type are refused, with what can be done', async () => {
    const raw = memoryInput(pcap([{ timeNs: SECOND, bytes: ipv4(udp(1, 2, [3])) }], { linkType: 101 }));
    const planned = planOf(new CaptureSource([raw], new FramePart(), ALL));
    await expectError(planned, 'SYNTH_CAPTURE_LINK_TYPE', 'link type 101');
  });

  test('whose times go backwards are due with the one before', async () => {
    const times = [2n, 5n, 3n, 6n].map((second) => ({ timeNs: second * SECOND, bytes: frameOf(1) }));
    const { packets } = await planOf(new CaptureSource([memoryInput(pcap(times))], new FramePart(), ALL));
    expect(packets.map(({ dueNs }) => dueNs)).toEqual([0, 3e9, 3e9, 4e9]);
  });
});

describe('rounds', () => {
  test('are alike, whether the capture is kept or read again', async () => {
    const packets = await doorbell();
    const span = packets.at(-1)!.offsetNs;
    for (const maxKept of [2 ** 26, 0]) {
      const source = new CaptureSource([captureInput(DOORBELL)], new FramePart(), ALL, maxKept);
      const plan = await planOf(source, { rounds: 3, loopDelayNs: 1e9 });
      expect(plan.packets).toHaveLength(packets.length * 3);
      const third = plan.packets.slice(2 * packets.length);
      expect(third.map(({ bytes }) => bytes)).toEqual(packets.map(({ frame }) => frame));
      expect(third.map(({ dueNs }) => dueNs)).toEqual(packets.map(({ offsetNs }) => offsetNs + 2 * (span + 1e9)));
    }
  });

  test('without end are ended by the limit', async () => {
    const packets = await doorbell();
    const limit = packets.length * 5 + 7;
    for (const maxKept of [2 ** 26, 0]) {
      const source = new CaptureSource([captureInput(DOORBELL)], new FramePart(), ALL, maxKept);
      const plan = await planOf(source, { rounds: 0, limit, ringBytes: 2 ** 17 });
      expect(plan.packets).toHaveLength(limit);
    }
  });

  test('of a pipe are for those that are short', async () => {
    const bytes = await readFile(DOORBELL);
    const input = { ...memoryInput(bytes), open: async () => pipeOf(await memoryInput(bytes).open()) };
    const once = await planOf(new CaptureSource([input], new FramePart(), ALL, 0));
    const twice = await planOf(new CaptureSource([input], new FramePart(), ALL), { rounds: 2 });
    expect(twice.packets).toHaveLength(2 * once.packets.length);
    const long = planOf(new CaptureSource([input], new FramePart(), ALL, 1000), { rounds: 2 });
    await expectError(long, 'SYNTH_USAGE', 'a pipe');
  });
});

describe('IP packets', () => {
  test('are without link header and padding, and frames without one are counted', async () => {
    const packets = await doorbell();
    const source = await sourceOf(undefined, { transport: 'raw' });
    const { packets: planned } = await planOf(source);
    const wanted = packets.filter(({ skip }) => skip === 'decoded');
    expect(planned.map(({ bytes }) => bytes)).toEqual(
      wanted.map(({ frame, sizeBytes }) => frame.slice(28, 28 + 2 * sizeBytes)),
    );
    expect(source.counts.withoutIp).toBe(packets.length - wanted.length);
  });
});

describe('payloads', () => {
  test('of a flow are what it carries, in the direction that is asked for', async () => {
    const packets = (await doorbell()).filter(({ ports }) => ports.includes(40_004) && ports.includes(5004));
    const source = await sourceOf(FLOW, { transport: 'udp', directions: 'out' });
    const { packets: planned } = await planOf(source);
    const wanted = packets.filter(({ ports }) => ports[0] === 40_004);
    expect(wanted.length).toBeGreaterThan(0);
    // Behind 14 bytes of Ethernet, 20 of IPv4 and 8 of UDP; the capture holds only the beginnings of packets.
    expect(planned.map(({ bytes }) => bytes)).toEqual(
      wanted.map(({ frame, payloadLength }) => frame.slice(84, 84 + 2 * payloadLength).padEnd(2 * payloadLength, '0')),
    );
    expect(source.counts.otherDirection).toBe(packets.length - wanted.length);
  });

  test('are those of the busiest device where none is named', async () => {
    const input = { kind: 'captures', inputs: [captureInput(DOORBELL)], target: undefined } as const;
    const opened = await openSource(input, { ...BOTH, transport: 'tcp', directions: 'in' });
    expect(opened.busiestTaken).toBe(true);
    expect(opened.target?.kind).toBe('device');
    const { output } = await planOf(opened.source);
    expect(output.packets).toBeGreaterThan(0);
    expect(opened.source.counts.leftToStack).toBeGreaterThan(0);
  });

  test('that were cut are padded with zeros', async () => {
    const frame = ip(udp(40_000, 9, [1, 2, 3, 4, 5, 6]));
    const cut = frame.subarray(0, frame.length - 4);
    const input = memoryInput(pcap([{ timeNs: SECOND, bytes: cut, wireLength: frame.length }]));
    const { source } = await openSource(
      { kind: 'captures', inputs: [input], target: undefined },
      { ...BOTH, transport: 'udp', directions: 'out' },
    );
    const { packets } = await planOf(source);
    expect(packets.map(({ bytes }) => bytes)).toEqual(['010200000000']);
    expect(source.counts.cut).toBe(1);
  });

  test('of fragments are parts of one, wherever they stand, and wait for whose they are', async () => {
    const datagram = udp(40_000, 9, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
    const fragment = (from: number, to: number, moreFragments: boolean) =>
      ethernet(0x0800, ipv4(datagram.subarray(from, to), { fragmentOffset: from / 8, moreFragments }));
    const frames = [fragment(16, 19, false), fragment(0, 16, true), ip(udp(40_000, 9, [12]))];
    const input = memoryInput(pcap(frames.map((bytes) => ({ timeNs: SECOND, bytes }))));
    const target = parseFlow('UDP 192.0.2.1:40000 198.51.100.2:9');
    const { source } = await openSource({ kind: 'captures', inputs: [input], target }, { ...BOTH, transport: 'udp' });
    const { packets } = await planOf(source);
    expect(packets.map(({ bytes }) => bytes)).toEqual(['090a0b', '0102030405060708', '0c']);
  });

  test('that are empty are datagrams where they were, and else left to the stack', async () => {
    const frames = [ip(udp(40_000, 9)), ip(tcp(40_000, 9), 6)];
    const input = memoryInput(pcap(frames.map((bytes) => ({ timeNs: SECOND, bytes }))));
    const datagrams = await openSource(
      { kind: 'captures', inputs: [input], target: undefined },
      { ...BOTH, transport: 'udp' },
    );
    const { packets } = await planOf(datagrams.source);
    expect(packets.map(({ bytes }) => bytes)).toEqual(['']);
    expect(datagrams.source.counts.leftToStack).toBe(1);
    const stream = await openSource(
      { kind: 'captures', inputs: [input], target: undefined },
      { ...BOTH, transport: 'tcp' },
    );
    await expectError(planOf(stream.source), 'SYNTH_NOTHING_TO_SEND', '2 packets carry nothing');
  });
});

describe('a source', () => {
  test('says why there is nothing to send', async () => {
    const frame = ip(udp(40_000, 9, [1]));
    const input = memoryInput(pcap([{ timeNs: SECOND, bytes: frame }]));
    const target = parseDevice('192.0.2.99');
    const none = planOf(new CaptureSource([input], new FramePart(), { target, directions: 'both' }));
    await expectError(none, 'SYNTH_TARGET_NOT_FOUND', '192.0.2.99');
    const source = await openSource(
      { kind: 'captures', inputs: [input], target: undefined },
      { ...BOTH, directions: 'in' },
    );
    await expectError(planOf(source.source), 'SYNTH_NOTHING_TO_SEND', '1 packets go the other way');
    const limited = planOf(new CaptureSource([input], new FramePart(), ALL), { limit: 0 });
    await expectError(limited, 'SYNTH_NOTHING_TO_SEND', 'limits of the run');
  });

  test('stops when it is interrupted, and when nobody takes its packets', async () => {
    const controller = new AbortController();
    const endless = () => new CaptureSource([captureInput(DOORBELL)], new FramePart(), ALL);
    const interrupted = planOf(endless(), {
      rounds: 0,
      signal: controller.signal,
      onPacket: (taken) => taken === 5000 && controller.abort(),
    });
    await expectError(interrupted, 'SYNTH_INTERRUPTED', 'interrupted');
    let closed = false;
    const { output } = await planOf(endless(), {
      rounds: 0,
      isClosed: () => closed,
      onPacket: (taken) => {
        closed ||= taken === 5000;
      },
    });
    expect(output.closed).toBe(true);
  });

  test('leaves a ring alone that has no room when the plan ends', async () => {
    const memory = createRing(2 ** 16);
    const writer = new RingWriter(memory);
    while (writer.hasRoom(14)) {
      writer.begin(14);
      writer.commit(0, 0);
    }
    const before = Buffer.from(new Uint8Array(memory.data)).toString('hex');
    const infinite = Number.POSITIVE_INFINITY;
    const schedule = new Schedule({
      pacing: { kind: 'topspeed' },
      maxGapNs: infinite,
      rounds: 1,
      loopDelayNs: 0,
      limit: infinite,
      durationNs: infinite,
      maxPps: infinite,
    });
    const output = new ScheduledOutput(writer, schedule, { isClosed: () => true });
    await new CaptureSource([captureInput(DOORBELL)], new FramePart(), ALL).produce(output);
    expect(output.packets).toBe(0);
    expect(Buffer.from(new Uint8Array(memory.data)).toString('hex')).toBe(before);
  });
});
