/**
 * @module
 * Runs of packets that occur in two series, packet by packet the same. A run of n packets is known by a hash of 53 bits (two polynomial
 * rolling hashes, Karp & Rabin 1987), so that a sample is looked for in ten million packets in a fraction of a second.
 */

/** No hash is negative. */
const EMPTY = -1;
const BASES = [0x01000193, 0x2c9277b5] as const;

/**
 * Share of the runs of `n` packets of the sample that also occur in the other series.
 *
 * @param sample, other a symbol for each packet, with well-mixed bits as those of `hash32`; at least `n` of them
 */
export function sharedNgrams(sample: Int32Array, other: Int32Array, n: number): number {
  const mine = runHashes(sample, n);
  // Open addressing; the lower bits of a hash are as good as the others. At most half of the places are taken.
  const places = new Float64Array(2 ** Math.ceil(Math.log2(2 * mine.length))).fill(EMPTY);
  const seen = new Uint8Array(places.length);
  const placeOf = (hash: number): number => {
    let place = hash % places.length;
    while (places[place] !== EMPTY && places[place] !== hash) place = (place + 1) % places.length;
    return place;
  };
  for (let i = 0; i < mine.length; i++) places[placeOf(mine[i]!)] = mine[i]!;
  const theirs = runHashes(other, n);
  for (let i = 0; i < theirs.length; i++) seen[placeOf(theirs[i]!)] = 1;
  let shared = 0;
  for (let i = 0; i < mine.length; i++) shared += seen[placeOf(mine[i]!)]!;
  return shared / mine.length;
}

/** Symbols of the longest run that occurs in both, which have well-mixed bits: by bisection, since every part of a common run is common too. */
export function longestCommonRun(a: Int32Array, b: Int32Array): number {
  let longest = 0;
  let tooLong = 1;
  const most = Math.min(a.length, b.length);
  while (tooLong <= most && haveCommonRun(a, b, tooLong)) {
    longest = tooLong;
    tooLong *= 2;
  }
  tooLong = Math.min(tooLong, most + 1);
  while (tooLong - longest > 1) {
    const middle = Math.floor((longest + tooLong) / 2);
    if (haveCommonRun(a, b, middle)) longest = middle;
    else tooLong = middle;
  }
  return longest;
}

function haveCommonRun(a: Int32Array, b: Int32Array, n: number): boolean {
  return sharedNgrams(a, b, n) > 0;
}

/** A hash of every run of `n` symbols. */
function runHashes(symbols: Int32Array, n: number): Float64Array {
  const leaving = BASES.map((base) => power(base, n));
  const hashes = new Float64Array(symbols.length - n + 1);
  let first = 0;
  let second = 0;
  for (let i = 0; i < symbols.length; i++) {
    const old = i >= n ? symbols[i - n]! : 0;
    first = (Math.imul(first, BASES[0]) + symbols[i]! - Math.imul(old, leaving[0]!)) | 0;
    second = (Math.imul(second, BASES[1]) + symbols[i]! - Math.imul(old, leaving[1]!)) | 0;
    if (i >= n - 1) hashes[i - n + 1] = (first >>> 0) * 2 ** 21 + (second >>> 11);
  }
  return hashes;
}

/** 32 well-mixed bits of two integers (the finaliser of MurmurHash3, Appleby 2011). */
export function hash32(a: number, b: number): number {
  let bits = (a | 0) ^ Math.imul(b | 0, 0x9e3779b1);
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return bits ^ (bits >>> 16);
}

function power(base: number, exponent: number): number {
  let result = 1;
  for (let i = 0; i < exponent; i++) result = Math.imul(result, base);
  return result;
}
