/** The reference against finite differences in double precision: what judges the kernels is judged itself. */
import { expect, test } from 'vitest';
import { EXAMPLES, parametersOf, relativeError, shuffle, stateOf, tensorPlaces, windowOf } from './networks.js';
import { type Pass, referencePass } from './reference.js';

/** Numbers of a tensor that are tried: so many on which the loss depends, and so many on which it does not. */
const TRIED = 8;
const TRIED_IN_VAIN = 2;
/** The first step; halved until no rectifier changes its mind. */
const STEP = 2 ** -10;

/**
 * The derivative by Richardson's extrapolation of central differences, whose error is of the fourth order of the step.
 *
 * @param at the pass where the parameter is off by so much
 */
function derivative(at: (offset: number) => Pass): number {
  const { pattern } = at(0);
  for (let h = STEP; h > 1e-9; h /= 2) {
    const passes = [h, -h, h / 2, -h / 2].map(at);
    if (passes.some((pass) => pass.pattern !== pattern)) continue;
    const [wideUp, wideDown, up, down] = passes.map(({ loss }) => loss) as [number, number, number, number]; // of four passes
    return (4 * ((up - down) / h) - (wideUp - wideDown) / (2 * h)) / 3;
  }
  throw new Error('there is a kink right here');
}

test.each(EXAMPLES)('finite differences have the gradient of every tensor; $architecture.cell: $name', (example) => {
  const { architecture, seed } = example;
  const parameters = Float64Array.from(parametersOf(architecture));
  const start = { state: stateOf(example), seed };
  const pass = (numbers: Float64Array) => referencePass(architecture, numbers, windowOf(example), start);
  const gradient = pass(parameters).gradient();
  const moved = parameters.slice();
  const differentiated = (place: number) => {
    const found = derivative((offset) => {
      moved[place] = parameters[place]! + offset;
      return pass(moved);
    });
    moved[place] = parameters[place]!;
    return found;
  };
  for (const { name, places } of tensorPlaces(architecture)) {
    const shuffled = shuffle(places, name);
    const some = [
      ...shuffled.filter((place) => gradient[place] !== 0).slice(0, TRIED),
      ...shuffled.filter((place) => gradient[place] === 0).slice(0, TRIED_IN_VAIN),
    ];
    const expected = some.map((place) => gradient[place]!);
    expect(relativeError(some.map(differentiated), expected), name).toBeLessThan(1e-7);
  }
});
