import { describe, expect, test } from 'vitest';
import { ROLE } from '../../src/conversations/role.js';
import { TCP_FLAG } from '../../src/net/ip-protocol.js';
import { TCP_OPTION } from '../../src/net/tcp-options.js';
import { type Random, randomStream } from '../../src/random.js';
import { type ConversationSpec, NO_SYN_OPTIONS } from '../../src/synthesis/conversation-spec.js';
import { TcpConnection } from '../../src/synthesis/tcp-connection.js';
import { SegmentList } from '../../src/synthesis/tcp-segments.js';
import { LINUX_SYN, specOf } from './scripts.js';

const { syn: SYN, fin: FIN, rst: RST, psh: PSH, ack: ACK } = TCP_FLAG;

interface Segment {
  readonly outbound: number;
  readonly forced: number;
  readonly flags: number;
  readonly headerBytes: number;
  readonly options: number;
  readonly payloadBytes: number;
  readonly sequence: number;
  readonly acknowledged: number;
  readonly window: number;
  readonly timestamp: number;
  readonly echoed: number;
}

/** A connection that remembers what it has planned. */
class Conversation {
  readonly connection: TcpConnection;
  readonly all: Segment[] = [];
  timeMs = 0;

  constructor(
    partial: Partial<ConversationSpec> = {},
    { strictSizes = false, random = randomStream('1', 'headers') as Random } = {},
  ) {
    this.connection = new TcpConnection(specOf(0, partial), strictSizes, random);
  }

  /** @param room bytes above the IP header */
  send(outbound: 0 | 1, room: number, role: number = ROLE.data, maxRoom = Number.POSITIVE_INFINITY): Segment[] {
    const list = new SegmentList(64);
    if (!this.connection.plan(outbound, room, role, this.timeMs++, list, maxRoom)) throw new Error('not planned');
    const segments = Array.from({ length: list.count }, (_, i) => ({
      outbound: list.outbound[i]!,
      forced: list.forced[i]!,
      flags: list.flags[i]!,
      headerBytes: list.headerBytes[i]!,
      options: list.options[i]!,
      payloadBytes: list.payloadBytes[i]!,
      sequence: list.sequence[i]!,
      acknowledged: list.acknowledged[i]!,
      window: list.window[i]!,
      timestamp: list.timestamp[i]!,
      echoed: list.echoed[i]!,
    }));
    this.all.push(...segments);
    return segments;
  }

  /** Sends the one segment that a packet is if nothing has to be forced. */
  sendOne(outbound: 0 | 1, room: number, role: number = ROLE.data): Segment {
    const segments = this.send(outbound, room, role);
    if (segments.length !== 1) throw new Error(`${segments.length} segments`);
    return segments[0]!;
  }

  /** How far the last segment of an end acknowledges, counted from `start`. */
  acknowledgedSince(start: number, outbound: 0 | 1): number {
    return (this.all.findLast((segment) => segment.outbound === outbound)!.acknowledged - start) | 0;
  }
}

/** Without options, so that a room of 20 + n bytes carries n. */
const PLAIN = { midstream: true, syn: { local: NO_SYN_OPTIONS, peer: NO_SYN_OPTIONS } } as const;

describe('the handshake', () => {
  test('is forced before the first data where nothing of it was sampled', () => {
    const conversation = new Conversation();
    const [syn, synAck, ack, data] = conversation.send(1, 132);
    expect([syn, synAck, ack, data].map((segment) => [segment!.flags, segment!.outbound, segment!.forced])).toEqual([
      [SYN, 1, 1],
      [SYN | ACK, 0, 1],
      [ACK, 1, 1],
      [PSH | ACK, 1, 0],
    ]);
    expect(synAck!.acknowledged).toBe((syn!.sequence + 1) | 0);
    expect(ack).toMatchObject({ sequence: synAck!.acknowledged, acknowledged: (synAck!.sequence + 1) | 0 });
    expect(data).toMatchObject({ sequence: ack!.sequence, headerBytes: 32, payloadBytes: 100 });
  });

  test('is what was sampled where all of it was', () => {
    const conversation = new Conversation({ openedByLocal: false });
    const segments = [
      conversation.sendOne(0, 40, ROLE.syn),
      conversation.sendOne(1, 40, ROLE.synAck),
      conversation.sendOne(0, 32, ROLE.ack),
      conversation.sendOne(1, 132),
    ];
    expect(segments.map(({ flags }) => flags)).toEqual([SYN, SYN | ACK, ACK, PSH | ACK]);
    expect(segments.every(({ forced }) => forced === 0)).toBe(true);
  });

  test('gets its missing parts when the other end is the first to send data', () => {
    const conversation = new Conversation();
    conversation.sendOne(1, 40, ROLE.syn);
    expect(conversation.send(0, 132).map(({ flags, outbound }) => [flags, outbound])).toEqual([
      [SYN | ACK, 0],
      [ACK, 1],
      [PSH | ACK, 0],
    ]);
  });

  test('is left out with strict sizes, and in a connection older than the capture', () => {
    expect(new Conversation({}, { strictSizes: true }).sendOne(1, 132).flags).toBe(PSH | ACK);
    expect(new Conversation({ midstream: true }).sendOne(1, 132).flags).toBe(PSH | ACK);
    expect(new Conversation({ midstream: true }).connection.mayCarry(1, 40, ROLE.syn)).toBe(false);
  });

  test('has the options that its sampled size has room for, and no others are in use later', () => {
    const { mss, windowScale, sackPermitted, timestamps } = TCP_OPTION;
    // Room above the IP header; what Linux would offer takes 40 bytes of header.
    const expected = [
      [20, 0],
      [24, mss],
      [28, mss | windowScale],
      [32, mss | windowScale | sackPermitted],
      [36, mss | windowScale | sackPermitted],
      [40, mss | windowScale | sackPermitted | timestamps],
      [60, mss | windowScale | sackPermitted | timestamps],
    ] as const;
    for (const [room, options] of expected) {
      const conversation = new Conversation();
      expect(conversation.sendOne(1, room, ROLE.syn)).toMatchObject({ headerBytes: room, options, payloadBytes: 0 });
      const [synAck, , data] = conversation.send(0, 132);
      expect(synAck!.options).toBe(options | mss);
      expect(data!.options).toBe(options & timestamps);
    }
    const conversation = new Conversation();
    expect(conversation.connection.mayCarry(1, 41, ROLE.syn)).toBe(false);
    expect(conversation.connection.mayCarry(1, 64, ROLE.syn)).toBe(false);
  });

  test('scales windows only if both ends offer it', () => {
    const windowOf = (local: number | null, peer: number | null) => {
      const syn = { local: { ...LINUX_SYN, windowScale: local }, peer: { ...LINUX_SYN, windowScale: peer } };
      return new Conversation({ syn }).send(1, 132).at(-1)!.window;
    };
    expect(windowOf(7, 2)).toBe((2 ** 20) >> 7);
    expect(windowOf(7, null)).toBe(64_240);
    expect(windowOf(null, 7)).toBe(64_240);
  });
});

test('timestamps tell the time in every segment that has room for them, and echo the latest of the other end', () => {
  const conversation = new Conversation({ midstream: true });
  const first = conversation.sendOne(1, 132);
  conversation.timeMs = 500;
  const answer = conversation.sendOne(0, 132);
  expect(answer.echoed).toBe(first.timestamp);
  const small = conversation.sendOne(1, 31);
  expect(small).toMatchObject({ options: 0, payloadBytes: 11 });
  const last = conversation.sendOne(1, 33);
  expect(last).toMatchObject({ options: TCP_OPTION.timestamps, payloadBytes: 1, echoed: answer.timestamp });
  expect((last.timestamp - first.timestamp) | 0).toBe(502); // ms: the first at 0, this one two after 500
});

describe('acknowledgements', () => {
  test('of data that is answered one by one are of everything', () => {
    const conversation = new Conversation(PLAIN);
    const start = conversation.sendOne(1, 20 + 100).sequence;
    for (let i = 1; i <= 30; i++) {
      expect(conversation.sendOne(0, 20, ROLE.ack)).toMatchObject({ payloadBytes: 0, flags: ACK });
      expect(conversation.acknowledgedSince(start, 0)).toBe(i * 100);
      conversation.send(1, 20 + 100);
    }
  });

  test('of as many segments as ACKs follow are of one segment each', () => {
    const conversation = new Conversation(PLAIN);
    const start = conversation.sendOne(1, 20 + 100).sequence;
    for (let i = 0; i < 4; i++) conversation.send(1, 20 + 100);
    for (let i = 1; i <= 5; i++) {
      conversation.sendOne(0, 20, ROLE.ack);
      expect(conversation.acknowledgedSince(start, 0)).toBe(i * 100);
    }
  });

  test('of every second segment leave nothing once that is known', () => {
    const conversation = new Conversation(PLAIN);
    const start = conversation.sendOne(1, 20 + 100).sequence;
    conversation.send(1, 20 + 100);
    for (let i = 1; i <= 20; i++) {
      conversation.sendOne(0, 20, ROLE.ack);
      if (i > 3) expect(conversation.acknowledgedSince(start, 0)).toBe(i * 200);
      conversation.send(1, 20 + 100);
      conversation.send(1, 20 + 100);
    }
  });

  test('are taken along by an answer', () => {
    const conversation = new Conversation(PLAIN);
    for (let i = 0; i < 10; i++) {
      const request = conversation.sendOne(1, 20 + 100);
      expect(conversation.sendOne(0, 20 + 50).acknowledged).toBe((request.sequence + 100) | 0);
    }
  });

  test('are never the same twice in a row, however many come', () => {
    for (const midstream of [true, false]) {
      const conversation = new Conversation({ ...PLAIN, midstream });
      conversation.send(1, 20 + 100);
      const acks = Array.from({ length: 40 }, () => conversation.sendOne(0, 20, ROLE.ack).acknowledged);
      acks.slice(1).forEach((ack, i) => {
        expect(ack).not.toBe(acks[i]);
      });
      const end = conversation.connection.ends[1].next;
      expect(Math.max(...acks.map((ack) => (ack - end) | 0))).toBe(0);
    }
  });

  test('go on where a capture shows one end only', () => {
    const conversation = new Conversation(PLAIN);
    const acks = Array.from({ length: 40 }, () => conversation.sendOne(1, 20, ROLE.ack).acknowledged);
    acks.slice(1).forEach((ack, i) => {
      expect((ack - acks[i]!) | 0).toBeGreaterThan(0);
    });
    expect(conversation.sendOne(0, 120).sequence).toBe(acks.at(-1));
  });
});

describe('windows', () => {
  test.each([NO_SYN_OPTIONS, LINUX_SYN])('are not reached: the receiver acknowledges before that', (options) => {
    const conversation = new Conversation({ syn: { local: options, peer: options } });
    const random = randomStream('1', 'rooms');
    let forced = 0;
    for (let i = 0; i < 5000; i++) {
      const outbound = random.next() < 0.002 ? 0 : 1;
      const segments = conversation.send(outbound, random.next() < 0.5 ? 33 : 20 + Math.floor(random.next() * 9000));
      if (i > 0) forced += segments.length - 1;
      const { next } = conversation.connection.ends[outbound];
      const receiver = conversation.connection.ends[1 - outbound]!;
      expect((next - receiver.lastAcknowledged) | 0).toBeLessThan(receiver.windowBytes);
    }
    expect(forced).toBeGreaterThan(0);
  });

  test('that a segment would fill to the last byte are filled but for four', () => {
    const conversation = new Conversation({}, { strictSizes: true });
    conversation.send(0, 120);
    conversation.send(1, 20 + 64_000);
    // The window of a SYN is never scaled, and there was none: 240 bytes are left.
    expect(conversation.connection.mayCarry(1, 20 + 240, ROLE.data)).toBe(true);
    expect(conversation.sendOne(1, 20 + 240)).toMatchObject({ headerBytes: 24, payloadBytes: 236 });
    expect(conversation.connection.mayCarry(1, 20 + 4, ROLE.data)).toBe(false);
    expect(conversation.connection.mayCarry(1, 20 + 3, ROLE.data)).toBe(true);
  });

  test('do not let a FIN follow too many segments', () => {
    const strict = new Conversation({}, { strictSizes: true });
    const forcing = new Conversation({ midstream: true });
    for (let i = 0; i < 1000; i++) {
      strict.send(1, 33);
      forcing.send(1, 33);
    }
    expect(strict.connection.mayCarry(1, 20, ROLE.fin)).toBe(false);
    expect(forcing.send(1, 20, ROLE.fin).map(({ flags, forced }) => [flags, forced])).toEqual([
      [ACK, 1],
      [FIN | ACK, 0],
    ]);
  });

  test('are not kept with strict sizes', () => {
    const conversation = new Conversation({}, { strictSizes: true });
    for (let i = 0; i < 2000; i++) conversation.sendOne(1, 1480);
  });
});

describe('the end', () => {
  const open = () => {
    const conversation = new Conversation(PLAIN);
    conversation.send(1, 120);
    conversation.send(0, 120);
    return conversation;
  };

  test('comes when both ends have finished and know it of each other', () => {
    const conversation = open();
    const { connection } = conversation;
    const fin = conversation.sendOne(1, 20, ROLE.fin);
    expect(fin.flags).toBe(FIN | ACK);
    expect([connection.mayCarry(1, 120, ROLE.data), connection.mayCarry(1, 20, ROLE.fin)]).toEqual([false, false]);
    expect(connection.mayCarry(1, 20, ROLE.ack)).toBe(true);
    expect(connection.owesAck(0)).toBe(true);
    expect(conversation.sendOne(0, 20, ROLE.ack).acknowledged).toBe((fin.sequence + 1) | 0);
    const answer = conversation.sendOne(0, 150, ROLE.fin);
    expect(answer).toMatchObject({ flags: FIN | PSH | ACK, payloadBytes: 130, acknowledged: (fin.sequence + 1) | 0 });
    expect(connection.isClosed).toBe(false);
    expect(conversation.sendOne(1, 20, ROLE.ack)).toMatchObject({
      sequence: (fin.sequence + 1) | 0,
      acknowledged: (answer.sequence + 131) | 0,
    });
    expect(connection.isClosed).toBe(true);
    for (const role of Object.values(ROLE)) expect(connection.mayCarry(1, 20, role)).toBe(false);
  });

  test('acknowledges everything, whatever was kept back', () => {
    const conversation = open();
    for (let i = 0; i < 5; i++) conversation.send(1, 120);
    conversation.send(1, 20, ROLE.fin);
    conversation.sendOne(0, 20, ROLE.ack);
    expect(conversation.connection.owesAck(0)).toBe(false);
  });

  test('by a reset is at once', () => {
    const conversation = open();
    expect(conversation.sendOne(0, 20, ROLE.rst).flags).toBe(RST | ACK);
    expect(conversation.connection.isClosed).toBe(true);
    for (const role of Object.values(ROLE)) expect(conversation.connection.mayCarry(0, 20, role)).toBe(false);
  });

  test('of a connection that was refused comes without numbers of its own', () => {
    const conversation = new Conversation();
    const [syn, rst] = conversation.send(0, 20, ROLE.rst);
    // RFC 9293 §3.10.7.1: <SEQ=0><ACK=SEG.SEQ+SEG.LEN><CTL=RST,ACK>
    expect(rst).toMatchObject({ flags: RST | ACK, sequence: 0, acknowledged: (syn!.sequence + 1) | 0 });
  });
});

test('what a role does not allow is sent as what it can be, or not at all', () => {
  const conversation = new Conversation(PLAIN);
  expect(conversation.sendOne(1, 40, ROLE.syn)).toMatchObject({ flags: PSH | ACK, payloadBytes: 20 });
  conversation.send(1, 20, ROLE.fin);
  expect(conversation.sendOne(1, 20, ROLE.fin).flags).toBe(ACK);
  const list = new SegmentList(8);
  expect(conversation.connection.plan(1, 120, ROLE.data, 0, list, 1480)).toBe(false);
  expect(conversation.connection.plan(0, 19, ROLE.data, 0, list, 1480)).toBe(false);
  expect(list.count).toBe(0);
});

test('a segment that is too long is cut, and only its first part stands for it', () => {
  const conversation = new Conversation(PLAIN);
  const parts = conversation.send(1, 20 + 3000, ROLE.fin, 1480);
  expect(parts.map(({ payloadBytes, flags, forced }) => [payloadBytes, flags, forced])).toEqual([
    [1460, PSH | ACK, 0],
    [1460, PSH | ACK, 1],
    [80, FIN | PSH | ACK, 1],
  ]);
  expect((parts[2]!.sequence - parts[0]!.sequence) | 0).toBe(2920);
});

test('numbers wrap around at 2^32', () => {
  const random: Random = { next: () => 1 - 1e-7, split: () => random }; // initial numbers 430 below
  const conversation = new Conversation(PLAIN, { random });
  const first = conversation.sendOne(1, 20 + 1000);
  expect(first.sequence >>> 0).toBeGreaterThan(2 ** 32 - 1000);
  const second = conversation.sendOne(1, 20 + 1000);
  expect(second.sequence >>> 0).toBe((first.sequence >>> 0) + 1000 - 2 ** 32);
  conversation.send(0, 20, ROLE.ack);
  expect(conversation.sendOne(0, 20, ROLE.ack).acknowledged).toBe((second.sequence + 1000) | 0);
});
