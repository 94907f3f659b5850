import { describe, expect, test } from 'vitest';
import { type End, emptyRecords, RECORD_FLAG, type Service } from '../../src/conversations/records.js';
import { ROLE } from '../../src/conversations/role.js';
import { formatAddress } from '../../src/net/address.js';
import { randomStream } from '../../src/random.js';
import { ChannelFactory } from '../../src/synthesis/channel-factory.js';
import { deviceAddresses } from '../../src/synthesis/device-addresses.js';
import { identityOf } from '../../src/synthesis/identity.js';
import { createPayloadSource, type PayloadKind } from '../../src/synthesis/payload/payload-source.js';
import { singleConversation } from '../../src/synthesis/single-conversation.js';
import { profileOf } from './captures.js';

interface Kind {
  readonly service?: Partial<Service>;
  readonly local?: Partial<End>;
  readonly peer?: Partial<End>;
  readonly port?: number;
  readonly flags?: number;
}

/** A factory with one record of each kind. */
function factoryOf(kinds: readonly Kind[], payload: PayloadKind = 'zeros'): ChannelFactory {
  const identity = identityOf(profileOf(4, 6), {});
  const single = singleConversation(undefined, identity);
  const records = emptyRecords(kinds.length);
  const ends: End[] = [];
  const services = kinds.map(({ service = {}, local, peer, port = 9, flags = 0 }, i): Service => {
    const ipVersion = service.ipVersion ?? 4;
    records.service[i] = i;
    records.local[i] = ends.push({ ipVersion, kind: 'host', address: null, ...local }) - 1;
    records.peer[i] = ends.push({ ipVersion, kind: 'host', address: null, ...peer }) - 1;
    records.peerPort[i] = port;
    records.flags[i] = flags;
    return { ipVersion, protocol: 6, openedByLocal: true, port, long: false, concurrent: 4, ...service };
  });
  const conversations = { ...single, services, ends, records };
  const random = randomStream('1', 'x');
  const channels = { payload: createPayloadSource(payload, random), random, strictSizes: true };
  return new ChannelFactory(channels, conversations, deviceAddresses(conversations, identity, 0));
}

const open = (factory: ChannelFactory, record = 0) => factory.open({ record, localPort: 40_000, peerPort: 9 });
const GROUP = { kind: 'group', address: '224.0.0.251' } as const;

describe('a channel', () => {
  test('has the addresses, ports and protocol of its record', () => {
    const factory = factoryOf([{}, { service: { ipVersion: 6, protocol: 17, openedByLocal: false } }]);
    const { spec } = open(factory);
    expect(spec).toMatchObject({ ipVersion: 4, protocol: 6, openedByLocal: true, midstream: false });
    expect([spec.local.port, spec.peer.port]).toEqual([40_000, 9]);
    expect(formatAddress({ family: 'ipv4', bytes: spec.local.address })).toBe('192.0.2.1');
    expect(open(factory, 1).spec).toMatchObject({ ipVersion: 6, protocol: 17, openedByLocal: false });
    expect(factory.conversations).toBe(2);
  });

  test('is there already where its record was', () => {
    const factory = factoryOf([{ flags: RECORD_FLAG.midstream }, { flags: RECORD_FLAG.unfinished }]);
    expect([open(factory, 0), open(factory, 1)].map(({ spec }) => spec.midstream)).toEqual([true, false]);
  });

  test('has port 0 for protocols without ports', () => {
    const factory = factoryOf([{ service: { protocol: 1 } }]);
    const { spec } = factory.open({ record: 0, localPort: undefined, peerPort: undefined });
    expect([spec.local.port, spec.peer.port]).toEqual([0, 0]);
  });

  // 47 is GRE, 132 SCTP, whose headers are not made up: RFC 3692, and RFC 8200 §4.7.
  test.each([
    [4, 47, 253],
    [6, 47, 59],
    [4, 132, 253],
    [4, 253, 253],
    [6, 253, 59],
    [4, 2, 2],
    [6, 58, 58],
  ] as const)('over IPv%i of protocol %i has protocol %i', (ipVersion, protocol, spoken) => {
    expect(open(factoryOf([{ service: { ipVersion, protocol } }])).spec.protocol).toBe(spoken);
  });
});

describe('what may open', () => {
  test('is as large as the headers of its protocol', () => {
    const LEAST = [
      [4, 6, 40],
      [6, 6, 60],
      [4, 17, 28],
      [6, 17, 48],
      [4, 1, 28],
      [6, 58, 48],
      [4, 2, 28],
      [4, 47, 20],
      [6, 47, 40],
    ] as const;
    const factory = factoryOf(LEAST.map(([ipVersion, protocol]) => ({ service: { ipVersion, protocol } })));
    for (const [record, [, , least]] of LEAST.entries()) {
      expect([record, factory.mayOpen(record, 1, least - 1), factory.mayOpen(record, 1, least)]).toEqual([
        record,
        false,
        true,
      ]);
    }
  });

  test('is as large as a message of its protocol, where those are made', () => {
    const dns = { service: { protocol: 17 }, port: 53 } as const;
    const least = 28 + 12; // the header of DNS (RFC 1035 §4.1.1)
    expect(factoryOf([dns], 'protocol').mayOpen(0, 1, least - 1)).toBe(false);
    expect(factoryOf([dns], 'protocol').mayOpen(0, 1, least + 60)).toBe(true);
    expect(factoryOf([dns], 'zeros').mayOpen(0, 1, least - 1)).toBe(true);
  });

  test('never comes from a group, from everybody, or from nobody', () => {
    const factory = factoryOf(
      [
        { peer: GROUP },
        { peer: { kind: 'broadcast' } },
        { peer: { kind: 'unspecified' } },
        {},
        { peer: { kind: 'linkLocal' } },
      ].map((kind) => ({ ...kind, service: { protocol: 17 } }) as Kind),
    );
    const all = [0, 1, 2, 3, 4];
    expect(all.map((record) => factory.mayOpen(record, 0, 100))).toEqual([false, false, false, true, true]);
    expect(all.map((record) => factory.mayOpen(record, 1, 100))).toEqual([true, true, true, true, true]);
  });
});

describe('what may be carried', () => {
  test('goes out only, to a group, to everybody, and from a device without an address', () => {
    const factory = factoryOf([
      { service: { protocol: 17 }, peer: GROUP },
      { service: { protocol: 17 }, peer: { kind: 'broadcast' } },
      { service: { protocol: 17 }, local: { kind: 'unspecified' } },
      { service: { protocol: 17 } },
    ]);
    const may = (record: number, outbound: number) => factory.mayCarry(open(factory, record), outbound, 100, ROLE.data);
    expect([0, 1, 2, 3].map((record) => may(record, 1))).toEqual([true, true, true, true]);
    expect([0, 1, 2, 3].map((record) => may(record, 0))).toEqual([false, false, false, true]);
  });

  test('is what the channel can carry', () => {
    const factory = factoryOf([{ service: { protocol: 17 } }]);
    const channel = open(factory);
    expect([27, 28, 65_555, 65_556].map((size) => factory.mayCarry(channel, 1, size, ROLE.data))).toEqual([
      false,
      true,
      true,
      false,
    ]);
  });
});

test('only TCP is ever over', () => {
  const factory = factoryOf([{}, { service: { protocol: 17 } }]);
  expect([open(factory, 0), open(factory, 1)].map((channel) => factory.isOver(channel))).toEqual([false, false]);
});

test('what nobody can carry has one channel, a bare one that is no conversation', () => {
  const factory = factoryOf([{}]);
  const stray = factory.stray();
  expect(stray.spec).toMatchObject({ ipVersion: 4, protocol: 253, midstream: true });
  expect(factory.stray()).toBe(stray);
  expect(factory.conversations).toBe(0);
  for (const size of [20, 21, 40, 65_535]) expect(stray.mayCarry(1, size, ROLE.data)).toBe(true);
});
