/** Token by token: what a stepper predicts is what a network predicts in a window. */
import { describe, expect, test } from 'vitest';
import { logitWidth, startToken } from '../../../models/neural/architecture.js';
import { cellKinds } from '../../../models/neural/cells.js';
import type { Stepper } from '../../../models/neural/network.js';
import { compileWeights } from '../../../models/neural/optimizer.js';
import type { Arena } from '../../../src/kernels/arena.js';
import { EXAMPLES, type Example, KernelNetwork, parametersOf, windowOf } from './networks.js';

const STEPS = 40;

function stepperOf({ architecture }: Example, streams: number): Stepper {
  const weights = compileWeights(architecture, parametersOf(architecture));
  return cellKinds[architecture.cell].stepper(architecture, weights, streams);
}

/** The logits of the latest step, which nobody but a test wants to see. */
function logitsOf(stepper: Stepper, { architecture }: Example): Float32Array {
  const { arena, own } = stepper as unknown as { arena: Arena; own: Record<string, number> }; // its protected parts
  return arena.singles(own['logits']!, stepper.streams * logitWidth(architecture));
}

test.each(EXAMPLES)(
  '$architecture.cell, $name: the logits of each step are those of a window, to the bit',
  (example) => {
    const { architecture } = example;
    const window = windowOf({ architecture, steps: STEPS });
    const { streams, tokens } = window;
    const kernels = new KernelNetwork(architecture, STEPS * streams, streams);
    kernels.setParameters(parametersOf(architecture));
    const expected = kernels.network.logits(window);
    const stepper = stepperOf(example, streams);
    const width = streams * logitWidth(architecture);
    for (let step = 0; step < STEPS; step++) {
      stepper.tokens.set(tokens.subarray(step * streams, (step + 1) * streams));
      stepper.advance();
      expect(logitsOf(stepper, example)).toEqual(expected.slice(step * width, (step + 1) * width));
    }
  },
);

test.each(EXAMPLES)(
  '$architecture.cell, $name: its log-probabilities are those that a window is scored by',
  (example) => {
    const { architecture } = example;
    const window = windowOf({ architecture, steps: STEPS });
    const { streams, tokens, targets } = window;
    const kernels = new KernelNetwork(architecture, STEPS * streams, streams);
    kernels.setParameters(parametersOf(architecture));
    const scores = kernels.score(window, {});
    const stepper = stepperOf(example, streams);
    const width = logitWidth(architecture);
    const differences = Array.from({ length: STEPS }, (_, step) => {
      stepper.tokens.set(tokens.subarray(step * streams, (step + 1) * streams));
      stepper.advance();
      const logits = logitsOf(stepper, example);
      return Array.from({ length: streams }, (_, stream) => {
        const row = step * streams + stream;
        if (targets[row]! < 0) return 0;
        const own = logits.subarray(stream * width, (stream + 1) * width);
        const total = own.reduce((sum, logit) => sum + Math.exp(logit), 0);
        return Math.abs(scores[row]! - (own[targets[row]!]! - Math.log(total)));
      });
    });
    // Eight exponentials of single precision.
    expect(Math.max(...differences.flat())).toBeLessThan(1e-6);
  },
);

test('what a stream draws does not depend on how many others there are', () => {
  for (const example of EXAMPLES) {
    const [alone, together] = [stepperOf(example, 1), stepperOf(example, 6)];
    const start = startToken(example.architecture);
    alone.tokens.fill(start);
    together.tokens.fill(start);
    for (let step = 0; step < 100; step++) {
      for (const stepper of [alone, together]) {
        stepper.advance();
        // The fourth of six has the uniform numbers of the one that is alone.
        stepper.uniforms.forEach((_, stream) => {
          const phase = stepper === alone ? 3 : stream;
          stepper.uniforms[stream] = (0.618 * (step + 1) + 0.1 * phase) % 1;
        });
        stepper.draw({ temperature: 1, topP: 0.95 });
        stepper.tokens.set(stepper.drawn);
      }
      expect(together.drawn[3]).toBe(alone.drawn[0]);
    }
  }
});

describe('a temperature', () => {
  const [example] = EXAMPLES;
  const drawnAt = (temperature: number, topP = 1) => {
    const stepper = stepperOf(example!, 64);
    stepper.tokens.fill(startToken(example!.architecture));
    stepper.advance();
    stepper.uniforms.forEach((_, stream) => {
      stepper.uniforms[stream] = (stream + 0.5) / 64;
    });
    const greatest = logitsOf(stepper, example!).slice(0, example!.architecture.vocabulary);
    stepper.draw({ temperature, topP });
    return { drawn: new Set(stepper.drawn), likeliest: greatest.indexOf(Math.max(...greatest)) };
  };

  test.each([1e-3, 1e-30, 1e-60, Number.MIN_VALUE])('next to 0 draws the likeliest token: %d', (temperature) => {
    const { drawn, likeliest } = drawnAt(temperature);
    expect([...drawn]).toEqual([likeliest]);
  });

  test.each([1e3, 1e30, 1e60, Number.MAX_VALUE])(
    'beyond all bounds draws every token, and only those that there are: %d',
    (temperature) => {
      const { vocabulary } = example!.architecture;
      const every = Array.from({ length: vocabulary }, (_, token) => token);
      expect([...drawnAt(temperature).drawn].toSorted()).toEqual(every);
      expect([...drawnAt(temperature, 0.9999).drawn].toSorted()).toEqual(every);
    },
  );
});
