import { describe, expect, test } from 'vitest';
import { streamTarget } from '../../src/series/extract.js';
import { surveyCaptures } from '../../src/series/survey.js';
import { ethernet, type Frame, filler, ipv4, memoryInput, pcap, SECOND, tcp, udp } from '../support/frames.js';

const A = { ip: '192.0.2.1', mac: '02:00:00:00:00:0a' };
const B = { ip: '192.0.2.2', mac: '02:00:00:00:00:0b' };
const GROUP = { ip: '224.0.0.251', mac: '01:00:5e:00:00:fb' };

const send = (from: typeof A, to: typeof A, payload: Uint8Array, protocol = 17) =>
  ethernet(0x0800, ipv4(payload, { source: from.ip, destination: to.ip, protocol }), from.mac, to.mac);

const FRAMES: readonly Frame[] = [
  send(B, A, udp(53, 1000, filler(2))), // B begins, so it is the first end of the flow
  send(A, B, udp(1000, 53, filler(4))),
  send(B, A, udp(53, 1000, filler(6))),
  send(A, GROUP, udp(5353, 5353, filler(10))),
  send(A, B, tcp(7, 8), 6),
  ethernet(0x0806, filler(28)),
].map((bytes, i) => ({ timeNs: BigInt(10 + i) * SECOND, bytes }));

describe('a survey', () => {
  test('counts packets, bytes and directions of every device and flow', async () => {
    const survey = await surveyCaptures([memoryInput(pcap(FRAMES), 20)]);
    expect(
      survey.flows.map(({ id, packets, outboundPackets, inboundPackets }) => [
        id,
        packets,
        outboundPackets,
        inboundPackets,
      ]),
    ).toEqual([
      ['UDP 192.0.2.2:53 192.0.2.1:1000', 3, 2, 1],
      ['UDP 192.0.2.1:5353 224.0.0.251:5353', 1, 1, 0],
      ['TCP 192.0.2.1:7 192.0.2.2:8', 1, 1, 0],
    ]);
    // IP and UDP headers are 28 bytes, IP and TCP headers 40.
    expect(survey.flows.map(({ bytes, outboundBytes, inboundBytes }) => [bytes, outboundBytes, inboundBytes])).toEqual([
      [3 * 28 + 12, 2 * 28 + 8, 28 + 4],
      [38, 38, 0],
      [40, 40, 0],
    ]);
    expect(
      survey.devices.map(({ id, outboundPackets, inboundPackets, flowsOpened }) => [
        id,
        outboundPackets,
        inboundPackets,
        flowsOpened,
      ]),
    ).toEqual([
      [A.mac, 3, 2, 2],
      [A.ip, 3, 2, 2],
      [B.mac, 2, 2, 1],
      [B.ip, 2, 2, 1],
    ]); // the group is no device
    expect(survey.protocols).toEqual([
      { protocol: 'UDP', packets: 4 },
      { protocol: 'TCP', packets: 1 },
    ]);
    expect(survey).toMatchObject({ ipBytes: 96 + 38 + 40, firstSeconds: 10, spanSeconds: 4 });
    expect(survey.devices[0]).toMatchObject({ share: 1, firstSeconds: 10, spanSeconds: 4 });
    expect(survey.report).toMatchObject({ packets: 6, ipPackets: 5, skipped: [{ reason: 'ARP', packets: 1 }] });
  });

  test('puts first, of two devices that talk with each other only, the one that sent first', async () => {
    for (const [first, second] of [
      [A, B],
      [B, A],
    ] as const) {
      const frames = [send(first, second, udp(9, 7)), send(second, first, udp(7, 9))];
      const capture = pcap(frames.map((bytes, i) => ({ timeNs: BigInt(i) * SECOND, bytes })));
      const { devices } = await surveyCaptures([memoryInput(capture)]);
      expect(devices.map(({ id, packets }) => [id, packets])).toEqual([
        [first.mac, 2],
        [first.ip, 2],
        [second.mac, 2],
        [second.ip, 2],
      ]);
    }
  });

  test('tells spans to the nanosecond', async () => {
    // As a difference of seconds since 1970, which a double has to 2.4e-7 s, it would be 8.692672967910767.
    const times = [1_700_000_000_407_326_913n, 1_700_000_009_100_000_000n];
    const survey = await surveyCaptures([
      memoryInput(
        pcap(
          times.map((timeNs) => ({ timeNs, bytes: send(A, B, udp(1, 2)) })),
          { kind: 'nano' },
        ),
      ),
    ]);
    expect(survey.spanSeconds).toBe(8.692673087);
    expect(survey.devices[0]!.spanSeconds).toBe(8.692673087);
    expect(survey.flows[0]!.spanSeconds).toBe(8.692673087);
    expect(survey.firstSeconds).toBeCloseTo(1_700_000_000.407327, 6);
  });

  test('agrees with what extracting each of its entries yields', async () => {
    const survey = await surveyCaptures([memoryInput(pcap(FRAMES))]);
    for (const { target, outboundPackets, inboundPackets, outboundBytes } of [...survey.devices, ...survey.flows]) {
      const seen = { out: 0, in: 0, bytes: 0 };
      await streamTarget([memoryInput(pcap(FRAMES))], target, ({ packet, outbound }) => {
        seen[outbound ? 'out' : 'in']++;
        if (outbound) seen.bytes += packet.sizeBytes;
      });
      expect(seen).toEqual({ out: outboundPackets, in: inboundPackets, bytes: outboundBytes });
    }
  });

  test('tells apart more flows than it has room for at first', async () => {
    const frames = Array.from({ length: 1000 }, (_, i) => ({
      timeNs: BigInt(i) * 1000n,
      bytes: send(A, B, udp(i, 53)),
    }));
    const survey = await surveyCaptures([memoryInput(pcap(frames))]);
    expect(survey.flows).toHaveLength(1000);
    expect(survey.flows.every(({ packets, bytes }) => packets === 1 && bytes === 28)).toBe(true);
    expect(survey.overflow).toEqual({ devicePackets: 0, flowPackets: 0 });
  });
});
