import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { TrafficModel } from '../../models/traffic-model.js';
import { captureInput } from '../../src/capture/capture-file.js';
import { openSource, type SourceOptions } from '../../src/emission/sources/open-source.js';
import type { SynthErrorCode } from '../../src/errors.js';
import { MessageTimes } from '../../src/fleet/device/message-times.js';
import { decodeModelFile, encodeModelFile, type LoadedModel } from '../../src/model-files/model-file.js';
import { IP_PROTOCOL } from '../../src/net/ip-protocol.js';
import { collect } from '../../src/packets/packet-series.js';
import { stackPacketBytes } from '../../src/packets/stack-packets.js';
import { randomStream } from '../../src/random.js';
import { loadSeries } from '../../src/series/load.js';
import { parseDevice, parseFlow, type Target } from '../../src/series/target.js';
import { generate } from '../../src/synthesis/generate.js';
import { identityOf } from '../../src/synthesis/identity.js';
import { train } from '../../src/training/train.js';
import { expectSynthError, readPackets } from '../support/read.js';
import { type PlanOptions, planOf } from './planned.js';

const DOORBELL = 'fixtures/doorbell/doorbell.pcap';
const INFINITE = Number.POSITIVE_INFINITY;
const SEED = '7';
const NO_SILENCE = { fromNs: INFINITE, scale: 1, maxNs: INFINITE };

let folder: string;
let device: LoadedModel;
let flow: LoadedModel;

async function trained(target: Target): Promise<LoadedModel> {
  const { series } = await loadSeries([DOORBELL], target);
  // The quickest to learn: sources ask models of all kinds for the same.
  const fit = { quantizer: 'empirical', threads: 1 } as const;
  const options = { kind: 'markov', holdout: 0, keepAddresses: false, payloadOnly: false, fit };
  return decodeModelFile('model', encodeModelFile(await train(series, target, options)));
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'synth-test-'));
  device = await trained(parseDevice('02:00:00:00:00:17'));
  flow = await trained(parseFlow('UDP 10.77.0.17:40004 10.77.0.1:5004'));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

const PACKETS = 1000;

const inputOf = (file: LoadedModel, more = {}) => ({
  kind: 'model' as const,
  file,
  seed: SEED,
  limit: { packets: PACKETS, durationNs: INFINITE },
  sampling: undefined,
  identity: identityOf(file.profile, {}),
  devices: 1,
  payload: 'protocol' as const,
  strictSizes: false,
  mtu: INFINITE,
  oversize: 'fragment' as const,
  spreadNs: 0,
  ...more,
});
type Input = ReturnType<typeof inputOf>;

const FRAMES: SourceOptions = { transport: 'frames', ipVersion: 4, directions: 'both' };

async function plan(input: Input, options: Partial<SourceOptions> = {}, schedule: PlanOptions = {}) {
  const { source } = await openSource(input, { ...FRAMES, ...options });
  return { ...(await planOf(source, schedule)), source };
}

/** The frames of a generated capture. */
async function generated({ file, ...input }: Input) {
  const out = join(folder, 'generated.pcap');
  await generate(file, { ...input, out, format: 'nsecpcap', force: true, startNs: 1_000_000_000_123n, inputs: [] });
  const { packets } = await readPackets(captureInput(out));
  return packets.map((packet) => ({ ...packet, offsetNs: Number(packet.timeNs - packets[0]!.timeNs) }));
}

async function expectError(action: Promise<unknown>, code: SynthErrorCode, message: string): Promise<void> {
  expect((await expectSynthError(action, code)).message).toContain(message);
}

const sampled = (file: LoadedModel, path = 'packets') =>
  collect(file.model.sample(randomStream(SEED, path), { packets: PACKETS, durationNs: INFINITE }));

describe('frames of a model', () => {
  test.each([
    ['one device', {}],
    ['three devices', { devices: 3 }],
    ['packets that are cut into segments and fragments', { mtu: 600, oversize: 'split' as const }],
    ['random payload', { payload: 'random' as const }],
    ['a payload that is written into the ring itself', { payload: 'zeros' as const, strictSizes: true }],
  ])('are those that generate writes with the same seed: %s', async (_, more) => {
    const input = inputOf(device, more);
    const wanted = await generated(input);
    const { packets, output } = await plan(input, {}, { ringBytes: 2 ** 20 });
    expect(packets.map(({ bytes }) => bytes)).toEqual(wanted.map(({ frame }) => frame));
    expect(packets.map(({ dueNs }) => dueNs)).toEqual(wanted.map(({ offsetNs }) => offsetNs));
    expect(packets.every(({ channel }) => channel === 0)).toBe(true);
    expect(output.packets).toBe(wanted.length);
  });

  test('of one direction are the same ones, without those of the other', async () => {
    const input = inputOf(device);
    const wanted = await generated(input);
    const mac = '00:00:5e:00:53:01';
    const out = wanted.filter(({ macs }) => macs[0] === mac);
    const sent = await plan(input, { directions: 'out' });
    expect(sent.packets.map(({ bytes }) => bytes)).toEqual(out.map(({ frame }) => frame));
    expect(sent.source.counts.otherDirection).toBe(wanted.length - out.length);
    const answers = await plan(input, { directions: 'in' });
    expect(answers.packets.map(({ bytes }) => bytes)).toEqual(
      wanted.filter(({ macs }) => macs[0] !== mac).map(({ frame }) => frame),
    );
  });

  test('are IP packets for raw sockets', async () => {
    const input = inputOf(device);
    const wanted = await generated(input);
    const { packets } = await plan(input, { transport: 'raw' });
    expect(packets.map(({ bytes }) => bytes)).toEqual(wanted.map(({ frame }) => frame.slice(28)));
  });

  test('are ended by the plan where the model goes on', async () => {
    const input = inputOf(device, { limit: { packets: INFINITE, durationNs: INFINITE } });
    const limited = await plan(input, {}, { limit: 20_000, ringBytes: 2 ** 20 });
    expect(limited.packets).toHaveLength(20_000);
    const short = await plan(input, { directions: 'out' }, { durationNs: 60e9 });
    expect(short.packets.at(-1)!.dueNs).toBeLessThanOrEqual(60e9);
    expect(short.packets.length).toBeGreaterThan(0);
  });
});

describe('messages of a model', () => {
  test('are as long as its packets without their headers', async () => {
    const { sizes, offsetsNs, outbound } = sampled(flow);
    const { packets } = await plan(inputOf(flow, { payload: 'zeros' }), { transport: 'udp', directions: 'out' });
    const wanted = Array.from(sizes, (size, i) => ({ size, dueNs: offsetsNs[i]!, out: outbound[i] === 1 }));
    expect(packets).toEqual(
      wanted
        .filter(({ out }) => out)
        // 20 bytes of IPv4 and 8 of UDP
        .map(({ size, dueNs }) => ({ dueNs, channel: 0, bytes: '00'.repeat(Math.max(0, size - 28)) })),
    );
  });

  test('leave packets without payload to the stack of a stream', async () => {
    const { sizes } = sampled(device);
    const { packets, source } = await plan(inputOf(device, { payload: 'pattern' }), { transport: 'tcp', ipVersion: 6 });
    // 40 bytes of IPv6 and 20 of TCP
    const lengths = Array.from(sizes, (size) => size - 60).filter((length) => length > 0);
    expect(packets.map(({ bytes }) => bytes.length / 2)).toEqual(lengths);
    expect(source.counts.leftToStack).toBe(sizes.length - lengths.length);
  });

  test('leave acknowledgements with options to the stack of a stream, as a fleet does', async () => {
    const drawn = Array.from({ length: 79 }, (_, i) => (i % 2 === 0 ? 152 : 52));
    const model = {
      kind: 'drawn',
      *sample() {
        yield {
          length: drawn.length,
          offsetsNs: Float64Array.from(drawn, (_, i) => i * 1e6),
          sizes: Uint32Array.from(drawn),
          outbound: new Uint8Array(drawn.length).fill(1),
        };
      },
    } as unknown as TrafficModel; // all that sources ask of it
    const file = { ...flow, model, profile: { ...flow.profile, protocol: IP_PROTOCOL.tcp } };
    const { packets, source } = await plan(inputOf(file, { payload: 'zeros' }), { transport: 'tcp' });
    expect(packets.map(({ bytes }) => bytes.length / 2)).toEqual(new Array(40).fill(112));
    expect(source.counts.leftToStack).toBe(39);

    const options = { speed: 1, silence: NO_SILENCE, stackBytes: stackPacketBytes(file), startNs: 0 };
    const messages = new MessageTimes(model, randomStream(SEED, 'packets'), options);
    let count = 0;
    while (messages.advance()) count++;
    expect([count, messages.leftToStack]).toEqual([packets.length, source.counts.leftToStack]);
  });

  test('of several devices are merged by time, each through its own channel', async () => {
    const { packets } = await plan(inputOf(flow, { devices: 3, payload: 'zeros' }), { transport: 'udp' });
    for (let channel = 0; channel < 3; channel++) {
      const { offsetsNs, sizes } = sampled(flow, channel === 0 ? 'packets' : `device-${channel}/packets`);
      const own = packets.filter((packet) => packet.channel === channel);
      expect(own.map(({ dueNs }) => dueNs)).toEqual([...offsetsNs]);
      expect(own.map(({ bytes }) => bytes.length / 2)).toEqual(Array.from(sizes, (size) => Math.max(0, size - 28)));
    }
  });

  test('of several devices begin at different times where they are spread', async () => {
    const spreadNs = 10e9;
    const { packets } = await plan(inputOf(flow, { devices: 5, payload: 'zeros', spreadNs }), { transport: 'udp' });
    const starts = [0, 1, 2, 3, 4].map((one) => packets.find(({ channel }) => channel === one)!.dueNs);
    expect(new Set(starts).size).toBe(5);
    expect(Math.max(...starts)).toBeLessThan(spreadNs);
    const { offsetsNs } = sampled(flow, 'device-3/packets');
    const own = packets.filter(({ channel }) => channel === 3);
    expect(own.map(({ dueNs }) => dueNs - starts[3]!)).toEqual([...offsetsNs]);
  });

  test.each(['random', 'protocol'] as const)(
    'carry a payload of kind %s, the same for the same seed',
    async (payload) => {
      const input = inputOf(flow, { payload });
      const [once, again] = [await plan(input, { transport: 'udp' }), await plan(input, { transport: 'udp' })];
      expect(once.packets).toEqual(again.packets);
      expect(once.packets.some(({ bytes }) => /[1-9a-f]/.test(bytes))).toBe(true);
    },
  );

  test('carry the bytes of a file, one after the other', async () => {
    const file = join(folder, 'payload.txt');
    await writeFile(file, 'abcdefghij');
    const { packets } = await plan(inputOf(flow, { payload: { file } }), { transport: 'udp', directions: 'out' });
    const all = Buffer.concat(packets.map(({ bytes }) => Buffer.from(bytes, 'hex'))).toString();
    expect(all).toBe('abcdefghij'.repeat(Math.ceil(all.length / 10)).slice(0, all.length));
  });

  test('speak a protocol only in the one conversation of a flow', async () => {
    await expectError(plan(inputOf(device), { transport: 'udp' }), 'SYNTH_USAGE', 'many conversations');
    await expectError(plan(inputOf(flow), { transport: 'tcp' }), 'SYNTH_USAGE', 'another protocol');
  });
});

describe('a model', () => {
  test('is not sent in rounds', async () => {
    await expectError(plan(inputOf(flow), {}, { rounds: 2 }), 'SYNTH_USAGE', 'rounds');
  });

  test('says why there is nothing to send', async () => {
    const silent = { ...flow, model: { ...flow.model, sample: onlyAcknowledgements, kind: 'test' } } as LoadedModel; // the rest is not asked for
    const input = inputOf(silent, { payload: 'zeros' });
    await expectError(plan(input, { transport: 'tcp' }), 'SYNTH_NOTHING_TO_SEND', '1000000 packets carry nothing');
    const inbound = plan(input, { transport: 'udp', directions: 'in' });
    await expectError(inbound, 'SYNTH_NOTHING_TO_SEND', '1000000 packets go the other way');
    await expectError(plan(input, { directions: 'in' }), 'SYNTH_NOTHING_TO_SEND', 'go the other way');
  });

  test('in which no time passes is not waited for', async () => {
    const silent = { ...flow, model: { ...flow.model, sample: onlyAcknowledgements, kind: 'test' } } as LoadedModel; // the rest is not asked for
    const input = inputOf(silent, { payload: 'zeros', limit: { packets: INFINITE, durationNs: INFINITE } });
    for (const transport of ['udp', 'frames'] as const) {
      await expectError(plan(input, { transport }, { durationNs: 1e9 }), 'SYNTH_USAGE', 'at the same time');
    }
  });
});

/** Without end, at one moment, outbound. */
function* onlyAcknowledgements() {
  const length = 4096;
  const block = {
    length,
    offsetsNs: new Float64Array(length),
    sizes: new Uint32Array(length).fill(40),
    outbound: new Uint8Array(length).fill(1),
  };
  for (let packets = 0; packets < 2_000_000; packets += length) yield block;
}
