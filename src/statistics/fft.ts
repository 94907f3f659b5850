/**
 * @module
 * The fast Fourier transform.
 */

/** Transforms a sequence in place: its real and its imaginary parts, each of the size that was planned. */
export type Fft = (real: Float64Array, imaginary: Float64Array) => void;

/**
 * The discrete Fourier transform of sequences of one size, X_k = Σ_t x_t e^(−2πi·kt/size), in O(size log size). What depends
 * on the size only is computed once, here.
 *
 * Source: Cooley & Tukey (1965), An algorithm for the machine calculation of complex Fourier series, with radix 2 and
 * decimation in time; same values as `numpy.fft.fft(x)`.
 *
 * @param size a power of two
 * @throws RangeError for any other size
 */
export function planFft(size: number): Fft {
  const bits = Math.log2(size);
  if (!Number.isInteger(bits)) throw new RangeError(`size of a Fourier transform: ${size} is not a power of two`);
  const swaps = swapsOf(bits);
  const half = size / 2;
  const cosines = Float64Array.from({ length: half }, (_, k) => Math.cos((2 * Math.PI * k) / size));
  const sines = Float64Array.from({ length: half }, (_, k) => -Math.sin((2 * Math.PI * k) / size));
  return (real, imaginary) => {
    swap(real, swaps);
    swap(imaginary, swaps);
    for (let span = 1; span < size; span *= 2) {
      combine(real, imaginary, { span, cosines, sines });
    }
  };
}

/** Pairs of places that change places when the bits of all indices are read from the other end. */
function swapsOf(bits: number): Uint32Array {
  const pairs: number[] = [];
  let reversed = 0;
  for (let index = 0; index < 2 ** bits; index++) {
    if (index < reversed) pairs.push(index, reversed);
    // Adds 1 from the other end: the ones at that end become zeros, the zero after them a one.
    let bit = 2 ** (bits - 1);
    while (bit >= 1 && (reversed & bit) !== 0) {
      reversed ^= bit;
      bit /= 2;
    }
    if (bit >= 1) reversed |= bit;
  }
  return Uint32Array.from(pairs);
}

function swap(values: Float64Array, pairs: Uint32Array): void {
  for (let i = 0; i < pairs.length; i += 2) {
    const first = pairs[i]!;
    const second = pairs[i + 1]!;
    const value = values[first]!;
    values[first] = values[second]!;
    values[second] = value;
  }
}

interface Stage {
  /** Size of the transforms that are there already. */
  readonly span: number;
  readonly cosines: Float64Array;
  readonly sines: Float64Array;
}

/** Makes of neighbouring transforms ones of twice the size. */
function combine(real: Float64Array, imaginary: Float64Array, { span, cosines, sines }: Stage): void {
  const step = cosines.length / span;
  for (let begin = 0; begin < real.length; begin += 2 * span) {
    for (let k = 0, i = begin, j = begin + span; k < span; k++, i++, j++) {
      const cosine = cosines[k * step]!;
      const sine = sines[k * step]!;
      const re = real[j]! * cosine - imaginary[j]! * sine;
      const im = real[j]! * sine + imaginary[j]! * cosine;
      real[j] = real[i]! - re;
      imaginary[j] = imaginary[i]! - im;
      real[i]! += re;
      imaginary[i]! += im;
    }
  }
}
