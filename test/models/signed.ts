/** Model files that were tampered with by somebody who knows of the digest: what the other checks are there for. */
import { decodeSafetensors, digestOf, encodeSafetensors } from '../../src/tensors.js';

/** The file of a Markov chain with the first of the candidates that were compared: it stands for all, and tests of every byte are shorter. */
export function withOneCandidate(file: Uint8Array): Uint8Array {
  const { tensors, metadata } = decodeSafetensors(file);
  const summary = JSON.parse(metadata['summary']!) as { candidates: unknown[] };
  const short = JSON.stringify({ ...summary, candidates: summary.candidates.slice(0, 1) });
  return encodeSafetensors(tensors, { ...metadata, summary: short });
}

/** The file with a digest that is right, if it has a header that can hold one; else as it is. */
export function signed(file: Uint8Array): Uint8Array {
  try {
    const headerBytes = Number(new DataView(file.buffer, file.byteOffset).getBigUint64(0, true));
    const text = new TextDecoder('utf-8', { fatal: true }).decode(file.subarray(8, 8 + headerBytes));
    const header = JSON.parse(text) as Record<string, Record<string, unknown>>;
    const data = file.subarray(8 + headerBytes);
    const { sha256: _, ...metadata } = header['__metadata__'] ?? {};
    // In place, so that what else is in the text stays as odd as it is.
    const unsigned = { ...header, __metadata__: metadata };
    const digest = digestOf(unsigned, data);
    const changed = new TextEncoder().encode(
      header['__metadata__']?.['sha256'] === undefined
        ? JSON.stringify({ ...header, __metadata__: { ...metadata, sha256: digest } })
        : text.replace(/"sha256":"[0-9a-f]*"/, `"sha256":"${digest}"`),
    );
    const whole = new Uint8Array(8 + changed.length + data.length);
    new DataView(whole.buffer).setBigUint64(0, BigInt(changed.length), true);
    whole.set(changed, 8);
    whole.set(data, 8 + changed.length);
    return whole;
  } catch {
    return file;
  }
}
