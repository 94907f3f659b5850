/** Conversations in model files: what is in them, what is not, and what becomes of files that are damaged or lie. */
import { beforeAll, describe, expect, test } from 'vitest';
import { SynthError } from '../../src/errors.js';
import {
  decodeModelFile,
  encodeModelFile,
  type LoadedModel,
  type TrainedModel,
} from '../../src/model-files/model-file.js';
import { type Address, formatAddress, parseAddress } from '../../src/net/address.js';
import type { Conversation, PacketSeries } from '../../src/packets/packet-series.js';
import { randomStream } from '../../src/random.js';
import { parseDevice } from '../../src/series/target.js';
import { ChannelFactory } from '../../src/synthesis/channel-factory.js';
import { deviceAddresses } from '../../src/synthesis/device-addresses.js';
import { FramePlanner } from '../../src/synthesis/frame-planner.js';
import { identityOf } from '../../src/synthesis/identity.js';
import { createPayloadSource } from '../../src/synthesis/payload/payload-source.js';
import { decodeSafetensors, encodeSafetensors, type Tensor } from '../../src/tensors.js';
import { train } from '../../src/training/train.js';
import { conversation } from '../models/blocks.js';
import { signed, withOneCandidate } from '../models/signed.js';
import { assign } from './assigned.js';
import { household, MS, type Spoken, talk } from './talks.js';

/** A household that also talks to groups, to everybody, on the link and in IPv6. */
function large(): PacketSeries {
  const base = household(8);
  const more: readonly (readonly [string, string, number, [number | undefined, number | undefined], boolean?])[] = [
    ['192.168.77.102', '224.0.0.251', 17, [5353, 5353]],
    ['192.168.77.102', '192.168.77.255', 17, [40_000, 6667], true],
    ['0.0.0.0', '255.255.255.255', 17, [68, 67], true],
    ['169.254.44.55', '169.254.66.77', 17, [50_000, 9]],
    ['2a02:8071:b83:7a0::17', '2606:4700:4700::64', 6, [50_001, 853]],
    ['fe80::ab:cdff:fe12:3456', 'ff02::1:ff65:4321', 58, [undefined, undefined]],
    ['192.168.77.102', '203.0.113.5', 1, [undefined, undefined]],
  ];
  const conversations: Conversation[] = more.map(([local, peer, protocol, ports, broadcast]) => ({
    ...conversation(local, peer, 6, protocol, ports),
    broadcast,
  }));
  const spoken = Array.from(base.sizes, (size, i): Spoken => {
    const direction = base.outbound[i] === 1 ? 1 : 0;
    return [base.offsetsNs[i]!, size, direction, '', base.conversation[i]!];
  });
  for (const index of conversations.keys()) {
    for (let i = 0; i < 6; i++) {
      const flags = conversations[index]!.protocol === 6 && i === 0 ? 'S' : 'AP';
      spoken.push([
        (index * 1000 + i * 37) * MS,
        110 + 13 * index + i,
        index < 3 || i % 2 === 0 ? 1 : 0,
        flags,
        base.conversations.length + index,
      ]);
    }
  }
  const series = talk([...base.conversations, ...conversations], spoken);
  // The flags of the household, found again by time and size.
  const marks = new Map(Array.from(base.marks, (mark, i) => [`${base.offsetsNs[i]} ${base.sizes[i]}`, mark]));
  return {
    ...series,
    marks: series.marks.map((mark, i) => marks.get(`${series.offsetsNs[i]} ${series.sizes[i]}`) ?? mark),
  };
}

const SERIES = large();
const DEVICE_MAC = '44:65:0d:56:cc:d3';
/** What may be known of anybody. */
const COMMON = ['0.0.0.0', '255.255.255.255', '224.0.0.251'];
/** What may not. */
const PERSONAL: readonly Address[] = [
  ...SERIES.conversations.flatMap(({ local, peer }) => [local.address, peer.address]),
  parseAddress(DEVICE_MAC),
].filter((address) => !COMMON.includes(formatAddress(address)));

const trained = (keepAddresses: boolean) =>
  train([SERIES], parseDevice(DEVICE_MAC), {
    kind: 'markov',
    holdout: 0,
    keepAddresses,
    payloadOnly: false,
    fit: { quantizer: 'empirical' },
  });

let model: TrainedModel;
let file: Uint8Array;
let loaded: LoadedModel;
beforeAll(async () => {
  model = await trained(false);
  file = withOneCandidate(encodeModelFile(model));
  loaded = await decodeModelFile('m', file);
});

describe('a model file', () => {
  test('has no address of anybody in it, neither as text nor as bytes', () => {
    const bytes = Buffer.from(file);
    for (const address of PERSONAL) {
      expect(bytes.includes(formatAddress(address))).toBe(false);
      if (address.bytes.length > 4) expect(bytes.includes(Buffer.from(address.bytes))).toBe(false);
      else
        expect(
          bytes.includes(Buffer.from(address.bytes)) || bytes.includes(Buffer.from(address.bytes.toReversed())),
        ).toBe(false);
    }
    // The last three bytes of the solicited node are those of an address.
    expect(bytes.includes('65:4321')).toBe(false);
    expect(bytes.includes('224.0.0.251')).toBe(true);
  });

  test('has the addresses of the capture where they are to be kept', async () => {
    const bytes = Buffer.from(encodeModelFile(await trained(true)));
    for (const address of PERSONAL)
      expect([formatAddress(address), bytes.includes(formatAddress(address))]).toEqual([formatAddress(address), true]);
  });

  test('gives back the conversations that it was made of, and is the same file again', () => {
    const { records, services, ends, syns } = model.conversations!;
    expect(loaded.conversations!.services).toEqual(services);
    expect(loaded.conversations!.ends).toEqual(ends);
    expect(loaded.conversations!.syns).toEqual(syns);
    expect(loaded.conversations!.records).toEqual(records);
    expect(Buffer.compare(encodeModelFile(loaded), file)).toBe(0);
  });

  test('gives the same conversations to the same packets as the model that it was made of', () => {
    expect(assign([SERIES], loaded.conversations!)).toEqual(assign([SERIES], model.conversations!));
    expect(assign([SERIES], loaded.conversations!).opened.length).toBeGreaterThan(20);
  });

  test('of a table has none', async () => {
    const options = { kind: 'markov', holdout: 0, keepAddresses: false, payloadOnly: false };
    const made = await train([{ ...SERIES, conversations: [] }], undefined, options);
    const { conversations } = await decodeModelFile('m', encodeModelFile(made));
    expect(conversations).toBeUndefined();
  });
});

/** A model that loads must be of use: its packets get conversations that have addresses and frames. */
function expectUsable({ conversations, profile, model }: LoadedModel): void {
  if (conversations === undefined) return;
  assign([SERIES], conversations);
  const random = randomStream('1', 'x');
  const channels = { payload: createPayloadSource('zeros', random), random, strictSizes: false };
  const planner = new FramePlanner({ mtu: Number.POSITIVE_INFINITY, oversize: 'error' });
  for (const device of [0, 1]) {
    const addresses = deviceAddresses(conversations, identityOf(profile, {}), device);
    const factory = new ChannelFactory(channels, conversations, addresses);
    for (let record = 0; record < conversations.records.length; record++) {
      const channel = factory.open({ record, localPort: 1, peerPort: 2 });
      if (factory.mayOpen(record, 1, 100)) planner.plan(channel, { sizeBytes: 100, outbound: 1, role: 0 }, 0);
    }
  }
  for (const _ of model.sample(random, { packets: 20, durationNs: Number.POSITIVE_INFINITY }));
}

async function outcome(bytes: Uint8Array): Promise<'valid' | 'invalid'> {
  try {
    expectUsable(await decodeModelFile('m', bytes));
    return 'valid';
  } catch (error) {
    if (error instanceof SynthError && error.code === 'SYNTH_MODEL_INVALID') return 'invalid';
    throw error;
  }
}

type Change = (tensors: Map<string, Tensor>, summary: Record<string, unknown[]>) => void;

/** The same file, changed and signed again. */
function changed(change: Change): Uint8Array {
  const { tensors, metadata } = decodeSafetensors(file);
  const copies = new Map([...tensors].map(([key, { shape, data }]) => [key, { shape, data: data.slice() }]));
  const summary = JSON.parse(metadata['conversations']!) as Record<string, unknown[]>;
  change(copies, summary);
  return encodeSafetensors(copies, { ...metadata, conversations: JSON.stringify(summary) });
}

const tensorNames = () =>
  [...decodeSafetensors(file).tensors.keys()].filter((name) => name.startsWith('conversations.'));

describe('a damaged file', () => {
  test('without damage is taken', async () => {
    expect(await outcome(changed(() => {}))).toBe('valid');
  });

  test('that lacks any of its tensors is refused', async () => {
    expect(tensorNames().length).toBeGreaterThan(30);
    for (const name of tensorNames()) {
      expect([name, await outcome(changed((tensors) => tensors.delete(name)))]).toEqual([name, 'invalid']);
    }
  });

  test('that has any of its tensors longer, shorter, of another shape or of another type is refused', async () => {
    for (const name of tensorNames()) {
      const changes: readonly ((tensor: Tensor) => Tensor)[] = [
        ({ data }) => ({ shape: [data.length + 1], data: Float64Array.from([...data, 1]) }),
        ({ data }) => ({ shape: [data.length], data: Int32Array.from(data) }),
        ({ data }) => ({ shape: [1, data.length], data }),
        ({ data }) => ({ shape: [Math.max(0, data.length - 1)], data: data.slice(0, -1) }),
      ];
      for (const [i, change] of changes.entries()) {
        const bytes = changed((tensors) => {
          tensors.set(name, change(tensors.get(name)!));
        });
        // What is empty cannot be shorter.
        const isSame = i === 3 && decodeSafetensors(file).tensors.get(name)!.data.length === 0;
        expect([name, i, await outcome(bytes)]).toEqual([name, i, isSame ? 'valid' : 'invalid']);
      }
    }
  });

  test('that has an extreme number anywhere gives a model or is refused', async () => {
    const counts = { valid: 0, invalid: 0 };
    const extremes = [0, -1, 0.5, 1e300, 2 ** 31, 2 ** 32 - 1, Number.NaN, Number.POSITIVE_INFINITY, 0x1_0000];
    let next = 0;
    for (const name of tensorNames()) {
      const { length } = decodeSafetensors(file).tensors.get(name)!.data;
      for (let at = 0; at < length; at += 1 + Math.floor(length / 12)) {
        const bytes = changed((tensors) => {
          tensors.get(name)!.data[at] = extremes[next++ % extremes.length]!;
        });
        counts[await outcome(bytes)]++;
      }
    }
    expect(counts.valid).toBeGreaterThan(20);
    expect(counts.invalid).toBeGreaterThan(100);
  });

  test('that has another value anywhere in its lists gives a model or is refused', async () => {
    const counts = { valid: 0, invalid: 0 };
    const values = [
      null,
      -1,
      0.5,
      70_000,
      15,
      '',
      'constructor',
      '203.0.113.7',
      'fd00::7',
      true,
      [],
      {},
      'group',
      4,
      6,
    ];
    const { metadata } = decodeSafetensors(file);
    const lists = JSON.parse(metadata['conversations']!) as Record<string, Record<string, unknown>[]>;
    for (const [list, entries] of Object.entries(lists)) {
      for (const key of Object.keys(entries[0]!)) {
        for (const value of values) {
          for (const index of new Set([0, entries.length - 1])) {
            const bytes = changed((_, summary) => {
              (summary[list] as Record<string, unknown>[])[index]![key] = value;
            });
            counts[await outcome(bytes)]++;
          }
        }
      }
    }
    expect(counts.valid).toBeGreaterThan(10);
    expect(counts.invalid).toBeGreaterThan(100);
  });

  test('that has changed bytes anywhere in its header, signed again, gives a model or is refused', async () => {
    const headerBytes = Number(new DataView(file.buffer).getBigUint64(0, true));
    const text = new TextDecoder().decode(file.subarray(8, 8 + headerBytes));
    let invalid = 0;
    for (let at = text.indexOf('"conversations"'); at < text.indexOf('"sha256"'); at += 11) {
      const damaged = file.slice();
      damaged[8 + at]! ^= [0x01, 0x10, 0x04, 0x40][at % 4]!;
      if ((await outcome(signed(damaged))) === 'invalid') invalid++;
    }
    expect(invalid).toBeGreaterThan(20);
  });
});

describe('lies', () => {
  const set =
    (name: string, at: number, value: number): Change =>
    (tensors) => {
      tensors.get(`conversations.${name}`)!.data[at] = value;
    };
  const LIES: readonly (readonly [string, Change])[] = [
    ['no service', (_, summary) => summary['services']!.splice(0)],
    ['a service without connections', (_, summary) => summary['services']!.push(summary['services']![0])],
    ['65 services', (_, summary) => summary['services']!.push(...new Array<unknown>(65).fill(summary['services']![0]))],
    ['no ends', (_, summary) => summary['ends']!.splice(0)],
    ['no SYNs', (_, summary) => summary['syns']!.splice(0)],
    ['a connection of a service that there is not', set('record.service', 0, 64)],
    ['a connection with an end that there is not', set('record.peer', 0, 10_000)],
    ['a device with an end that there is not', set('record.local', 0, 10_000)],
    ['a SYN that there is not', set('record.syn', 0, 10_000)],
    ['a port of 17 bits', set('record.localPort', 0, 0x1_0002)],
    ['a step that there is not', set('record.firstStep', 0, 12)],
    ['a connection without packets', set('record.packets', 0, 0)],
    ['more packets of the closing than packets', set('record.closingPackets', 0, 1e6)],
    ['a size of 4 GB', set('sizes', 1, 4e9)],
    ['a size that never was', set('sizes', 2, 0)],
    ['a count of NaN', set('steps.value', 0, Number.NaN)],
    ['a count without end', set('waited.value', 0, Number.POSITIVE_INFINITY)],
    ['a count of nothing', set('openings.value', 0, 0)],
    ['a place beyond the table', set('steps.index', 0, 2 ** 31)],
    ['an end of another IP version', (_, { ends }) => Object.assign(ends![0]!, { ipVersion: 6 })],
    ['an address of another IP version', (_, { ends }) => Object.assign(ends![0]!, { address: 'fd00::1' })],
    ['an address that is none', (_, { ends }) => Object.assign(ends![0]!, { address: 'anybody' })],
    ['a MAC address for an IP address', (_, { ends }) => Object.assign(ends![0]!, { address: DEVICE_MAC })],
    [
      'a group of nobody knows which address',
      (_, { ends }) => Object.assign(ends![0]!, { kind: 'group', address: null }),
    ],
  ];

  test.each(LIES)('%s: refused', async (_, change) => {
    expect(await outcome(changed(change))).toBe('invalid');
  });
});
