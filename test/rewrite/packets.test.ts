import { existsSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { captureInput } from '../../src/capture/capture-file.js';
import { Packet } from '../../src/capture/packet.js';
import { parseShift, parseTimeBound } from '../../src/cli/parse.js';
import { parseSpeed, SAME_TIMES, TimeChange } from '../../src/rewrite/time-change.js';
import { parseFlow } from '../../src/series/target.js';
import fc from '../support/fast-check.js';
import {
  ethernet,
  filler,
  ipv4,
  join,
  Pcapng,
  pcap,
  pcapRecord,
  SECOND,
  sampleFrames,
  udp,
} from '../support/frames.js';
import { expectSynthError, readPackets, warningOf } from '../support/read.js';
import { hex, rewriteBytes, rewriteFile, temporaryFolder } from './rewriting.js';

const file = temporaryFolder();
const capture = pcap(sampleFrames(10), { kind: 'nano' });
const first = 1_700_000_000n * SECOND;
const step = 10_001_001_001n;

const at = (seconds: number, nanoseconds: number) => Object.assign(new Packet(), { seconds, nanoseconds });

describe('times', () => {
  const timesOf = async (time: object) =>
    (await rewriteBytes(file, capture, { time })).packets.map((one) => one.timeNs);

  test('are kept to the nanosecond', async () => {
    expect(await timesOf({})).toEqual(Array.from({ length: 10 }, (_, i) => first + BigInt(i) * step));
  });

  test('are shifted', async () => {
    expect((await timesOf({ shiftNs: -30_000_000_001n }))[1]).toBe(first + step - 30_000_000_001n);
    expect((await timesOf({ shiftNs: 2n * 3600n * SECOND + 5n }))[9]).toBe(first + 9n * step + 7200n * SECOND + 5n);
  });

  test('begin where they are told to, at another speed', async () => {
    const times = await timesOf({ startNs: 5n * SECOND + 7n, speed: parseSpeed('2') });
    expect(times).toEqual(Array.from({ length: 10 }, (_, i) => 5n * SECOND + 7n + (BigInt(i) * step) / 2n));
  });

  test('before 1970 cannot be said', async () => {
    const error = await expectSynthError(timesOf({ shiftNs: -first - SECOND }), 'SYNTH_USAGE');
    expect(error.message).toContain('1970');
  });

  test('at any speed are what the quotient of integers is, rounded down', () => {
    const speed = fc.record({
      numerator: fc.integer({ min: 1, max: 2 ** 20 }),
      denominator: fc.integer({ min: 1, max: 10 ** 6 }),
    });
    const moment = fc.tuple(fc.nat({ max: 2 ** 31 - 1 }), fc.nat({ max: 999_999_999 }));
    fc.assert(
      fc.property(
        speed,
        moment,
        fc.nat({ max: 2 ** 30 }),
        fc.nat({ max: 999_999_999 }),
        (speed, [s, ns], gap, gapNs) => {
          const change = new TimeChange({ ...SAME_TIMES, speed });
          change.apply(at(s, ns));
          expect([change.seconds, change.nanoseconds]).toEqual([s, ns]);
          const start = BigInt(s) * SECOND + BigInt(ns);
          const difference = BigInt(s + gap) * SECOND + BigInt(gapNs) - start;
          const scaled = difference * BigInt(speed.denominator);
          const divisor = BigInt(speed.numerator);
          const floor = scaled / divisor - (scaled < 0n && scaled % divisor !== 0n ? 1n : 0n);
          if (start + floor < 0n) {
            expect(() => change.apply(at(s + gap, gapNs))).toThrow('before 1970');
            return;
          }
          change.apply(at(s + gap, gapNs));
          expect(BigInt(change.seconds) * SECOND + BigInt(change.nanoseconds)).toBe(start + floor);
        },
      ),
    );
  });

  // A counterexample of the property above, which once expected a time.
  test('at half the speed, 1 ns before the first packet at 1 ns, are before 1970', async () => {
    const change = new TimeChange({ ...SAME_TIMES, speed: parseSpeed('0.5') });
    change.apply(at(0, 1));
    await expectSynthError(() => change.apply(at(0, 0)), 'SYNTH_USAGE');
    // Twice the gap of 1 ns before 2 ns is the first moment that a capture can say.
    const possible = new TimeChange({ ...SAME_TIMES, speed: parseSpeed('0.5') });
    possible.apply(at(0, 2));
    possible.apply(at(0, 1));
    expect([possible.seconds, possible.nanoseconds]).toEqual([0, 0]);
  });

  test.each(['0', '', '-1', '1e3', '1.0000001', '12345678', 'fast'])('%s is no speed', async (text) => {
    await expectSynthError(() => parseSpeed(text), 'SYNTH_USAGE');
  });

  test('shifts and bounds are written as durations and times', () => {
    expect(['2h', '-30s', '+1ms', '0s', '-1m30.5s', '400d'].map(parseShift)).toEqual([
      7200n * SECOND,
      -30n * SECOND,
      1_000_000n,
      0n,
      -90_500_000_000n,
      400n * 86_400n * SECOND,
    ]);
    expect(parseTimeBound('10s')).toEqual({ ns: 10n * SECOND, sinceFirst: true });
    expect(parseTimeBound('1700000000.5')).toEqual({ ns: first + SECOND / 2n, sinceFirst: false });
    expect(parseTimeBound('2023-11-14T22:13:20Z')).toEqual({ ns: first, sinceFirst: false });
  });

  test.each(['', '5', '-', 's', '5 s', '1h-5m'])('“%s” is no shift', async (text) => {
    await expectSynthError(() => parseShift(text), 'SYNTH_USAGE');
  });
});

describe('packets are chosen', () => {
  const indicesOf = async (range: object, bytes = capture) =>
    (await rewriteBytes(file, bytes, { range })).packets.map(({ timeNs }) => Number((timeNs - first) / step));

  test('from a time since the first on, and before another', async () => {
    const after = { ns: 2n * step, sinceFirst: true };
    const before = { ns: 5n * step, sinceFirst: true };
    expect(await indicesOf({ after, before })).toEqual([2, 3, 4]);
  });

  test('from a time of day on', async () => {
    expect(await indicesOf({ after: { ns: first + 7n * step + 1n, sinceFirst: false } })).toEqual([8, 9]);
  });

  test('by number, after those that are skipped', async () => {
    expect(await indicesOf({ skip: 3, packets: 2 })).toEqual([3, 4]);
  });

  test('and the reading ends when there are enough', async () => {
    // Many times what is read at a time.
    const long = Buffer.concat([capture, ...Array.from({ length: 10_000 }, () => capture.subarray(24))]);
    const { result } = await rewriteBytes(file, long, { range: { packets: 5 } });
    expect(result.packets).toBe(5);
    expect(result.report.packets).toBeLessThan(50_000);
  });

  test('and none that is left is an error, which leaves no file', async () => {
    writeFileSync(file('all.pcap'), capture);
    const none = rewriteFile(file('all.pcap'), file('none.pcap'), { range: { skip: 10 } });
    await expectSynthError(none, 'SYNTH_CAPTURE_EMPTY');
    expect(existsSync(file('none.pcap'))).toBe(false);
  });

  test('by flow, with its fragments, also those that come before the first one', async () => {
    const datagram = udp(1000, 53, filler(40));
    const last = ethernet(0x800, ipv4(datagram.subarray(16), { fragmentOffset: 2 }));
    const head = ethernet(0x800, ipv4(datagram.subarray(0, 16), { moreFragments: true }));
    const other = ethernet(0x800, ipv4(udp(7, 9)));
    const whole = ethernet(0x800, ipv4(udp(1000, 53)));
    const frames = [last, other, whole, head].map((bytes, i) => ({ timeNs: BigInt(i) * SECOND, bytes }));
    const target = parseFlow('UDP 192.0.2.1:1000 198.51.100.2:53');
    const { packets } = await rewriteBytes(file, pcap(frames), { target });
    expect(packets.map((one) => one.frame)).toEqual([last, whole, head].map(hex));
    expect(packets.map((one) => one.timeNs)).toEqual([0n, 2n * SECOND, 3n * SECOND]);
  });

  test('and a flow that is not there is an error', async () => {
    const target = parseFlow('UDP 192.0.2.9:1000 198.51.100.2:53');
    await expectSynthError(rewriteBytes(file, capture, { target }), 'SYNTH_TARGET_NOT_FOUND');
  });
});

describe('a capture in another format', () => {
  test.each(['pcap', 'nsecpcap', 'pcapng'] as const)('%s has the same frames', async (format) => {
    const { packets, result } = await rewriteBytes(file, capture, { format });
    const frames = sampleFrames(10);
    expect(packets.map((one) => one.frame)).toEqual(frames.map(({ bytes }) => hex(bytes)));
    expect(packets.map((one) => one.wireLength)).toEqual(frames.map(({ wireLength }) => wireLength));
    const resolution = format === 'pcap' ? 1000n : 1n;
    expect(packets.map((one) => one.timeNs)).toEqual(frames.map(({ timeNs }) => timeNs - (timeNs % resolution)));
    expect(result.timesCut).toBe(format === 'pcap' ? 9 : 0);
  });

  const ng = new Pcapng();
  const [one, two] = sampleFrames(2);
  const raw = two!.bytes.subarray(14);
  const mixed = join(
    ng.section(),
    ng.interface({ linkType: 1 }),
    ng.interface({ linkType: 101 }),
    ng.enhancedPacket(1_000_000n, one!.bytes, 0),
    ng.enhancedPacket(2_000_000n, raw, 1),
    ng.enhancedPacket(3_000_000n, one!.bytes, 0),
  );

  test('has an interface for each link type in pcapng', async () => {
    const { packets } = await rewriteBytes(file, mixed, { format: 'pcapng' });
    expect(packets.map(({ linkType, frame }) => [linkType, frame])).toEqual([
      [1, hex(one!.bytes)],
      [101, hex(raw)],
      [1, hex(one!.bytes)],
    ]);
  });

  test('cannot have two link types in pcap', async () => {
    const { hint } = await expectSynthError(rewriteBytes(file, mixed, { format: 'pcap' }), 'SYNTH_USAGE');
    expect(hint).toContain('pcapng');
  });

  test('leaves out frames of an interface that is not described, and counts them', async () => {
    const unknown = join(mixed, ng.enhancedPacket(4_000_000n, raw, 7));
    const { packets, result } = await rewriteBytes(file, unknown, { format: 'pcapng' });
    expect([packets.length, result.unknownFrames]).toEqual([3, 1]);
  });
});

test('the packets before a damage are written, and the damage is told', async () => {
  const cut = join(capture, pcapRecord(sampleFrames(1)[0]!).subarray(0, 20));
  const { packets, result } = await rewriteBytes(file, cut);
  expect(packets).toHaveLength(10);
  expect(warningOf(result.report, 'SYNTH_CAPTURE_TRUNCATED')).toBeDefined();
});

test('several captures are merged by time', async () => {
  const frames = sampleFrames(10);
  writeFileSync(
    file('even'),
    pcap(
      frames.filter((_, i) => i % 2 === 0),
      { kind: 'nano' },
    ),
  );
  writeFileSync(
    file('odd'),
    pcap(
      frames.filter((_, i) => i % 2 === 1),
      { kind: 'nano' },
    ),
  );
  await rewriteFile([file('odd'), file('even')], file('merged'));
  const { packets } = await readPackets(captureInput(file('merged')));
  expect(packets.map((one) => one.frame)).toEqual(frames.map(({ bytes }) => hex(bytes)));
});

test('the input is never written over', async () => {
  writeFileSync(file('same.pcap'), capture);
  await expectSynthError(rewriteFile(file('same.pcap'), file('same.pcap')), 'SYNTH_OUTPUT_EXISTS');
});

test('more packets than a buffer holds, with larger records than those that were read', async () => {
  const frames = sampleFrames(5, 1000n);
  const record = pcapRecord(frames[0]!);
  const bytes = Buffer.concat([pcap(frames), ...Array.from({ length: 40_000 }, () => record)]);
  const { result, packets } = await rewriteBytes(file, bytes, { format: 'pcapng' });
  expect([result.packets, packets.length]).toEqual([40_005, 40_005]);
});
