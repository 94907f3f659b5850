import { describe, expect, test } from 'vitest';
import { connectionsOf } from '../../src/conversations/connections.js';
import { ROLE } from '../../src/conversations/role.js';
import type { Conversation } from '../../src/packets/packet-series.js';
import { conversation } from '../models/blocks.js';
import fc from '../support/fast-check.js';
import { DEVICE, download, MS, S, type Spoken, talk, tcp, udp } from './talks.js';

const WEB = tcp('203.0.113.5', [40_000, 443]);

/** Packets of one 5-tuple, 10 ms apart, given as direction and flags: `>S` is a SYN that the device sends. */
function course(text: string, between: Conversation = WEB) {
  const spoken = text.split(' ').map((word, i): Spoken => [i * 10 * MS, 60, word[0] === '>' ? 1 : 0, word.slice(1)]);
  return connectionsOf(talk([between], spoken));
}

const packetsOf = (text: string) => course(text).connections.map(({ packets }) => packets);

describe('a connection', () => {
  test('has the packets of its ports, from a SYN to the next one', () => {
    expect(packetsOf('>S <SA >A >AP <AP >FA <FA >A >S <SA >A >AP')).toEqual([8, 4]);
    expect(packetsOf('>S <RA >S <RA >S <RA')).toEqual([2, 2, 2]);
    // The ports come again though nobody has seen the end.
    expect(packetsOf('>S <SA >A >AP >S <SA')).toEqual([4, 2]);
    expect(packetsOf('>AP <A >S <SA')).toEqual([2, 2]);
    // Late packets of the old connection cannot be told from those of the new one.
    expect(packetsOf('>S <SA >FA >S <FA')).toEqual([3, 2]);
  });

  test('goes on where its SYN is sent once more', () => {
    expect(packetsOf('>S >S <SA >A')).toEqual([4]);
    expect(packetsOf('>S <SA >S <SA >A')).toEqual([5]);
    // tcp_syn_retries of Linux: 6 more, when nobody answers.
    expect(packetsOf('>S >S >S >S >S >S >S')).toEqual([7]);
  });

  test('is found among others, packet by packet', () => {
    const dns = udp('192.168.77.1', [50_000, 53]);
    const series = talk(
      [WEB, dns, tcp('203.0.113.5', [40_001, 443])],
      [...download(0, 0, 3), [3 * MS, 65, 1, 'P', 1], [4 * MS, 81, 0, 'P', 1], ...download(7 * MS, 2, 1)],
    );
    const { connections, connection, roles } = connectionsOf(series);
    expect(connections.map(({ conversation: { peer, local } }) => [local.port, peer.port])).toEqual([
      [40_000, 443],
      [50_000, 53],
      [40_001, 443],
    ]);
    expect(connections.map(({ packets }) => packets)).toEqual([11, 2, 9]);
    for (let i = 0; i < series.length; i++) {
      expect(connections[connection[i]!]!.conversation).toBe(series.conversations[series.conversation[i]!]);
    }
    expect([...roles.slice(0, 5)]).toEqual([ROLE.syn, ROLE.data, ROLE.data, ROLE.syn, ROLE.synAck]);
    expect(connections[0]).toMatchObject({ firstNs: 0, lastNs: 100 * MS, closingPackets: 3 });
  });

  test('counts its closing from the first FIN or RST on', () => {
    const closing = (text: string) => course(text).connections[0]!.closingPackets;
    expect(closing('>S <SA >A >AP <AP')).toBe(0);
    expect(closing('>S <SA >A >FA <AP <FA >A')).toBe(4);
    expect(closing('>S <RA')).toBe(1);
    expect(closing('>FA <FA')).toBe(2);
  });
});

describe('midstream', () => {
  const isMidstream = (text: string, between = WEB) => course(text, between).connections[0]!.midstream;

  test('is a TCP connection that begins with neither SYN nor its answer', () => {
    expect(isMidstream('>AP <A >AP')).toBe(true);
    expect(isMidstream('>A')).toBe(true);
    expect(isMidstream('>S <SA')).toBe(false);
    expect(isMidstream('<SA >A')).toBe(false);
  });

  test('is not the end of a connection of which there is nothing else', () => {
    expect(isMidstream('>FA <FA >A')).toBe(false);
    expect(isMidstream('<R')).toBe(false);
    expect(isMidstream('>AP >FA <FA >A')).toBe(true);
  });

  test('is nothing but TCP', () => {
    expect(isMidstream('>P <P', udp('192.168.77.1', [50_000, 53]))).toBe(false);
  });
});

describe('unfinished', () => {
  /** Packets of one connection at these seconds; another one ends the capture. */
  const isUnfinished = (times: readonly number[], endS: number, flags = 'AP') => {
    const others = tcp('203.0.113.5', [40_001, 443]);
    const spoken = times.map((time, i): Spoken => [time * S, 60, 1, i === times.length - 1 ? flags : 'AP', 0]);
    return connectionsOf(talk([WEB, others], [...spoken, [endS * S, 60, 1, 'S', 1]])).connections[0]!.unfinished;
  };

  test('is what was silent at the end no longer than before', () => {
    expect(isUnfinished([0, 10, 20], 25)).toBe(true);
    expect(isUnfinished([0, 10, 20], 30)).toBe(true);
    expect(isUnfinished([0, 10, 20], 30.1)).toBe(false);
    expect(isUnfinished([0, 100, 101], 150)).toBe(true);
  });

  test('is not what was closed, or said nothing twice', () => {
    expect(isUnfinished([0, 10, 20], 25, 'FA')).toBe(false);
    expect(isUnfinished([0, 10, 20], 25, 'R')).toBe(false);
    expect(isUnfinished([20], 20)).toBe(false);
  });
});

describe('who opened', () => {
  const byLocal = (text: string, between: Conversation = WEB) => course(text, between).connections[0]!.openedByLocal;

  test('a SYN says, whatever the ports are', () => {
    expect(byLocal('>S <SA')).toBe(true);
    expect(byLocal('<S >SA')).toBe(false);
    expect(byLocal('<SA >A')).toBe(true);
    expect(byLocal('>SA <A')).toBe(false);
    expect(byLocal('<S >RA')).toBe(false);
  });

  const between = (protocol: number, local: number | undefined, peer: number | undefined) =>
    conversation(DEVICE, '203.0.113.5', 1, protocol, [local, peer]);

  test('the port of a service says, where there is no SYN', () => {
    expect(byLocal('<AP >A', between(6, 40_000, 443))).toBe(true);
    expect(byLocal('>AP <A', between(6, 80, 40_000))).toBe(false);
    expect(byLocal('<P >P', between(17, 50_000, 53))).toBe(true);
    expect(byLocal('>P <P', between(17, 53, 50_000))).toBe(false);
    // Below the ephemeral ports of Linux somebody listens (8883: MQTT).
    expect(byLocal('<AP >A', between(6, 40_000, 8883))).toBe(true);
    expect(byLocal('>AP <A', between(6, 8883, 40_000))).toBe(false);
  });

  test('who spoke first, where the ports do not say', () => {
    expect(byLocal('>AP <A', between(6, 50_000, 60_000))).toBe(true);
    expect(byLocal('<AP >A', between(6, 50_000, 60_000))).toBe(false);
    expect(byLocal('>P', between(17, 5353, 5353))).toBe(true);
    expect(byLocal('<P', between(17, 5353, 5353))).toBe(false);
    expect(byLocal('<P >P', between(1, undefined, undefined))).toBe(false);
    // Datagrams of games and calls go to any port.
    expect(byLocal('<P >P', between(17, 40_000, 8801))).toBe(false);
  });
});

test('a series without packets has no connections', () => {
  expect(connectionsOf(talk([], []))).toMatchObject({ connections: [] });
});

test('every packet has one connection, and connections have as many packets as there are', () => {
  const flags = fc.constantFrom('S', 'SA', 'A', 'AP', 'FA', 'RA', '');
  const spoken = fc.array(
    fc.tuple(fc.integer({ min: 0, max: 1e9 }), fc.constant(60), fc.constantFrom<0 | 1>(0, 1), flags, fc.nat(3)),
    { maxLength: 60 },
  );
  const tuples = [WEB, tcp('203.0.113.6', [40_000, 443]), udp('192.168.77.1', [1, 53]), tcp('203.0.113.7', [1, 2])];
  fc.assert(
    fc.property(spoken, (packets) => {
      const series = talk(tuples, packets);
      const { connections, connection } = connectionsOf(series);
      const counted = connections.map((_, index) => connection.filter((one) => one === index).length);
      expect(connections.map((one) => one.packets)).toEqual(counted);
      connections.forEach((one, index) => {
        const times = series.offsetsNs.filter((_, packet) => connection[packet] === index);
        expect([one.firstNs, one.lastNs]).toEqual([times[0], times.at(-1)]);
        expect(one.closingPackets).toBeLessThanOrEqual(one.packets);
      });
    }),
  );
});
