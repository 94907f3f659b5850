/** The kernels' way through whole networks: against the reference in double precision, and against finite differences of themselves. */
import { describe, expect, test } from 'vitest';
import {
  CLEARANCE,
  EXAMPLES,
  type Example,
  KernelNetwork,
  parametersOf,
  parametersWithoutKinks,
  RECURRENT,
  relativeError,
  shuffle,
  stateOf,
  tensorPlaces,
  windowOf,
} from './networks.js';
import { referencePass, type Start } from './reference.js';

/** What single precision, 6e-8, comes to after some hundred operations. */
const ROUNDING = 2e-6;

const greatestDifference = (one: ArrayLike<number>, other: ArrayLike<number>): number =>
  Array.from(one).reduce((most, value, i) => Math.max(most, Math.abs(value - other[i]!)), 0);

describe('the kernels beside the reference', () => {
  const both = (example: Example, start: Start, scale = 1) => {
    const { architecture } = example;
    const parameters = parametersOf(architecture);
    const window = windowOf(example);
    const kernels = KernelNetwork.of(example);
    kernels.setParameters(parameters);
    const reference = referencePass(architecture, Float64Array.from(parameters), window, start);
    return { kernels, window, reference, trained: kernels.train(window, start, scale) };
  };

  test.each(EXAMPLES)('$architecture.cell, $name: logits, loss and state are the same', (example) => {
    const start = { state: stateOf(example), seed: example.seed };
    const { kernels, window, reference, trained } = both(example, start);
    expect(Math.abs(trained.loss / reference.loss - 1)).toBeLessThan(ROUNDING);
    expect(greatestDifference(trained.state, reference.state)).toBeLessThan(ROUNDING);
    const undropped = referencePass(
      example.architecture,
      Float64Array.from(parametersOf(example.architecture)),
      window,
      { state: start.state },
    );
    expect(greatestDifference(kernels.logits(window, start), undropped.logits)).toBeLessThan(ROUNDING);
  });

  test.each(EXAMPLES)('$architecture.cell, $name: the gradient of every tensor is the same', (example) => {
    const scale = 1 / 64;
    const { reference, trained } = both(example, { state: stateOf(example), seed: example.seed }, scale);
    const expected = reference.gradient();
    for (const { name, places } of tensorPlaces(example.architecture)) {
      const error = relativeError(
        places.map((place) => trained.gradient[place]! / scale),
        places.map((place) => expected[place]!),
      );
      expect(error, name).toBeLessThan(ROUNDING);
    }
  });

  test('logits that no token has get no gradient', () => {
    for (const example of EXAMPLES) {
      const { trained } = both(example, { state: stateOf(example) });
      const used = new Set(tensorPlaces(example.architecture).flatMap(({ places }) => places));
      expect(trained.gradient.some((gradient, place) => !used.has(place) && gradient !== 0)).toBe(false);
      expect(trained.gradient.every(Number.isFinite)).toBe(true);
    }
  });

  test('streams carry their state from window to window: two windows are one, cut in the middle', () => {
    for (const example of RECURRENT.filter(({ steps }) => steps > 1)) {
      const { kernels, window, reference } = both(example, {});
      const { streams, tokens, targets } = window;
      const cut = Math.floor(window.steps / 2);
      const part = (from: number, to: number) => ({
        steps: to - from,
        streams,
        tokens: tokens.slice(from * streams, to * streams),
        targets: targets.slice(from * streams, to * streams),
      });
      const first = kernels.train(part(0, cut), {});
      const second = kernels.train(part(cut, window.steps), { state: first.state });
      const whole = kernels.train(window, {});
      // The same operations in the same order.
      expect(second.state).toEqual(whole.state);
      expect(first.loss + second.loss).toBeCloseTo(whole.loss, 10);
      // The gradient ends where the window begins: that of the second is the reference's of its own state, not of the tokens before.
      const parameters = Float64Array.from(parametersOf(example.architecture));
      const halves = [
        referencePass(example.architecture, parameters, part(0, cut), {}),
        referencePass(example.architecture, parameters, part(cut, window.steps), { state: first.state }),
      ];
      expect(halves[0]!.loss + halves[1]!.loss).toBeCloseTo(reference.loss, 5);
      expect(relativeError([...second.gradient], [...halves[1]!.gradient()])).toBeLessThan(ROUNDING);
    }
  });

  test('dropout drops what the seed says: another seed, another loss; the same, the same bits', () => {
    for (const example of EXAMPLES.filter(({ architecture }) => architecture.dropout > 0)) {
      const { kernels, window, trained } = both(example, { seed: 1 });
      expect(kernels.train(window, { seed: 1 }, 1)).toEqual(trained);
      expect(kernels.train(window, { seed: 2 }, 1).loss).not.toBe(trained.loss);
      // Nothing is dropped where it is scored.
      const scored = kernels.score(window, {}).reduce((sum, logProbability) => sum - logProbability, 0);
      expect(scored).toBeCloseTo(kernels.train(window, {}, 1).loss, 5);
      expect(scored).not.toBeCloseTo(trained.loss, 2);
    }
  });

  test('next to no dropout is none', () => {
    for (const { architecture, steps } of EXAMPLES) {
      const example = { name: '', architecture: { ...architecture, dropout: 1e-20 }, steps };
      const { kernels, window, trained } = both(example, { seed: 1 });
      expect(trained).toEqual(kernels.train(window, {}));
    }
  });
});

describe('the kernels beside finite differences of themselves', () => {
  /** Numbers of a tensor that are tried. */
  const TRIED = 16;
  /** A step of a direction only turns the weights, and that of an embedding is scaled down by them. */
  const stepOf = (name: string) => CLEARANCE * (name.endsWith('.weight_v') ? 4 : name === 'embedding.weight' ? 2 : 1);

  test.each(EXAMPLES)('$architecture.cell, $name: every tensor', (example) => {
    const { architecture, seed } = example;
    const recurrent = architecture.cell === 'gru';
    const parameters = recurrent ? parametersOf(architecture) : parametersWithoutKinks(architecture);
    const window = windowOf(example);
    const start = { state: stateOf(example), seed };
    const kernels = KernelNetwork.of(example);
    const moved = parameters.slice();
    const lossAt = (place: number, offset: number) => {
      moved[place] = parameters[place]! + offset;
      kernels.setParameters(moved);
      const { loss } = kernels.train(window, start);
      moved[place] = parameters[place]!;
      return loss;
    };
    const patternAt = (place: number, offset: number) => {
      const there = Float64Array.from(parameters);
      there[place]! += offset;
      return referencePass(architecture, there, window, start).pattern;
    };
    kernels.setParameters(parameters);
    const { gradient } = kernels.train(window, start);
    const pattern = patternAt(0, 0);
    // A loss of some 40 nats is off by 1e-6, and Richardson's extrapolation of central differences by the fourth power of the step.
    const differentiated = (place: number, h: number) => {
      const [wideUp, wideDown, up, down] = [h, -h, h / 2, -h / 2].map((offset) => lossAt(place, offset)) as [
        number,
        number,
        number,
        number,
      ]; // of four offsets
      if (!recurrent) expect([patternAt(place, h), patternAt(place, -h)]).toEqual([pattern, pattern]);
      return (4 * ((up - down) / h) - (wideUp - wideDown) / (2 * h)) / 3;
    };
    for (const { name, places } of tensorPlaces(architecture)) {
      const some = shuffle(places, name).slice(0, TRIED);
      const expected = some.map((place) => gradient[place]!);
      expect(
        relativeError(
          some.map((place) => differentiated(place, stepOf(name))),
          expected,
        ),
        name,
      ).toBeLessThan(1e-3);
    }
  });
});
