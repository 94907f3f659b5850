/**
 * @module
 * Columns that are mostly zero, in model files: the indices and values of what is not.
 */
import { requireModel, type Tensor, type TensorReader, vector } from '../tensors.js';

export function saveSparse(
  name: string,
  column: Iterable<readonly [index: number, value: number]>,
  tensors: Map<string, Tensor>,
): void {
  const entries = [...column].filter(([, value]) => value !== 0).sort(([a], [b]) => a - b);
  tensors.set(`${name}.index`, vector(Uint32Array.from(entries, ([index]) => index)));
  tensors.set(`${name}.value`, vector(Float64Array.from(entries, ([, value]) => value)));
}

/** What is counted, and times in ns: a sum of as many as there are is still a number. */
const MAX_VALUE = 1e30;

/**
 * @param length of the column
 * @throws SynthError `SYNTH_MODEL_INVALID`
 */
export function* loadSparse(
  name: string,
  reader: TensorReader,
  length: number,
): Generator<readonly [index: number, value: number], void> {
  const index = reader.vector(`${name}.index`, Uint32Array);
  const value = reader.vector(`${name}.value`, Float64Array);
  const valid =
    index.length === value.length &&
    value.every((one) => one > 0 && one < MAX_VALUE) &&
    index.every((one) => one < length);
  requireModel(valid, `has counts “${name}” that contradict themselves`);
  for (let i = 0; i < index.length; i++) yield [index[i]!, value[i]!];
}
