import { describe, expect, test } from 'vitest';
import { planFft } from '../../src/statistics/fft.js';
import { expectClose, normals, series } from './samples.js';

interface Complex {
  readonly real: Float64Array;
  readonly imaginary: Float64Array;
}

function transformed({ real, imaginary }: Complex): Complex {
  const result = { real: real.slice(), imaginary: imaginary.slice() };
  planFft(real.length)(result.real, result.imaginary);
  return result;
}

/** The definition: X_k = Σ_t x_t e^(−2πi·kt/n). */
function direct({ real, imaginary }: Complex): Complex {
  const n = real.length;
  const sum = (k: number, part: (re: number, im: number, cosine: number, sine: number) => number) =>
    real.reduce((total, re, t) => {
      const angle = (-2 * Math.PI * ((k * t) % n)) / n;
      return total + part(re, imaginary[t]!, Math.cos(angle), Math.sin(angle));
    }, 0);
  return {
    real: series(n, (k) => sum(k, (re, im, cosine, sine) => re * cosine - im * sine)),
    imaginary: series(n, (k) => sum(k, (re, im, cosine, sine) => re * sine + im * cosine)),
  };
}

const anyOf = (size: number): Complex => ({ real: normals(size, 'real'), imaginary: normals(size, 'imaginary') });

describe('the transform is the definition', () => {
  test.each([1, 2, 4, 8, 64, 1024])('of %i values', (size) => {
    const expected = direct(anyOf(size));
    const given = transformed(anyOf(size));
    expectClose(given.real, expected.real);
    expectClose(given.imaginary, expected.imaginary);
  });
});

test('the transform is that of numpy', () => {
  // numpy 1.24.2: /usr/bin/python3 -c "import numpy as np; \
  //   z=np.fft.fft([complex(i*i*37%101, i*29%31) for i in range(16)]); print(z.real.tolist(), z.imag.tolist())"
  const { real, imaginary } = transformed({
    real: series(16, (i) => (i * i * 37) % 101),
    imaginary: series(16, (i) => (i * 29) % 31),
  });
  expectClose(
    real,
    [
      834.0, 17.587246859111684, -27.753787975412507, -152.4627271427383, 13.0, 33.45966724530561, -162.99137802864846,
      39.67239319976569, 4.0, 33.307197443616644, -176.2462120245875, 12.077950831888046, -19.0, -200.35411154803396,
      -105.00862197135154, -143.28761688891547,
    ],
  );
  expectClose(
    imaginary,
    [
      225.0, 94.42888327009692, 29.861435713737258, 1.3040948416468439, -26.0, -132.41877658582763, 51.86143571373725,
      4.706011842622431, -15.0, -34.70601184262241, -81.86143571373725, 102.41877658582766, -4.0, -31.304094841646858,
      -59.86143571373725, -124.42888327009693,
    ],
  );
});

test('the transform keeps the energy, and twice it turns the sequence round', () => {
  const size = 2 ** 12;
  const once = transformed(anyOf(size));
  const twice = transformed(once);
  const energy = ({ real, imaginary }: Complex) =>
    real.reduce((sum, value, i) => sum + value ** 2 + imaginary[i]! ** 2, 0);
  // Parseval: Σ |X_k|² = n Σ |x_t|².
  expect(energy(once) / energy(anyOf(size)) / size).toBeCloseTo(1, 12);
  const turned = (values: Float64Array) => series(size, (i) => size * values[(size - i) % size]!);
  expectClose(twice.real, turned(anyOf(size).real));
  expectClose(twice.imaginary, turned(anyOf(size).imaginary));
});

test.each([0, 3, 12, 1000, -4])('%i is no size of a transform', (size) => {
  expect(() => planFft(size)).toThrow(RangeError);
});
