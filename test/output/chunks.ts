/** Bytes to be compressed, and not. */
import type { Output } from '../../src/output-file.js';
import { randomStream } from '../../src/random.js';

/** Bytes that cannot be compressed. */
export function noise(length: number): Uint8Array {
  const random = randomStream('1', 'noise');
  return Uint8Array.from({ length }, () => random.next() * 256);
}

export async function writeAll(output: Output, chunks: readonly Uint8Array[]): Promise<void> {
  for (const chunk of chunks) await output.write(chunk);
  await output.finish();
}

export const CHUNKS: readonly Uint8Array[] = [
  new TextEncoder().encode('one '),
  new Uint8Array(0),
  new Uint8Array(3_000_000).fill(7),
  noise(700_000),
];
