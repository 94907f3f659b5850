/** What messages say to each other, and that streams of them can be parsed to their end, read as their RFCs have them. */

import { describe, expect, test } from 'vitest';
import { randomStream } from '../../../src/random.js';
import { createPayloadSource } from '../../../src/synthesis/payload/payload-source.js';
import fc from '../../support/fast-check.js';
import { Payloads, type Turn } from './conversations.js';

const TCP = 6;
const UDP = 17;

/** A source of each seed, for all conversations: to make one takes longer than most of them. */
const sources = Array.from({ length: 8 }, (_, seed) => {
  const source = createPayloadSource('protocol', randomStream(String(seed), 'payload'));
  return { source, payloads: new Payloads(source) };
});
const seeds = fc.nat({ max: sources.length - 1 });

function conversation(protocol: number, servicePort: number, seed = 1, multicast = false) {
  const { source, payloads } = sources[seed]!;
  const stream = source.begin({ protocol, servicePort, ipVersion: 4, multicast });
  return (size: number, byOpener: boolean): Buffer => payloads.next(stream, { size, byOpener }).payload;
}

/** Length of the message at the beginning, or undefined if its header is not complete; throws for what is none. */
type Measure = (bytes: Buffer) => number | undefined;

function must(condition: boolean, what: string): void {
  if (!condition) throw new Error(`not ${what}`);
}

/** RFC 8446 §5.1: handshake or application data, up to 2^14 + 256 bytes. */
const measureTls: Measure = (bytes) => {
  if (bytes.length < 5) return undefined;
  must([22, 23].includes(bytes[0]!) && bytes.readUInt16BE(1) === 0x0303, 'a record of TLS');
  const length = bytes.readUInt16BE(3);
  must(length > 0 && length <= 2 ** 14 + 256, 'a length of TLS');
  return 5 + length;
};

/** MQTT 3.1.1 §2.2: CONNECT, CONNACK, PUBLISH, PINGREQ, PINGRESP, and a length of up to four groups of seven bits. */
const measureMqtt: Measure = (bytes) => {
  must([0x10, 0x20, 0x30, 0xc0, 0xd0].includes(bytes[0]!), 'a packet of MQTT');
  let length = 0;
  for (let i = 1; i < bytes.length; i++) {
    length += (bytes[i]! & 0x7f) * 128 ** (i - 1);
    if (bytes[i]! < 0x80) return 1 + i + length;
    must(i < 4, 'a length of MQTT');
  }
  return undefined;
};

/** Modbus Messaging on TCP/IP §3.1.3: protocol 0, and what follows the length, 2 to 254 bytes. */
const measureModbus: Measure = (bytes) => {
  if (bytes.length < 6) return undefined;
  must(bytes.readUInt16BE(2) === 0, 'Modbus');
  const length = bytes.readUInt16BE(4);
  must(length >= 2 && length <= 254, 'a length of Modbus');
  return 6 + length;
};

/** RFC 1035 §4.2.2; a question there is one, or none is left. */
const measureDns: Measure = (bytes) => {
  if (bytes.length < 6) return undefined;
  must([0x0100, 0x8180, 0x8185].includes(bytes.readUInt16BE(4)), 'flags of DNS');
  return 2 + bytes.readUInt16BE(0);
};

/** RFC 9112 §2.1 and §6.3, and SIP, which has the same form (RFC 3261 §7). */
const measureText: Measure = (bytes) => {
  const end = bytes.indexOf('\r\n\r\n');
  if (end < 0) return undefined;
  const [start = '', ...headers] = bytes.subarray(0, end).toString('latin1').split('\r\n');
  must(/^((GET|POST|OPTIONS) \S+ (HTTP\/1\.1|SIP\/2\.0)|(HTTP\/1\.1|SIP\/2\.0) \d{3} .*)$/.test(start), 'a start line');
  for (const header of headers) must(/^[A-Za-z-]+: *\S.*$/.test(header), 'a header');
  const length = headers.map((header) => /^Content-Length: *(\d+)$/.exec(header)?.[1]).find(Boolean);
  return end + 4 + Number(length ?? 0);
};

/** Lengths of the messages of a stream; the last may be cut. */
function walk(bytes: Buffer, measure: Measure): number[] {
  const lengths: number[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = measure(bytes.subarray(at));
    if (length === undefined) break;
    lengths.push(length);
    at += length;
  }
  return lengths;
}

const STREAMS = [
  { name: 'DNS over TCP', port: 53, measure: measureDns, least: 21 },
  { name: 'HTTP', port: 80, measure: measureText, least: 40 },
  { name: 'TLS', port: 443, measure: measureTls, least: 22 },
  { name: 'Modbus', port: 502, measure: measureModbus, least: 14 },
  { name: 'MQTT', port: 1883, measure: measureMqtt, least: 5 },
  { name: 'SIP over TCP', port: 5060, measure: measureText, least: 300 },
];

describe.each(STREAMS)('$name', ({ port, measure, least }) => {
  const size = fc.oneof(
    fc.integer({ min: 1, max: 8 }),
    fc.integer({ min: 1, max: 400 }),
    fc.integer({ min: 1, max: 70_000 }),
  );
  const turns = fc.array(fc.record({ size, byOpener: fc.boolean() }), { minLength: 1, maxLength: 40 });

  test('is a stream of messages for each end, whatever the segments are', () => {
    fc.assert(
      fc.property(turns, seeds, (segments, seed) => {
        const next = conversation(TCP, port, seed);
        const sent = segments.map((segment: Turn) => ({ ...segment, bytes: next(segment.size, segment.byOpener) }));
        for (const end of [true, false]) {
          walk(Buffer.concat(sent.filter(({ byOpener }) => byOpener === end).map(({ bytes }) => bytes)), measure);
        }
      }),
      { numRuns: 60 },
    );
  });

  test('has messages that end where segments end, if there is room', () => {
    const next = conversation(TCP, port);
    next(600, true); // hellos and the like
    next(600, false);
    const sizes = Array.from({ length: 200 }, (_, i) => least + i * 7);
    const lengths = sizes.map((bytes) => walk(next(bytes, true), measure).reduce((sum, length) => sum + length, 0));
    expect(lengths).toEqual(sizes);
  });
});

test('a hello of TLS fills the first segment, or goes on in the next ones', () => {
  expect(walk(conversation(TCP, 443)(517, true), measureTls)).toEqual([517]);
  const next = conversation(TCP, 443);
  const stream = Buffer.concat([next(3, true), next(100, true), next(1000, true)]);
  const lengths = walk(stream, measureTls);
  expect(stream[0]).toBe(22);
  expect(lengths[0]).toBeGreaterThan(103);
  expect(lengths.reduce((sum, length) => sum + length, 0)).toBe(1103);
});

test('MQTT connects first, and pings in two bytes', () => {
  const next = conversation(TCP, 1883);
  expect(next(32, true).subarray(0, 10).toString('latin1')).toBe('\x10\x1e\0\x04MQTT\x04\x02');
  expect([...next(4, false)]).toEqual([0x20, 2, 0, 0]);
  expect([...next(2, true)]).toEqual([0xc0, 0]);
  expect([...next(2, false)]).toEqual([0xd0, 0]);
  expect(next(40, true).subarray(0, 16).toString('latin1')).toBe('\x30\x26\0\x0cdevice/state');
});

test('DNS answers the id and the question of the last query, each time', () => {
  for (let querySize = 19; querySize < 120; querySize++) {
    const next = conversation(UDP, 53, querySize % sources.length);
    const query = next(querySize, true);
    const question = query.subarray(12, query.indexOf(0, 12) + 5);
    const full = [16 + 16, 16 + 31, 16 + 200].map((more) => next(question.length + more - 4, false));
    expect(full[0]!.subarray(0, 2)).toEqual(query.subarray(0, 2));
    for (const answer of full) {
      expect(answer.readUInt16BE(2)).toBe(0x8180);
      expect(answer.readUInt16BE(6)).toBe(1); // one answer
      expect(answer.subarray(12, 12 + question.length)).toEqual(question);
    }
    // Nobody asked for the others, so they are not the same answer again.
    expect(full[1]!.readUInt16BE(0)).not.toBe(full[0]!.readUInt16BE(0));
  }
});

test('NTP gives back the time that the client sent', () => {
  const next = conversation(UDP, 123);
  const [request, answer] = [next(48, true), next(48, false)];
  expect([request[0]! & 7, answer[0]! & 7]).toEqual([3, 4]); // client, server: RFC 5905 figure 10
  expect(answer.subarray(24, 32)).toEqual(request.subarray(40, 48));
});

const dhcpTypes = (servicePort: number, ends: readonly boolean[]) => {
  const next = conversation(UDP, servicePort);
  // Behind the magic cookie: option 53, length 1, type.
  return ends.map((byOpener) => [...next(300, byOpener).subarray(240, 243)]);
};

test('DHCP goes from discover to acknowledgement, whoever opened', () => {
  // RFC 2132 §9.6: discover 1, offer 2, request 3, acknowledgement 5.
  const course = [1, 2, 3, 5, 1, 2].map((type) => [53, 1, type]);
  expect(dhcpTypes(67, [true, false, true, false, true, false])).toEqual(course);
  expect(dhcpTypes(68, [false, true, false, true, false, true])).toEqual(course);
});

test('CoAP acknowledges the last request, once', () => {
  const next = conversation(UDP, 5683);
  const [get, content, again] = [next(14, true), next(30, false), next(30, false)];
  expect([get[0], get[1]]).toEqual([0x40, 0x01]);
  expect([content[0], content[1]]).toEqual([0x60, 0x45]);
  expect(content.subarray(2, 4)).toEqual(get.subarray(2, 4));
  expect(again[0]).toBe(0x50); // not confirmable
  expect(again.subarray(2, 4)).not.toEqual(get.subarray(2, 4));
});

test('Modbus answers the transaction of the last request', () => {
  const next = conversation(TCP, 502);
  const [request, answer] = [next(12, true), next(13, false)];
  expect(request.subarray(6).toString('hex')).toBe('010300000002');
  expect(answer.subarray(0, 2)).toEqual(request.subarray(0, 2));
  expect([answer[7], answer[8]]).toEqual([3, 4]); // two registers
  next(15, true);
  expect(next(12, false).subarray(6).toString('hex')).toBe('010f00000010'); // 16 coils written
});

test('to groups, long messages of SSDP and mDNS are announcements', () => {
  const ssdp = conversation(UDP, 1900, 1, true);
  expect(ssdp(120, true).toString('latin1')).toMatch(/^M-SEARCH /);
  expect(ssdp(330, true).toString('latin1')).toMatch(/^NOTIFY /);
  const mdns = conversation(UDP, 5353, 1, true);
  expect(mdns(36, true).readUInt16BE(2)).toBe(0);
  expect(mdns(300, true).readUInt16BE(2)).toBe(0x8400);
});

describe('what is too small for any message', () => {
  test.each([53, 67, 137, 1900, 5353, 5355, 5683])('is the pattern, on port %i of UDP', (port) => {
    expect([...conversation(UDP, port)(3, true)]).toEqual([0xff, 0xff, 0]);
  });
});
