/**
 * @module
 * The only source of randomness. A seed names a family of independent streams, and a stream has a path, for example
 * `seed/device-17/outbound`, so that what one part of a run draws never depends on what another part drew.
 */
import { randomBytes, randomInt } from 'node:crypto';
import seedrandom from 'seedrandom';

/** A stream of pseudo-random numbers. */
export interface Random {
  /** The next number, uniform in [0, 1), with 32 bits of resolution. */
  next(): number;
  /** The stream whose path is that of this one with a part added. It does not depend on what this one has drawn. */
  split(part: string): Random;
}

/**
 * The stream of a seed with a given path. The same seed and path give the same numbers on every machine.
 *
 * Alea (Johannes Baagøe, 2010), by seedrandom: the fastest of its generators in plain JavaScript.
 */
export function randomStream(seed: string, path: string): Random {
  return { next: seedrandom.alea(`${seed}/${path}`), split: (part) => randomStream(seed, `${path}/${part}`) };
}

/** A fresh seed, short enough to be typed again. */
export function drawSeed(): string {
  return String(randomInt(2 ** 47));
}

/** Bytes that nobody can guess or repeat, for a key. */
export function drawKey(length: number): Uint8Array {
  return new Uint8Array(randomBytes(length));
}
