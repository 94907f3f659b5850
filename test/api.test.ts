/** The public API as a program uses it: paths and plain options, defaults for the rest. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as api from '../src/index.js';
import { ACTIONS } from '../src/wording.js';
import { expectSynthError } from './support/read.js';

const DOORBELL = 'fixtures/doorbell/doorbell.pcap';
const DEVICE = '02:00:00:00:00:17';
const FLOW = 'UDP 10.77.0.17:40004 10.77.0.1:5004';

let folder: string;
let model: api.TrainedModel;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'synth-api-'));
  model = await api.train(DOORBELL, { device: DEVICE, fit: { quantizer: 'empirical', threads: 1 } });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const file = (name: string) => join(folder, name);

test('exports what is documented, and nothing else', () => {
  expect(Object.keys(api).sort()).toEqual(
    [
      ['train', 'saveModel', 'loadModel', 'generate', 'sample', 'evaluate', 'compare'],
      ['emit', 'sink', 'planFleet', 'runFleet'],
      ['inspect', 'readSeries', 'readCaptures', 'captureInput', 'extract', 'rewrite', 'collect'],
      ['registerModelKind', 'SynthError'],
    ]
      .flat()
      .sort(),
  );
});

test('what errors advise to call is exported', () => {
  const named = Object.values(ACTIONS).flatMap((text) => [...text.matchAll(/(\w+)\(\)/g)].map(([, name]) => name!));
  expect(named.length).toBeGreaterThan(5);
  expect(named.filter((name) => !(name in api))).toEqual([]);
});

describe('a model', () => {
  test('is the busiest device of a capture where no target is named', async () => {
    const busiest = await api.train(DOORBELL, { fit: { quantizer: 'empirical', threads: 1 } });
    expect(busiest.profile.kind).toBe('device');
  });

  test('is saved, found by its path, and never written over without being told', async () => {
    await api.saveModel(model, file('m.safetensors'));
    const loaded = await api.loadModel(file('m.safetensors'));
    expect([loaded.hash, loaded.training]).toEqual([model.hash, model.training]);
    await expectSynthError(api.saveModel(model, file('m.safetensors')), 'SYNTH_OUTPUT_EXISTS');
    await api.saveModel(model, file('m.safetensors'), { force: true });
  });

  test.each([
    ['both a device and a flow', { device: DEVICE, flow: FLOW }, 'SYNTH_USAGE'],
    ['an address that is none', { device: 'kitchen' }, 'SYNTH_TARGET_INVALID'],
    ['a kind that is none', { device: DEVICE, model: 'crystal-ball' }, 'SYNTH_USAGE'],
  ] as const)('is not trained on %s', async (_, options, code) => {
    await expectSynthError(api.train(DOORBELL, options), code);
  });
});

describe('generate', () => {
  test('writes the same bytes for the same seed, from a model and from its file', async () => {
    await api.saveModel(model, file('g.safetensors'));
    const first = await api.generate(model, { out: file('a.pcap'), duration: '10m', seed: '7' });
    await api.generate(file('g.safetensors'), { out: file('b.pcap'), duration: 600, seed: '7' });
    expect(await readFile(file('a.pcap'))).toEqual(await readFile(file('b.pcap')));
    expect([first.seed, first.packets > 0, first.spanNs <= 600e9]).toEqual(['7', true, true]);
  });

  test('draws a seed and says which, and generates as much as was learned', async () => {
    const { packets, seed } = await api.generate(model, { out: file('c.csv') });
    expect(packets).toBe(model.training.packets);
    const { series } = await api.readSeries(file('c.csv'));
    const again = api.collect(api.sample(model, { seed }));
    expect([...again.sizes]).toEqual([...series[0]!.sizes]);
  });

  test.each([
    ['less than a packet', { packets: -1 }],
    ['no device', { devices: 0 }],
    ['an MTU that is no number', { mtu: Number.NaN }],
    ['a time that is none', { startTime: new Date('x') }],
    ['a duration of nothing', { duration: 0 }],
    ['a duration that is none', { duration: 'soon' }],
  ])('refuses %s', async (_, options) => {
    await expectSynthError(api.generate(model, { out: file('never.pcap'), ...options }), 'SYNTH_USAGE');
  });
});

test('evaluate ranks a model beside its capture, and compare judges packets in memory', async () => {
  await api.saveModel(model, file('e.safetensors'));
  const options = { device: DEVICE, seed: '1', seeds: 1, bootstrap: 0 };
  const { candidates, seed } = await api.evaluate(DOORBELL, file('e.safetensors'), options);
  expect(seed).toBe('1');
  expect(candidates[0]!.evaluation.score).toBeGreaterThan(50);
  const { series } = await api.readSeries(DOORBELL, { device: DEVICE });
  const { score } = await api.compare(series[0]!, [api.collect(api.sample(model, { seed: '1' }))], options);
  expect(score).toBeGreaterThan(50);
});

test('what is emitted arrives at a sink', async () => {
  let report: ReturnType<typeof api.sink> | undefined;
  const url = await new Promise<string>((onListening) => {
    report = api.sink({ listen: 'udp://127.0.0.1:0', packets: 5, out: file('arrived.csv'), onListening });
  });
  const sent = await api.emit(model, { to: url, packets: 5, rate: '1000/s', seed: '1' });
  expect([sent.sent.packets, sent.seed]).toEqual([5, '1']);
  expect((await report!).packets).toBe(5);
});

test('captures are looked into, extracted and rewritten', async () => {
  const { devices } = await api.inspect(DOORBELL);
  expect(devices.length).toBeGreaterThan(0);
  const extracted = await api.extract(DOORBELL, { device: DEVICE, out: file('x.csv') });
  const rewritten = await api.rewrite(DOORBELL, {
    device: DEVICE,
    out: file('r.pcap'),
    map: ['10.77.0.0/24=192.0.2.0/24'],
  });
  expect(rewritten.packets).toBe(extracted.packets);
  const { series } = await api.readSeries(file('r.pcap'), { device: '192.0.2.17' });
  expect(series[0]!.length).toBeGreaterThan(0);
});

test.each([
  ['no capture', () => api.inspect([])],
  ['no address to listen on', () => api.sink({ listen: [] })],
  ['no target', () => api.emit(DOORBELL, {})],
  ['two targets', () => api.emit(DOORBELL, { to: 'udp://127.0.0.1:9', interface: 'lo' })],
  ['two rates', () => api.emit(DOORBELL, { to: 'udp://127.0.0.1:9', rate: '1/s', speed: '2x' })],
  ['part of a packet', () => api.emit(DOORBELL, { to: 'udp://127.0.0.1:9', packets: 0.5 })],
  ['more held out than there is', () => api.train(DOORBELL, { holdout: 1 })],
])('%s is a mistake that is told', async (_, call) => {
  await expectSynthError(Promise.resolve().then<unknown>(call), 'SYNTH_USAGE');
});

test('what is not given does not undo an anonymisation', async () => {
  const undone = { addresses: [], erasePayload: undefined, snapLength: undefined } as object;
  await api.rewrite(DOORBELL, { out: file('anonymous.pcap'), anonymize: true, frames: undone });
  await expectSynthError(api.readSeries(file('anonymous.pcap'), { device: DEVICE }), 'SYNTH_TARGET_NOT_FOUND');
});

test('a fleet is planned without connecting to anything', async () => {
  const plan = await api.planFleet('examples/mqtt.yaml', { devices: 20 });
  expect(plan.devices).toBe(20);
});
