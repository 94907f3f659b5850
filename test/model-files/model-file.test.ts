import { beforeAll, describe, expect, test } from 'vitest';
import { SynthError } from '../../src/errors.js';
import { decodeModelFile, encodeModelFile, type TrainedModel } from '../../src/model-files/model-file.js';
import { collect } from '../../src/packets/packet-series.js';
import { randomStream } from '../../src/random.js';
import { parseDevice } from '../../src/series/target.js';
import { decodeSafetensors, encodeSafetensors, type Tensors, vector } from '../../src/tensors.js';
import { train } from '../../src/training/train.js';
import { conversation, requests, seriesOf } from '../models/blocks.js';
import { signed, withOneCandidate } from '../models/signed.js';
import { expectSynthError } from '../support/read.js';

const DEVICE = '44:65:0d:56:cc:d3';
const LOCAL = '192.168.77.102';
const PEER = '203.0.113.205';

const trained = (keepAddresses = false) =>
  train([seriesOf(requests(12), [conversation(LOCAL, PEER, 12)])], parseDevice(DEVICE), {
    kind: 'markov',
    holdout: 0,
    keepAddresses,
    payloadOnly: false,
    fit: { quantizer: 'empirical' },
  });

let model: TrainedModel;
let file: Uint8Array;
let headerBytes: number;

beforeAll(async () => {
  model = await trained();
  file = encodeModelFile(model);
  headerBytes = Number(new DataView(file.buffer).getBigUint64(0, true));
});

/** Decodes; a model that is accepted must also be usable. */
async function outcome(bytes: Uint8Array): Promise<'valid' | 'invalid'> {
  try {
    const { model } = await decodeModelFile('m', bytes);
    const block = collect(model.sample(randomStream('1', 'x'), { packets: 20, durationNs: Number.POSITIVE_INFINITY }));
    expect(block.length).toBe(20);
    expect(block.offsetsNs.every((time, i) => i === 0 || time >= block.offsetsNs[i - 1]!)).toBe(true);
    expect(block.sizes.every((size) => size >= 20 && size <= 262_144)).toBe(true);
    return 'valid';
  } catch (error) {
    if (error instanceof SynthError && error.code === 'SYNTH_MODEL_INVALID') return 'invalid';
    throw error;
  }
}

/** The same file with another header. */
function withHeader(change: (header: Record<string, Record<string, unknown>>) => void, source = file): Uint8Array {
  const header = JSON.parse(new TextDecoder().decode(source.subarray(8, 8 + headerBytes)));
  change(header);
  return signed(withHeaderText(JSON.stringify(header), source));
}

function withHeaderText(text: string, source = file): Uint8Array {
  const bytes = new TextEncoder().encode(text);
  const whole = new Uint8Array(8 + bytes.length + source.length - 8 - headerBytes);
  new DataView(whole.buffer).setBigUint64(0, BigInt(bytes.length), true);
  whole.set(bytes, 8);
  whole.set(source.subarray(8 + headerBytes), 8 + bytes.length);
  return whole;
}

describe('a model file', () => {
  test('samples the same after a round trip, and is the same file again', async () => {
    const loaded = await decodeModelFile('m', file);
    const limit = { packets: 5000, durationNs: Number.POSITIVE_INFINITY };
    const sample = (one: TrainedModel) => collect(one.model.sample(randomStream('1', 'packets'), limit));
    expect(sample(loaded)).toEqual(sample(model));
    expect(loaded.profile).toEqual(model.profile);
    expect(loaded.training).toEqual(model.training);
    expect(Buffer.compare(encodeModelFile(loaded), file)).toBe(0);
    expect(loaded.hash).toMatch(/^[0-9a-f]{64}$/);
  });

  test('is laid out as safetensors: a header of a multiple of eight bytes, padded with spaces, tensors aligned', () => {
    // https://github.com/huggingface/safetensors, “Format”.
    expect(headerBytes % 8).toBe(0);
    expect(file[8]).toBe('{'.charCodeAt(0));
    const text = new TextDecoder().decode(file.subarray(8, 8 + headerBytes));
    expect(text).toMatch(/\} *$/);
    const { __metadata__, ...tensors } = JSON.parse(text);
    expect(__metadata__).toMatchObject({ format: 'synth-model', format_version: '1', kind: 'markov' });
    const BYTES: Record<string, number> = { U8: 1, U32: 4, I32: 4, F32: 4, F64: 8 };
    for (const { dtype, data_offsets } of Object.values<{ dtype: string; data_offsets: [number, number] }>(tensors)) {
      expect(data_offsets[0] % BYTES[dtype]!).toBe(0);
    }
  });

  test('has no captured address in it, neither as text nor as bytes', () => {
    const bytes = Buffer.from(file);
    for (const text of [DEVICE, DEVICE.replaceAll(':', ''), LOCAL, PEER]) expect(bytes.includes(text)).toBe(false);
    expect(bytes.includes(Buffer.from(DEVICE.replaceAll(':', ''), 'hex'))).toBe(false);
    for (const address of [LOCAL, PEER])
      expect(bytes.includes(Buffer.from(address.split('.').map(Number)))).toBe(false);
  });

  test('has the captured addresses where they are to be kept', async () => {
    const bytes = Buffer.from(encodeModelFile(await trained(true)));
    for (const text of [DEVICE, LOCAL, PEER]) expect(bytes.includes(text)).toBe(true);
  });
});

describe('damage', () => {
  test('a flipped bit in any byte of the header gives a model or SYNTH_MODEL_INVALID', async () => {
    const whole = withOneCandidate(file);
    expect(await outcome(whole)).toBe('valid');
    const bytes = 8 + Number(new DataView(whole.buffer).getBigUint64(0, true));
    let invalid = 0;
    for (let at = 0; at < bytes; at++) {
      const damaged = whole.slice();
      damaged[at]! ^= 1 << (at & 7);
      if ((await outcome(damaged)) === 'invalid') invalid++;
    }
    expect(invalid).toBeGreaterThan(0);
  });

  test('random bytes anywhere give a model or SYNTH_MODEL_INVALID', async () => {
    const random = randomStream('damage', 'bytes');
    for (let run = 0; run < 3000; run++) {
      const damaged = file.slice();
      for (let i = 0; i <= run % 4; i++) {
        damaged[Math.floor(random.next() * damaged.length)] = Math.floor(random.next() * 256);
      }
      await outcome(damaged);
    }
  });

  test('a file cut anywhere is refused', async () => {
    for (let length = 0; length < file.length; length += 1 + Math.floor(length / 200)) {
      expect(await outcome(file.subarray(0, length))).toBe('invalid');
    }
    expect(await outcome(file.subarray(0, file.length - 1))).toBe('invalid');
  });

  test('bytes behind the end are refused', async () => {
    expect(await outcome(Uint8Array.of(...file, 0))).toBe('invalid');
  });
});

describe('lies', () => {
  const NAME = 'chain.starts';
  const refused: readonly [string, () => Uint8Array][] = [
    ['a header of 4 GiB', () => withLength(0xffff_ffffn)],
    ['a header of 2^63 bytes', () => withLength(1n << 63n)],
    ['a header one byte longer than the file', () => withLength(BigInt(file.length - 7))],
    ['a header that is not an object', () => withHeaderText('[1,2]')],
    ['a header of brackets without end', () => withHeaderText('['.repeat(1_000_000))],
    ['a header that is not UTF-8', () => withHeaderText('{}').fill(0xff, 8, 10)],
    ['a shape that does not fit', () => withHeader((header) => (header[NAME]!['shape'] = [1]))],
    ['a shape of 2^53 elements', () => withHeader((header) => (header[NAME]!['shape'] = [2 ** 53 - 1, 2 ** 53 - 1]))],
    ['a negative shape', () => withHeader((header) => (header[NAME]!['shape'] = [-1]))],
    ['an unknown type', () => withHeader((header) => (header[NAME]!['dtype'] = 'F16'))],
    ['a type named constructor', () => withHeader((header) => (header[NAME]!['dtype'] = 'constructor'))],
    ['offsets the wrong way round', () => withHeader((header) => (header[NAME]!['data_offsets'] = [8, 0]))],
    ['a missing tensor', () => withHeader((header) => delete header[NAME])],
    ['metadata that are not text', () => withHeader((header) => (header['__metadata__']!['kind'] = 5))],
    ['no metadata', () => withHeader((header) => delete header['__metadata__'])],
    ['a format version to come', () => metadata('format_version', '2')],
    ['another format', () => metadata('format', 'pt')],
    ['the kind constructor', () => metadata('kind', 'constructor')],
    ['the kind __proto__', () => metadata('kind', '__proto__')],
    ['no kind', () => withHeader((header) => delete header['__metadata__']!['kind'])],
    ['a profile that is not JSON', () => metadata('profile', '{')],
    ['a profile of null', () => metadata('profile', 'null')],
    ['a protocol of 256', () => metadata('profile', JSON.stringify({ ...model.profile, protocol: 256 }))],
    ['a port of 65536', () => metadata('profile', JSON.stringify({ ...model.profile, peerPort: 65_536 }))],
    ['all held out', () => metadata('training', JSON.stringify({ ...model.training, holdout: 1 }))],
    ['a summary of another kind', () => metadata('summary', '{}')],
    ['a tensor named __proto__', () => signed(withHeaderText(headerText().replace(`"${NAME}"`, '"__proto__"')))],
  ];
  const metadata = (key: string, value: string) => withHeader((header) => (header['__metadata__']![key] = value));
  const headerText = () => new TextDecoder().decode(file.subarray(8, 8 + headerBytes));
  const withLength = (length: bigint) => {
    const copy = file.slice();
    new DataView(copy.buffer).setBigUint64(0, length, true);
    return copy;
  };

  test.each(refused)('%s: SYNTH_MODEL_INVALID, with the name of the file and a hint', async (_, make) => {
    const error = await expectSynthError(decodeModelFile('my.model', make()), 'SYNTH_MODEL_INVALID');
    expect(error.message).toMatch(/^my\.model: /);
    expect(error.hint).toBeDefined();
  });

  const two = (a: [number, number], b: [number, number], bytes: number) => {
    const entry = (offsets: [number, number]) => ({
      dtype: 'U8',
      shape: [offsets[1] - offsets[0]],
      data_offsets: offsets,
    });
    const text = new TextEncoder().encode(JSON.stringify({ a: entry(a), b: entry(b) }));
    const whole = new Uint8Array(8 + text.length + bytes);
    new DataView(whole.buffer).setBigUint64(0, BigInt(text.length), true);
    whole.set(text, 8);
    return signed(whole);
  };

  test('tensors that lie one behind the other are read, in any order', () => {
    expect([...decodeSafetensors(two([4, 8], [0, 4], 8)).tensors.keys()].sort()).toEqual(['a', 'b']);
    expect(decodeSafetensors(two([0, 0], [0, 8], 8)).tensors.get('a')!.data.length).toBe(0);
  });

  test.each<[string, [number, number], [number, number], number]>([
    ['overlap', [0, 8], [4, 12], 12],
    ['overlap and leave as much out', [0, 4], [0, 4], 8],
    ['leave a hole', [0, 4], [8, 12], 12],
    ['leave the beginning out', [4, 8], [8, 12], 12],
    ['leave the end out', [0, 4], [4, 8], 9],
    ['reach beyond the end', [0, 4], [4, 9], 8],
  ])('tensors that %s are refused', async (_, a, b, bytes) => {
    await expectSynthError(() => decodeSafetensors(two(a, b, bytes)), 'SYNTH_MODEL_INVALID');
  });
});

test('tensors of every type come back as they were', () => {
  const tensors: Tensors = new Map([
    ['u8', vector(Uint8Array.of(1, 255))],
    ['u32', vector(Uint32Array.of(0xffff_ffff))],
    ['i32', vector(Int32Array.of(-5))],
    ['f32', vector(Float32Array.of(1.5))],
    ['f64', vector(Float64Array.of(Math.PI, 2 ** 53))],
    ['empty', vector(new Float64Array(0))],
    ['matrix', { shape: [2, 3], data: Float64Array.of(1, 2, 3, 4, 5, 6) }],
    ['part', vector(Float64Array.of(1, 2, 3).subarray(1))],
  ]);
  const decoded = decodeSafetensors(encodeSafetensors(tensors, { note: 'é' }));
  expect(decoded.metadata).toEqual({ note: 'é' });
  expect(decoded.tensors.size).toBe(tensors.size);
  for (const [name, { shape, data }] of tensors)
    expect(decoded.tensors.get(name)).toEqual({ shape, data: data.slice() });
});
