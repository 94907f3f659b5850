import { describe, expect, test } from 'vitest';
import { type Conversations, type End, emptyRecords } from '../../src/conversations/records.js';
import { formatAddress, type parseAddress } from '../../src/net/address.js';
import { parseAddressMaps } from '../../src/rewrite/address-map.js';
import { deviceAddresses } from '../../src/synthesis/device-addresses.js';
import { type IdentityOptions, identityOf } from '../../src/synthesis/identity.js';
import { singleConversation } from '../../src/synthesis/single-conversation.js';
import fc from '../support/fast-check.js';
import { profileOf } from './captures.js';

type Kind = End['kind'];
const end = (ipVersion: 4 | 6, kind: Kind = 'host', address: string | null = null): End => ({
  ipVersion,
  kind,
  address,
});

/** Records that name every end once: the first ends are the device's, the others peers, each with so many packets. */
function conversationsWith(locals: readonly End[], peers: readonly (readonly [End, number])[]): Conversations {
  const records = emptyRecords(Math.max(locals.length, peers.length));
  for (let i = 0; i < records.length; i++) {
    records.local[i] = Math.min(i, locals.length - 1);
    records.peer[i] = locals.length + Math.min(i, peers.length - 1);
    records.packets[i] = i < peers.length ? peers[i]![1] : 1;
  }
  const single = singleConversation(undefined, identityOf(profileOf(4, 6), {}));
  return { ...single, ends: [...locals, ...peers.map(([one]) => one)], records };
}

const text = (bytes: Uint8Array): string =>
  formatAddress({ family: bytes.length === 6 ? 'mac' : bytes.length === 4 ? 'ipv4' : 'ipv6', bytes });

interface Asked {
  readonly options?: IdentityOptions;
  readonly device?: number;
}

/** MAC and IP addresses of all ends, in their order. */
function addressesOf(
  locals: readonly End[],
  peers: readonly (readonly [End, number])[],
  { options = {}, device = 0 }: Asked = {},
): { readonly local: readonly (readonly [string, string])[]; readonly peer: readonly (readonly [string, string])[] } {
  const conversations = conversationsWith(locals, peers);
  const addresses = deviceAddresses(conversations, identityOf(profileOf(4, 6), options), device);
  const both = ({ mac, address }: { mac: Uint8Array; address: Uint8Array }) => [text(mac), text(address)] as const;
  return {
    local: locals.map((_, i) => both(addresses.local(i))),
    peer: peers.map((_, i) => both(addresses.peer(locals.length + i))),
  };
}

const PEER: readonly [End, number] = [end(4), 10];
/** RFC 5737, RFC 3849, RFC 2544, RFC 6598, RFC 3927, RFC 4291 §2.5.6: what is nobody's. */
const NOBODYS =
  /^(192\.0\.2\.|198\.51\.100\.|203\.0\.113\.|198\.1[89]\.|100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.|169\.254\.|2001:db8:|fe80::)/;

describe('the devices', () => {
  test('have different addresses, thousands of them, of every kind', () => {
    const locals = [end(4), end(6), end(4, 'linkLocal'), end(6, 'linkLocal'), end(4), end(6), end(4)];
    const peers = [...Array.from({ length: 40 }, () => PEER), [end(4, 'linkLocal'), 1], [end(6), 1]] as const;
    const seen = new Set<string>();
    const macs = new Set<string>();
    const count = 2000;
    for (let device = 0; device < count; device++) {
      const { local } = addressesOf(locals, peers, { device });
      for (const [mac, address] of local) {
        macs.add(mac);
        seen.add(address);
      }
    }
    expect([...seen].filter((address) => !NOBODYS.test(address))).toEqual([]);
    expect(macs.size).toBe(count);
    expect(seen.size).toBe(count * locals.length);
    // All have the same peers, and none is one of them.
    const { peer } = addressesOf(locals, peers);
    expect(addressesOf(locals, peers, { device: 1234 }).peer).toEqual(peer);
    expect(new Set(peer.map(([, address]) => address)).size).toBe(peers.length);
    expect(peer.filter(([mac, address]) => seen.has(address) || macs.has(mac))).toEqual([]);
    for (const [, address] of peer) expect(address).toMatch(NOBODYS);
  });

  test('begin with the identity, and go on with the addresses behind it', () => {
    const of = (device: number, options: IdentityOptions) =>
      addressesOf([end(4)], [PEER], { device, options }).local[0]![1];
    expect([0, 1, 252, 253].map((device) => of(device, {}))).toEqual([
      '192.0.2.1',
      '192.0.2.2',
      '192.0.2.253',
      '192.0.2.254',
    ]);
    expect(of(254, {})).toBe('198.18.0.1');
    expect([0, 1, 5].map((device) => of(device, { clientIp: '10.0.0.254' }))).toEqual([
      '10.0.0.254',
      '10.0.0.255',
      '10.0.1.3',
    ]);
    // The peer is between them.
    const between = { clientIp: '10.0.0.2', serverIp: '10.0.0.4' };
    expect([0, 1, 2, 3].map((device) => of(device, between))).toEqual(['10.0.0.2', '10.0.0.3', '10.0.0.5', '10.0.0.6']);
    expect(addressesOf([end(4)], [PEER], { device: 2, options: between }).peer[0]![1]).toBe('10.0.0.4');
  });

  test('have chosen MAC addresses only where there is one', () => {
    const options = { clientMac: '02:00:00:00:00:0a', serverMac: '02:00:00:00:00:0b' };
    const of = (device: number) => addressesOf([end(4)], [PEER], { device, options });
    expect([of(0).local[0]![0], of(0).peer[0]![0]]).toEqual(['02:00:00:00:00:0a', '02:00:00:00:00:0b']);
    expect([of(1).local[0]![0], of(1).peer[0]![0]]).toEqual(['02:00:5e:00:53:01', '02:00:00:00:00:0b']);
  });

  test('have an address made of their MAC address where they talk on the link', () => {
    // RFC 4291 appendix A: 34-56-78-9A-BC-DE with the universal bit turned around and FF FE in the middle.
    const options = { clientMac: '34:56:78:9a:bc:de' };
    const { local } = addressesOf([end(6, 'linkLocal')], [[end(6, 'linkLocal'), 1]], { options });
    expect(local[0]![1]).toBe('fe80::3656:78ff:fe9a:bcde');
  });

  test('have none where they had none', () => {
    const { local } = addressesOf([end(4, 'unspecified'), end(6, 'unspecified')], [PEER]);
    expect(local.map(([, address]) => address)).toEqual(['0.0.0.0', '::']);
  });
});

describe('the peers', () => {
  test('are many, and the busiest is that of the identity', () => {
    const peers = Array.from({ length: 900 }, (_, i) => [end(4), i === 7 ? 100 : 1] as const);
    const { peer } = addressesOf([end(4)], peers, { options: { serverIp: '10.9.9.9' } });
    expect(peer[7]![1]).toBe('10.9.9.9');
    expect(new Set(peer.map(([, address]) => address)).size).toBe(900);
    for (const [i, [, address]] of peer.entries()) if (i !== 7) expect(address).toMatch(NOBODYS);
  });

  test('are never the device, wherever that is', () => {
    const octet = fc.integer({ min: 1, max: 254 });
    fc.assert(
      fc.property(octet, octet, fc.constantFrom('192.0.2', '198.51.100', '10.0.0'), (a, b, net) => {
        const options = { clientIp: `${net}.${a}`, serverIp: `198.51.100.${b}` };
        if (options.clientIp === options.serverIp) return;
        const peers = Array.from({ length: 30 }, (_, i) => [end(4), i === 3 ? 9 : 1] as const);
        const { local, peer } = addressesOf([end(4)], peers, { options });
        const all = [...local, ...peer].map(([, address]) => address);
        expect(new Set(all).size).toBe(31);
      }),
    );
  });

  test('that are groups keep their address, and have the MAC address of the group', () => {
    const peers = ['224.0.0.251', '239.255.255.250', '239.128.1.2', 'ff02::fb', 'ff02::1:2'].map(
      (address) => [end(address.includes(':') ? 6 : 4, 'group', address), 1] as const,
    );
    // RFC 1112 §6.4: the low 23 bits. RFC 2464 §7: the low 32 bits.
    expect(addressesOf([end(4)], peers).peer.map(([mac]) => mac)).toEqual([
      '01:00:5e:00:00:fb',
      '01:00:5e:7f:ff:fa',
      '01:00:5e:00:01:02',
      '33:33:00:00:00:fb',
      '33:33:00:01:00:02',
    ]);
    expect(addressesOf([end(4)], peers).peer[1]![1]).toBe('239.255.255.250');
  });

  test('that are everybody have the address of everybody, in the network of the device', () => {
    const peers = [end(4, 'broadcast'), end(4, 'broadcast', '255.255.255.255')].map((one) => [one, 1] as const);
    expect(addressesOf([end(4)], peers).peer).toEqual([
      ['ff:ff:ff:ff:ff:ff', '192.0.2.255'],
      ['ff:ff:ff:ff:ff:ff', '255.255.255.255'],
    ]);
  });
});

describe('addresses that were kept', () => {
  const profile = {
    ...profileOf(4, 6),
    addresses: { local: '192.168.1.9', peer: '203.0.113.77', localMac: '44:65:0d:56:cc:d3' },
  };
  const locals = [
    end(4, 'host', '192.168.1.20'),
    end(4, 'host', '192.168.1.9'),
    end(6, 'host', 'fd00::9'),
    end(6, 'linkLocal', 'fe80::9'),
  ];
  // The end with most packets is not that of the busiest conversation.
  const peers = [
    [end(4, 'host', '203.0.113.77'), 10],
    [end(4, 'host', '203.0.113.78'), 20],
    [end(6, 'host', 'fd00::a'), 5],
    [end(4, 'host', '192.168.1.21'), 1],
    [end(4, 'broadcast', '192.168.1.255'), 1],
    [end(6, 'linkLocal', 'fe80::a'), 1],
  ] as const;
  const of = (options: IdentityOptions, device = 0) => {
    const conversations = conversationsWith(locals, peers);
    const addresses = deviceAddresses(conversations, identityOf(profile, options), device);
    return {
      local: locals.map((_, i) => text(addresses.local(i).address)),
      peer: peers.map((_, i) => text(addresses.peer(locals.length + i).address)),
    };
  };

  test('are those of the ends that had them', () => {
    expect(of({})).toEqual({
      local: locals.map(({ address }) => address),
      peer: peers.map(([{ address }]) => address),
    });
  });

  test('give way to what the user wants', () => {
    const { local, peer } = of({ clientIp: '10.0.0.1', serverIp: '10.0.0.2' });
    expect(local).toEqual(['10.0.0.1', '192.168.1.9', 'fd00::9', 'fe80::9']);
    expect(peer[1]).toBe('10.0.0.2');
    expect(peer[0]).toBe('203.0.113.77');
  });

  test('are followed by those of further devices, which take nobody’s', () => {
    // .20 is the first device; .21 is a peer, so the second is .22 and so on.
    expect(of({}, 1).local).toEqual(['192.168.1.22', '192.168.1.10', 'fd00::b', 'fe80::b']);
    expect(of({}, 1).peer).toEqual(of({}).peer);
    expect(of({}, 2).local[0]).toBe('192.168.1.23');
  });
});

test('a map changes every address in the end, but of those who have none', () => {
  const maps = parseAddressMaps(['192.0.2.0/24=10.1.2.0/24', '198.51.100.1=10.9.9.9']);
  const options = { map: (address: ReturnType<typeof parseAddress>) => maps.map(address) };
  const { local, peer } = addressesOf([end(4), end(4, 'unspecified')], [PEER, [end(4, 'broadcast'), 1]], {
    options,
    device: 4,
  });
  expect(local.map(([, address]) => address)).toEqual(['10.1.2.5', '0.0.0.0']);
  expect(peer.map(([, address]) => address)).toEqual(['10.9.9.9', '10.1.2.255']);
});
