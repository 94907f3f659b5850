import { describe, expect, test } from 'vitest';
import { CaptureWriter } from '../../src/capture/capture-writer.js';
import { Likelihoods } from '../../src/conversations/likelihoods.js';
import { LINK_TYPE } from '../../src/net/link-type.js';
import type { PacketBlock } from '../../src/packets/packet-series.js';
import type { PacketWriter } from '../../src/packets/packet-writer.js';
import { randomStream } from '../../src/random.js';
import { ChannelFactory } from '../../src/synthesis/channel-factory.js';
import { deviceAddresses } from '../../src/synthesis/device-addresses.js';
import { DeviceTraffic } from '../../src/synthesis/device-traffic.js';
import { FramePlanner } from '../../src/synthesis/frame-planner.js';
import { FrameWriter } from '../../src/synthesis/frame-writer.js';
import { identityOf } from '../../src/synthesis/identity.js';
import { createPayloadSource } from '../../src/synthesis/payload/payload-source.js';
import { writeDevices, writePackets } from '../../src/synthesis/write-packets.js';
import { inBlocks, learnedOf } from '../conversations/assigned.js';
import { household } from '../conversations/talks.js';
import { blockOf, type Row } from '../models/blocks.js';
import { memoryInput } from '../support/frames.js';
import { expectSynthError, readPackets } from '../support/read.js';
import { MemoryOutput, profileOf, START_NS } from './captures.js';

const SERIES = household(20);
const LEARNED = learnedOf([SERIES]);
const IDENTITY = identityOf({ ...profileOf(4, 6), kind: 'device' }, {});

/** The frames of devices, each with its own packets. */
async function captureOf(blocks: readonly PacketBlock[], signal?: AbortSignal) {
  const payload = createPayloadSource('zeros', randomStream('1', 'payload'));
  const random = randomStream('1', 'headers');
  const channels = { payload, random, strictSizes: true };
  const planner = new FramePlanner({ mtu: Number.POSITIVE_INFINITY, oversize: 'error' });
  const likelihoods = new Likelihoods(LEARNED.counts);
  const devices = blocks.map((block, index) => {
    const factory = new ChannelFactory(channels, LEARNED, deviceAddresses(LEARNED, IDENTITY, index));
    const random = randomStream('1', `device-${index}`);
    return new DeviceTraffic([block], { conversations: LEARNED, likelihoods, factory, random, isSingle: false });
  });
  const output = new MemoryOutput();
  const capture = new CaptureWriter(
    output,
    { format: 'nsecpcap', linkType: LINK_TYPE.ethernet, application: '', comment: '' },
    payload.preamble,
  );
  const told: number[] = [];
  const written = await writeDevices(devices, new FrameWriter(capture, planner, payload.preamble), {
    startNs: START_NS,
    signal,
    onProgress: (packets) => told.push(packets),
  });
  const { packets } = await readPackets(memoryInput(output.content));
  return { written, packets, told, devices };
}

const shifted = (block: PacketBlock, byNs: number): PacketBlock => ({
  ...block,
  offsetsNs: block.offsetsNs.map((offset) => offset + byNs),
});

describe('devices', () => {
  test('are written in the order of time, at equal times the first one first', async () => {
    const { packets, written, devices } = await captureOf([SERIES, shifted(SERIES, 1000), SERIES]);
    expect(packets.length).toBe(3 * SERIES.length);
    for (const [i, offsetNs] of SERIES.offsetsNs.entries()) {
      const times = packets.slice(3 * i, 3 * i + 3).map(({ timeNs }) => Number(timeNs - START_NS));
      expect([i, ...times]).toEqual([i, offsetNs, offsetNs, offsetNs + 1000]);
      const macs = packets.slice(3 * i, 3 * i + 3).map(({ macs }) => macs![SERIES.outbound[i] === 1 ? 0 : 1]);
      expect(macs).toEqual(['00:00:5e:00:53:01', '02:00:5e:00:53:02', '02:00:5e:00:53:01']);
    }
    expect(written.packets).toBe(3 * SERIES.length);
    for (const device of devices) expect(device.conversations).toBeGreaterThan(20);
  });

  test('that have nothing to say are left out', async () => {
    const { packets, written } = await captureOf([blockOf([]), blockOf([[5, 100, 1]]), blockOf([])]);
    expect(packets.map(({ macs }) => macs![0])).toEqual(['02:00:5e:00:53:01']);
    expect(written).toEqual({ packets: 1, outboundPackets: 1, bytes: 100, spanNs: 5 });
  });

  test('are counted: packets, those that go out, bytes and time', async () => {
    const rows: Row[] = [
      [0, 60, 1],
      [10, 1500, 0],
      [30, 52, 1],
    ];
    const { written, told } = await captureOf([blockOf(rows), blockOf(rows)]);
    expect(written).toEqual({ packets: 6, outboundPackets: 4, bytes: 2 * 1612, spanNs: 30 });
    // Of each device, so that it ends with the limit.
    expect(told).toEqual([0]);
  });

  test('stop when they are interrupted', async () => {
    const controller = new AbortController();
    controller.abort();
    await expectSynthError(captureOf([SERIES], controller.signal), 'SYNTH_INTERRUPTED');
  });
});

describe('packets without conversations', () => {
  class Rows implements PacketWriter {
    readonly rows: (readonly [number, number, number, number])[] = [];
    flushed = 0;
    #room = 10;
    readonly calls: string[] = [];

    async begin(): Promise<void> {
      this.calls.push('begin');
    }

    hasRoom(): boolean {
      return this.#room > 0;
    }

    write(seconds: number, nanoseconds: number, sizeBytes: number, outbound: number): void {
      this.#room--;
      this.rows.push([seconds, nanoseconds, sizeBytes, outbound]);
    }

    async flush(): Promise<void> {
      this.flushed++;
      this.#room = 10;
    }

    async end(): Promise<void> {
      this.calls.push('end');
    }
  }

  test('are written in blocks of any lengths, with times that carry over into the next second', async () => {
    const rows = Array.from({ length: 95 }, (_, i): Row => [i * 0.4e9 + i, 20 + i, i % 2 === 0 ? 1 : 0]);
    for (const lengths of [[1], [7, 20], [1000]]) {
      const writer = new Rows();
      const written = await writePackets(inBlocks(blockOf(rows), lengths), writer, { startNs: 7_900_000_000n });
      expect(writer.calls).toEqual(['begin', 'end']);
      expect(writer.flushed).toBe(9);
      expect(writer.rows).toEqual(
        rows.map(([offsetNs, size, outbound]) => {
          const timeNs = 7_900_000_000n + BigInt(offsetNs);
          return [Number(timeNs / 1_000_000_000n), Number(timeNs % 1_000_000_000n), size, outbound];
        }),
      );
      expect(written).toEqual({
        packets: 95,
        outboundPackets: 48,
        bytes: 95 * 20 + (94 * 95) / 2,
        spanNs: 94 * 0.4e9 + 94,
      });
    }
  });
});
