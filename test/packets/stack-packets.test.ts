import { describe, expect, test } from 'vitest';
import { IP_PROTOCOL } from '../../src/net/ip-protocol.js';
import { stackPacketBytes, streamStackBytes } from '../../src/packets/stack-packets.js';

const packetsOf = (ipVersion: 4 | 6, protocol: number | undefined, payloadOnly = false) => ({
  profile: { ipVersion, protocol },
  training: { payloadOnly },
});
const { tcp, udp } = IP_PROTOCOL;

describe('packets of the stack', () => {
  // IP header, TCP header of 20 bytes, 20 bytes of options in a SYN of Linux (or 8 bytes of UDP).
  test.each([
    ['TCP over IPv4', packetsOf(4, tcp), 60],
    ['TCP over IPv6', packetsOf(6, tcp), 80],
    ['UDP over IPv4', packetsOf(4, udp), 28],
    ['UDP over IPv6', packetsOf(6, udp), 48],
    ['a device with several protocols', packetsOf(4, undefined), 28],
    ['packets with payload alone', packetsOf(4, tcp, true), 0],
  ])('of %s are told by their size', (_, packets, bytes) => {
    expect(stackPacketBytes(packets)).toBe(bytes);
  });

  test('that would be headers alone in a stream belong to it, whatever the protocol of the model', () => {
    expect(streamStackBytes(packetsOf(4, udp), 4)).toBe(40);
    expect(streamStackBytes(packetsOf(4, udp), 6)).toBe(60);
    expect(streamStackBytes(packetsOf(4, tcp, true), 4)).toBe(40);
    expect(streamStackBytes(packetsOf(4, tcp), 4)).toBe(60);
  });
});
