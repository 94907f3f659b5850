/**
 * @module
 * Named arrays with shapes, and how they become bytes: safetensors, an 8-byte header length, a JSON header, raw little-endian
 * data (https://github.com/huggingface/safetensors, “Format”). Whatever is read is checked before anything is allocated.
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { SynthError } from './errors.js';

export type TensorData = Uint8Array | Uint32Array | Int32Array | Float32Array | Float64Array;

export interface Tensor {
  readonly shape: readonly number[];
  readonly data: TensorData;
}

export type Tensors = ReadonlyMap<string, Tensor>;

const TYPES = {
  U8: { bytes: 1, make: (buffer: ArrayBuffer) => new Uint8Array(buffer) },
  U32: { bytes: 4, make: (buffer: ArrayBuffer) => new Uint32Array(buffer) },
  I32: { bytes: 4, make: (buffer: ArrayBuffer) => new Int32Array(buffer) },
  F32: { bytes: 4, make: (buffer: ArrayBuffer) => new Float32Array(buffer) },
  F64: { bytes: 8, make: (buffer: ArrayBuffer) => new Float64Array(buffer) },
} as const;

type TypeName = keyof typeof TYPES;

/** The reference implementation's bound on the header (100 MB) is generous; ours needs kilobytes. */
const MAX_HEADER_BYTES = 16 * 1024 * 1024;

const tensorSchema = z.object({
  dtype: z.enum(Object.keys(TYPES) as [TypeName, ...TypeName[]]), // the keys of a constant that has some
  shape: z.array(z.int().nonnegative()).max(8),
  data_offsets: z.tuple([z.int().nonnegative(), z.int().nonnegative()]),
});
const metadataSchema = z.record(z.string(), z.string());

function typeOf(data: TensorData): TypeName {
  if (data instanceof Float64Array) return 'F64';
  if (data instanceof Float32Array) return 'F32';
  if (data instanceof Int32Array) return 'I32';
  return data instanceof Uint32Array ? 'U32' : 'U8';
}

/** A one-dimensional tensor. */
export const vector = (data: TensorData): Tensor => ({ shape: [data.length], data });

/** Key of the metadata that holds the digest. */
const DIGEST = 'sha256';

/** SHA-256, in hex, of the header without the digest itself, and of the data behind it. */
export function digestOf(header: Readonly<Record<string, unknown>>, data: Uint8Array): string {
  const { [DIGEST]: _, ...metadata } = { ...(header['__metadata__'] as object) } as Record<string, unknown>; // any JSON value spreads
  const text = JSON.stringify({ ...header, __metadata__: metadata });
  return createHash('sha256').update(text).update(data).digest('hex');
}

/** The bytes of a safetensors file, with a digest in the metadata. Tensors go largest element first, so that each is aligned. */
export function encodeSafetensors(tensors: Tensors, metadata: Readonly<Record<string, string>>): Uint8Array {
  const entries = [...tensors].sort(([, a], [, b]) => TYPES[typeOf(b.data)].bytes - TYPES[typeOf(a.data)].bytes);
  const header: Record<string, unknown> = { __metadata__: metadata };
  const data = new Uint8Array(entries.reduce((sum, [, { data }]) => sum + data.byteLength, 0));
  let offset = 0;
  for (const [name, tensor] of entries) {
    const { buffer, byteOffset, byteLength } = tensor.data;
    data.set(new Uint8Array(buffer, byteOffset, byteLength), offset);
    header[name] = { dtype: typeOf(tensor.data), shape: tensor.shape, data_offsets: [offset, offset + byteLength] };
    offset += byteLength;
  }
  header['__metadata__'] = { ...metadata, [DIGEST]: digestOf(header, data) };
  const text = new TextEncoder().encode(JSON.stringify(header));
  const headerBytes = Math.ceil(text.length / 8) * 8;
  const file = new Uint8Array(8 + headerBytes + data.length).fill(0x20, 8, 8 + headerBytes);
  new DataView(file.buffer).setBigUint64(0, BigInt(headerBytes), true);
  file.set(text, 8);
  file.set(data, 8 + headerBytes);
  return file;
}

function invalid(message: string, cause?: unknown): SynthError {
  return new SynthError('SYNTH_MODEL_INVALID', message, { cause });
}

/**
 * Reads the bytes of a safetensors file.
 *
 * @throws SynthError `SYNTH_MODEL_INVALID` for any header or length that does not fit the file
 */
export function decodeSafetensors(file: Uint8Array): { tensors: Tensors; metadata: Readonly<Record<string, string>> } {
  if (file.length < 8) throw invalid(`is not a model file: ${file.length} bytes`);
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const headerBytes = view.getBigUint64(0, true);
  if (headerBytes > BigInt(Math.min(MAX_HEADER_BYTES, file.length - 8))) {
    throw invalid(`is not a model file: a header of ${headerBytes} bytes in a file of ${file.length}`);
  }
  const dataAt = 8 + Number(headerBytes);
  let header: Record<string, unknown>;
  try {
    header = z
      .record(z.string(), z.unknown())
      .parse(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(file.subarray(8, dataAt))));
  } catch (error) {
    throw invalid('is not a model file: its header is not JSON', error);
  }
  const { __metadata__: rawMetadata, ...entries } = header;
  const metadata = metadataSchema.safeParse(rawMetadata ?? {});
  if (!metadata.success) throw invalid('has metadata that is not text', metadata.error);
  const tensors = new Map<string, Tensor>();
  const described = Object.entries(entries).map(([name, entry]) => {
    const parsed = tensorSchema.safeParse(entry);
    if (!parsed.success) throw invalid(`has a malformed description of tensor “${name}”`, parsed.error);
    return { name, ...parsed.data };
  });
  described.sort((a, b) => a.data_offsets[0] - b.data_offsets[0] || a.data_offsets[1] - b.data_offsets[1]);
  // One behind the other, so that no byte is taken twice and none is left out.
  let covered = 0;
  for (const { name, dtype, shape, data_offsets } of described) {
    const [from, to] = data_offsets;
    if (from !== covered) throw invalid(`has a tensor “${name}” that begins at byte ${from} instead of ${covered}`);
    const elements = shape.reduce((product, size) => product * size, 1);
    const { bytes, make } = TYPES[dtype];
    if (to > file.length - dataAt || to - from !== elements * bytes) {
      throw invalid(`has a tensor “${name}” whose shape [${shape}] does not fit its bytes ${from} to ${to}`);
    }
    covered = to;
    const copy = new Uint8Array(to - from);
    copy.set(file.subarray(dataAt + from, dataAt + to));
    tensors.set(name, { shape, data: make(copy.buffer) });
  }
  if (covered !== file.length - dataAt) {
    throw invalid(`has ${file.length - dataAt} bytes of data, of which its tensors describe ${covered}`);
  }
  const { [DIGEST]: digest, ...rest } = metadata.data;
  if (digest !== digestOf(header, file.subarray(dataAt))) {
    throw invalid('is damaged: its content is not what its digest says');
  }
  return { tensors, metadata: rest };
}

type Constructor<T extends TensorData> = new (length: number) => T;

/** Takes typed tensors out of a file, each with the checks that every kind of model needs. */
export class TensorReader {
  readonly #tensors: Tensors;

  constructor(tensors: Tensors) {
    this.#tensors = tensors;
  }

  /**
   * The vector of this name and type.
   *
   * @throws SynthError `SYNTH_MODEL_INVALID` if it is missing, of another type, or has numbers that are not finite
   */
  vector<T extends TensorData>(name: string, type: Constructor<T>): T {
    return this.#read(name, type, ({ length }) => length === 1);
  }

  /** The same for a tensor of this shape, row by row. */
  tensor<T extends TensorData>(name: string, type: Constructor<T>, shape: readonly number[]): T {
    return this.#read(name, type, (found) => found.length === shape.length && shape.every((n, i) => n === found[i]));
  }

  /** The shape of a tensor, or undefined if there is none of this name. */
  shape(name: string): readonly number[] | undefined {
    return this.#tensors.get(name)?.shape;
  }

  #read<T extends TensorData>(name: string, type: Constructor<T>, fits: (shape: readonly number[]) => boolean): T {
    const tensor = this.#tensors.get(name);
    if (tensor === undefined) throw invalid(`lacks the tensor “${name}”`);
    const { data, shape } = tensor;
    if (!(data instanceof type) || !fits(shape)) throw invalid(`has a tensor “${name}” of the wrong type or shape`);
    if (data.some((value) => !Number.isFinite(value)))
      throw invalid(`has a tensor “${name}” with a value that is not finite`);
    return data;
  }
}

/** @throws SynthError `SYNTH_MODEL_INVALID` unless `condition` holds */
export function requireModel(condition: boolean, problem: string): asserts condition {
  if (!condition) throw invalid(problem);
}
