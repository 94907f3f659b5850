/** What one device's network knows, for another device with other tokens. */
import { describe, expect, test } from 'vitest';
import { type Architecture, startToken } from '../../../models/neural/architecture.js';
import { type Learned, transfer } from '../../../models/neural/transfer.js';
import type { Quantizer } from '../../../models/quantizer.js';
import type { ComponentDescription } from '../../../models/traffic-model.js';
import { EXAMPLES, KernelNetwork, parametersOf } from './networks.js';

type Token = Pick<ComponentDescription, 'outbound' | 'meanSizeBytes' | 'geometricMeanGapMs'>;

const tokenOf = (outbound: boolean, meanSizeBytes: number, geometricMeanGapMs: number): Token => ({
  outbound,
  meanSizeBytes,
  geometricMeanGapMs,
});

const alphabetOf = (tokens: readonly Token[]): Quantizer =>
  ({ vocabulary: tokens.length, describe: (token: number) => tokens[token]! }) as unknown as Quantizer; // no more of it is asked for

const TOKENS = [
  tokenOf(true, 93, 1000),
  tokenOf(true, 61, 0),
  tokenOf(false, 1500, 5),
  tokenOf(false, 400, 5),
  tokenOf(true, 93, 20),
];

function learned(
  architecture: Architecture,
  tokens: readonly Token[],
  counts: readonly number[],
  seed: string,
): Learned {
  const own = { ...architecture, vocabulary: tokens.length };
  return {
    architecture: own,
    quantizer: alphabetOf(tokens),
    parameters: parametersOf(own, seed),
    counts: Float64Array.from(counts),
  };
}

/** Logits behind each token of a sequence. */
function logitsOf({ architecture, parameters }: Learned, tokens: readonly number[]): number[][] {
  const network = new KernelNetwork(architecture, tokens.length, 1);
  network.setParameters(parameters);
  const targets = new Int32Array(tokens.length);
  const logits = network.logits({ steps: tokens.length, streams: 1, tokens: Int32Array.from(tokens), targets }, {});
  const { vocabulary } = architecture;
  return tokens.map((_, step) => [...logits.subarray(step * vocabulary, (step + 1) * vocabulary)]);
}

const greatestDifference = (one: readonly number[][], other: readonly number[][]): number =>
  Math.max(...one.flatMap((row, step) => row.map((value, i) => Math.abs(value - other[step]![i]!))));

describe.each(EXAMPLES)('$architecture.cell, $name', ({ architecture }) => {
  const from = learned(architecture, TOKENS, [10, 20, 30, 40, 50], 'from');
  const take = (to: Learned): Learned => ({ ...to, parameters: transfer(from, to, Math.log) });

  test('a device with the same tokens is predicted to the bit as the other one was', () => {
    const to = take(learned(architecture, TOKENS, [1, 2, 3, 4, 5], 'fresh'));
    const tokens = [startToken(to.architecture), 0, 3, 2, 4, 1, startToken(to.architecture), 2];
    expect(logitsOf(to, tokens)).toEqual(logitsOf(from, tokens));
  });

  test('tokens in another order are found again', () => {
    const order = [4, 2, 0, 3, 1];
    const to = take(
      learned(
        architecture,
        order.map((token) => TOKENS[token]!),
        [1, 2, 3, 4, 5],
        'fresh',
      ),
    );
    // Place 0 is what was token 4, and so on.
    const expected = logitsOf(from, [5, 4, 0, 1]).map((row) => order.map((token) => row[token]!));
    expect(logitsOf(to, [5, 0, 2, 4])).toEqual(expected);
  });

  test('several tokens that are like one share its probability, as often as each occurs', () => {
    const similar = [...TOKENS, { ...TOKENS[2]!, meanSizeBytes: 1490 }];
    // Once more than it occurs: 30 and 10.
    const to = take(learned(architecture, similar, [10, 20, 29, 40, 50, 9], 'fresh'));
    const before = logitsOf(from, [5, 0, 2, 1]);
    const after = logitsOf(to, [6, 0, 5, 1]);
    const expected = before.map((row) => [
      ...row.map((logit, token) => (token === 2 ? logit + Math.log(30 / 40) : logit)),
      row[2]! + Math.log(10 / 40),
    ]);
    // The bias is rounded to single precision.
    expect(greatestDifference(after, expected)).toBeLessThan(1e-6);
  });

  test('a token is rather like one of its own direction, however different, than like one of the other', () => {
    const strange = [tokenOf(false, 93, 1000), tokenOf(true, 1500, 5)];
    const to = take(learned(architecture, strange, [1, 1], 'fresh'));
    // Inbound 400 bytes are nearer to 93 than 1500 are, outbound 93 bytes after 20 ms to 1500 after 5 ms.
    const expected = logitsOf(from, [5, 3, 4]).map((row) => [row[3]!, row[4]!]);
    expect(greatestDifference(logitsOf(to, [2, 0, 1]), expected)).toBeLessThan(1e-6);
  });

  test('what is given is left alone', () => {
    const to = learned(architecture, TOKENS, [1, 2, 3, 4, 5], 'fresh');
    const before = [from.parameters.slice(), to.parameters.slice()];
    take(to);
    expect([from.parameters, to.parameters]).toEqual(before);
  });
});
