import { describe, expect, test } from 'vitest';
import { formatAddress } from '../../src/net/address.js';
import { DOCUMENTATION_TARGETS } from '../../src/synthesis/documentation-addresses.js';
import { outputFormatOf } from '../../src/synthesis/generate.js';
import { type Identity, identityOf } from '../../src/synthesis/identity.js';
import { blockOf } from '../models/blocks.js';
import { memoryInput } from '../support/frames.js';
import { expectSynthError, readPackets } from '../support/read.js';
import { captureOf, profileOf } from './captures.js';

const PROFILE = profileOf(4, 6);
const KEPT = { ...PROFILE, addresses: { local: '192.168.0.102', peer: '203.0.113.5', localMac: '44:65:0d:56:cc:d3' } };
const texts = ({ client, server }: Identity) =>
  [client, server].map(({ mac, ipv4, ipv6, port }) => [...[mac, ipv4, ipv6].map(formatAddress), port]);

describe('an identity', () => {
  test('has documentation addresses, and the ports of the model', () => {
    // RFC 7042 §2.1.2, RFC 5737, RFC 3849.
    expect(texts(identityOf(PROFILE, {}))).toEqual([
      ['00:00:5e:00:53:01', '192.0.2.1', '2001:db8::1', 49_152],
      ['00:00:5e:00:53:02', '198.51.100.1', '2001:db8:1::1', 9],
    ]);
    expect(
      DOCUMENTATION_TARGETS.map((target) => (target.kind === 'device' ? formatAddress(target.address) : '')),
    ).toEqual(['00:00:5e:00:53:01', '192.0.2.1', '2001:db8::1']);
  });

  test('has the addresses that the model kept', () => {
    expect(texts(identityOf(KEPT, {}))).toEqual([
      ['44:65:0d:56:cc:d3', '192.168.0.102', '2001:db8::1', 49_152],
      ['00:00:5e:00:53:02', '203.0.113.5', '2001:db8:1::1', 9],
    ]);
  });

  test('has what the user wants before everything else', () => {
    const options = {
      clientIp: '10.0.0.1',
      clientMac: '02-00-00-00-00-0A',
      clientPort: 0,
      serverIp: '10.0.0.2',
      serverMac: '0200.0000.000b',
      serverPort: 65_535,
    };
    expect(texts(identityOf(KEPT, options))).toEqual([
      ['02:00:00:00:00:0a', '10.0.0.1', '2001:db8::1', 0],
      ['02:00:00:00:00:0b', '10.0.0.2', '2001:db8:1::1', 65_535],
    ]);
  });

  test('has the IP version of the addresses that were chosen', () => {
    expect(identityOf(PROFILE, {}).ipVersion).toBe(4);
    expect(identityOf(PROFILE, { serverIp: '2001:db8::5' }).ipVersion).toBe(6);
    expect(identityOf(profileOf(6, 6), { clientIp: '10.0.0.1' }).ipVersion).toBe(4);
    expect(identityOf(profileOf(6, 6), {}).ipVersion).toBe(6);
  });

  test('has port 0 where the model knows of none', () => {
    const identity = identityOf({ ...PROFILE, localPort: null, peerPort: null }, {});
    expect([identity.client.port, identity.server.port]).toEqual([0, 0]);
  });

  test.each([
    [{ clientIp: '44:65:0d:56:cc:d3' }, /`clientIp`.*not an IP address/],
    [{ serverIp: '44:65:0d:56:cc:d3' }, /`serverIp`.*not an IP address/],
    [{ clientMac: '10.0.0.1' }, /`clientMac`.*not a MAC address/],
    [{ serverMac: '2001:db8::1' }, /`serverMac`.*not a MAC address/],
    [{ clientIp: '10.0.0.256' }, /10\.0\.0\.256/],
    [{ serverIp: '' }, /not a MAC, IPv4 or IPv6 address/],
  ])('cannot be %j', async (options, message) => {
    const error = await expectSynthError(() => identityOf(PROFILE, options), 'SYNTH_TARGET_INVALID');
    expect(error.message).toMatch(message);
  });

  test('cannot be of two IP versions', async () => {
    await expectSynthError(() => identityOf(PROFILE, { clientIp: '10.0.0.1', serverIp: '2001:db8::1' }), 'SYNTH_USAGE');
  });

  test('is in the frames', async () => {
    const identity = { clientIp: '2001:db8:9::1', serverMac: '02:00:00:00:00:0b', serverPort: 5683 };
    const bytes = await captureOf(blockOf([[0, 100, 1]]), { profile: profileOf(4, 17), identity });
    const { packets } = await readPackets(memoryInput(bytes));
    expect(packets[0]).toMatchObject({
      ipVersion: 6,
      source: '2001:db8:9::1',
      destination: '2001:db8:1::1',
      macs: ['00:00:5e:00:53:01', '02:00:00:00:00:0b'],
      ports: [49_152, 5683],
    });
  });
});

describe('the format of an output', () => {
  test.each([
    ['a.pcap', 'pcap'],
    ['A.PCAP', 'pcap'],
    ['a.cap', 'pcap'],
    ['a.b.dmp', 'pcap'],
    ['folder.csv/a.pcapng', 'pcapng'],
    ['a.ntar', 'pcapng'],
    ['a.csv', 'csv'],
    ['a.ndjson', 'ndjson'],
    ['a.jsonl', 'ndjson'],
    ['a.pcap.gz', 'pcap'],
    ['a.pcapng.GZ', 'pcapng'],
    ['a.csv.gz', 'csv'],
    ['a.ndjson.gz', 'ndjson'],
    ['-', 'pcap'],
    ['/dev/null', 'pcap'],
    ['/dev/stdout', 'pcap'],
  ])('of %s is %s', (path, format) => {
    expect(outputFormatOf(path)).toBe(format);
  });

  test.each(['a', 'a.txt', 'pcap', 'a.gz', 'a.gz.pcapx', 'a.json', ''])('of “%s” is not known', async (path) => {
    const error = await expectSynthError(() => outputFormatOf(path), 'SYNTH_USAGE');
    expect(error.hint).toContain('`format` pcap|nsecpcap|pcapng|csv|ndjson');
  });
});
