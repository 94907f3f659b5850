import { describe, expect, test } from 'vitest';
import { formatTarget, parseDevice, parseFlow } from '../../src/series/target.js';
import fc from '../support/fast-check.js';
import { expectSynthError } from '../support/read.js';

describe('a device', () => {
  test.each([
    ['44-65-0D-56-CC-D3', '44:65:0d:56:cc:d3'],
    ['4465.0d56.ccd3', '44:65:0d:56:cc:d3'],
    ['192.168.0.102', '192.168.0.102'],
    ['2001:DB8:0:0::1', '2001:db8::1'],
  ])('%s is %s', (text, canonical) => {
    expect(parseDevice(text).kind).toBe('device');
    expect(formatTarget(parseDevice(text))).toBe(canonical);
  });

  test('that is no address is an error of usage', async () => {
    const error = await expectSynthError(() => parseDevice('my-camera'), 'SYNTH_TARGET_INVALID');
    expect(error.exitCode).toBe(2); // DESIGN.md: usage
    expect(error.hint).toBeDefined();
  });
});

describe('a flow', () => {
  const canonical = 'UDP 192.168.0.102:18826 192.168.0.105:26454';
  test.each([
    canonical,
    'udp 192.168.0.102:18826 192.168.0.105:26454',
    '  UDP   192.168.0.102:18826\t192.168.0.105:26454 ',
    '17 192.168.0.102:18826 192.168.0.105:26454', // IANA protocol number of UDP
    ...['->', '<->', '-->', '→', '↔'].map((arrow) => `UDP 192.168.0.102:18826 ${arrow} 192.168.0.105:26454`),
  ])('may be written %s', (text) => {
    expect(formatTarget(parseFlow(text))).toBe(canonical);
    expect(parseFlow(text)).toMatchObject({
      kind: 'flow',
      protocol: 17,
      first: { port: 18826 },
      second: { port: 26454 },
    });
  });

  test.each([
    ['TCP [2001:DB8::1]:49735 [2001:db8:0::2]:443', 'TCP [2001:db8::1]:49735 [2001:db8::2]:443'],
    ['sctp 192.0.2.1:1 192.0.2.2:65535', 'SCTP 192.0.2.1:1 192.0.2.2:65535'],
    ['tcp [fe80::1%eth0]:1 [fe80::2]:2', 'TCP [fe80::1]:1 [fe80::2]:2'],
    ['icmp 192.0.2.1 192.0.2.2', 'ICMP 192.0.2.1 192.0.2.2'],
    ['ICMPv6 2001:db8::1 -> [2001:db8::2]', 'ICMPV6 2001:db8::1 2001:db8::2'],
    ['icmp6 2001:db8::1 2001:db8::2', 'ICMPV6 2001:db8::1 2001:db8::2'],
    ['gre 192.0.2.1 192.0.2.2', 'GRE 192.0.2.1 192.0.2.2'],
    ['253 192.0.2.1 192.0.2.2', '253 192.0.2.1 192.0.2.2'], // RFC 3692: for experiments, without a name
  ])('%s is %s', (text, written) => {
    expect(formatTarget(parseFlow(text))).toBe(written);
  });

  test.each([
    '',
    'UDP',
    'UDP 192.0.2.1:1',
    'UDP 192.0.2.1:1 192.0.2.2:2 192.0.2.3:3',
    '192.0.2.1:1 192.0.2.2:2',
    'QUIC 192.0.2.1:1 192.0.2.2:2',
    '256 192.0.2.1 192.0.2.2', // protocol numbers are eight bits
    'UDP 192.0.2.1 192.0.2.2',
    'UDP 192.0.2.1:65536 192.0.2.2:1',
    'UDP 192.0.2.1:x 192.0.2.2:1',
    'UDP 192.0.2.1:1 [2001:db8::1]:1',
    'UDP 2001:db8::1:53 2001:db8::2:53',
    'UDP 44:65:0d:56:cc:d3 192.0.2.2:1',
    'ICMP 192.0.2.1:1 192.0.2.2:1',
    'ICMP 44:65:0d:56:cc:d3 44:65:0d:56:cc:d4',
    'UDP 300.0.2.1:1 192.0.2.2:1',
  ])('“%s” is an error of usage', async (text) => {
    await expectSynthError(() => parseFlow(text), 'SYNTH_TARGET_INVALID');
  });

  test('what is printed is read back as the same flow', () => {
    const port = fc.nat(65_535);
    const flow = fc.oneof(fc.constantFrom(4, 16)).chain((length) => {
      const family = length === 4 ? ('ipv4' as const) : ('ipv6' as const);
      const address = fc
        .uint8Array({ minLength: length, maxLength: length })
        .map((bytes) => ({ family, bytes: Uint8Array.from(bytes) }));
      return fc.record({ protocol: fc.nat(255), addresses: fc.tuple(address, address), ports: fc.tuple(port, port) });
    });
    fc.assert(
      fc.property(flow, ({ protocol, addresses, ports }) => {
        const withPorts = [6, 17, 132].includes(protocol); // TCP, UDP, SCTP
        const [first, second] = [0, 1].map((i) => ({
          address: addresses[i]!,
          port: withPorts ? ports[i]! : undefined,
        }));
        const target = { kind: 'flow' as const, protocol, first: first!, second: second! };
        expect(parseFlow(formatTarget(target))).toEqual(target);
      }),
      { numRuns: 300 },
    );
  });

  test('any text is a flow or an error of usage', () => {
    const word = fc.constantFrom(
      'UDP',
      'tcp',
      '->',
      '192.0.2.1:5',
      '[::1]:5',
      ':',
      '[',
      ']',
      '%',
      '6',
      '99999',
      ' ',
      '::',
      'ICMP',
    );
    fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.string(),
          fc.array(word).map((words) => words.join(' ')),
        ),
        async (text) => {
          try {
            parseFlow(text);
          } catch (error) {
            expect(error).toMatchObject({ code: 'SYNTH_TARGET_INVALID' });
          }
        },
      ),
      { numRuns: 300 },
    );
  });
});
