import { describe, expect, test } from 'vitest';
import { ContextTree } from '../../models/markov/context-tree.js';
import { randomStream } from '../../src/random.js';
import { type Tensor, TensorReader, vector } from '../../src/tensors.js';
import fc from '../support/fast-check.js';
import { expectSynthError } from '../support/read.js';

const identity = (vocabulary: number) => Uint32Array.from({ length: vocabulary }, (_, token) => token);
const learn = (
  sequences: readonly (readonly number[])[],
  vocabulary: number,
  order: number,
  classes = identity(vocabulary),
) =>
  ContextTree.fit(
    sequences.map((tokens) => Int32Array.from(tokens)),
    classes,
    order,
  );
const contextAfter = (tree: ContextTree, ...tokens: number[]) =>
  tokens.reduce((context, token) => tree.advance(context, token), tree.root);
const repeat = (cycle: readonly number[], times: number) => Array.from({ length: times }, () => cycle).flat();

/** Sequences over a vocabulary of which not every token need occur, the classes of its tokens, and an order. */
const chains = fc.integer({ min: 1, max: 6 }).chain((vocabulary) =>
  fc.record({
    vocabulary: fc.constant(vocabulary),
    classes: fc
      .array(fc.nat(2), { minLength: vocabulary, maxLength: vocabulary })
      .chain((coarse) => fc.constantFrom(Uint32Array.from(coarse), identity(vocabulary))),
    sequences: fc.array(fc.array(fc.nat(vocabulary - 1), { minLength: 1, maxLength: 60 }), {
      minLength: 1,
      maxLength: 4,
    }),
    order: fc.nat(5),
  }),
);
const RUNS = { numRuns: 300 };

describe('probabilities', () => {
  test('sum to one over the vocabulary after every context', () => {
    fc.assert(
      fc.property(chains, ({ vocabulary, classes, sequences, order }) => {
        const tree = learn(sequences, vocabulary, order, classes);
        for (let context = 0; context < tree.contexts; context++) {
          const all = Array.from({ length: vocabulary }, (_, token) => tree.probability(context, token));
          expect(all.every((probability) => probability >= 0)).toBe(true);
          expect(all.reduce((sum, probability) => sum + probability, 0)).toBeCloseTo(1, 9);
        }
      }),
      RUNS,
    );
  });

  test('averaged over the contexts of the training data they are the frequencies of the tokens', () => {
    fc.assert(
      fc.property(chains, ({ vocabulary, classes, sequences, order }) => {
        const tree = learn(sequences, vocabulary, order, classes);
        const expected = new Float64Array(vocabulary);
        const counts = new Float64Array(vocabulary);
        for (const tokens of sequences) {
          let context = tree.root;
          for (const token of tokens) {
            counts[token]!++;
            for (let next = 0; next < vocabulary; next++) expected[next]! += tree.probability(context, next);
            context = tree.advance(context, token);
          }
        }
        counts.forEach((count, token) => {
          expect(expected[token]).toBeCloseTo(count, 6);
        });
      }),
      RUNS,
    );
  });

  test('without contexts they are the frequencies, and so is the marginal', () => {
    const tree = learn([[0, 1, 1, 2, 1, 1, 0, 1]], 4, 0);
    expect(tree.order).toBe(0);
    expect(tree.contexts).toBe(1);
    // Counted by hand: 2, 5 and 1 of 8.
    expect([...tree.marginal()]).toEqual([0.25, 0.625, 0.125, 0]);
    expect([0, 1, 2, 3].map((token) => tree.probability(tree.root, token))).toEqual([0.25, 0.625, 0.125, 0]);
  });
});

describe('contexts', () => {
  test('a cycle is learned with one token of context', () => {
    const tree = learn([repeat([0, 1, 2, 3], 500)], 4, 1);
    // 500 observations, of which at most 0.95 are given to the frequencies: 1 − 0.95·(3/4)/500 = 0.9986.
    for (let token = 0; token < 4; token++)
      expect(tree.probability(contextAfter(tree, token), (token + 1) % 4)).toBeGreaterThan(0.998);
  });

  test('a structure of period two in a repeated token takes two tokens of context', () => {
    const sequences = [repeat([0, 0, 1, 1], 500)];
    const [short, long] = [learn(sequences, 2, 1), learn(sequences, 2, 2)];
    // After a 0 comes a 0 as often as a 1.
    expect(short.probability(contextAfter(short, 1, 0), 0)).toBeCloseTo(0.5, 2);
    expect(long.probability(contextAfter(long, 1, 0), 0)).toBeGreaterThan(0.998);
    expect(long.probability(contextAfter(long, 0, 0), 1)).toBeGreaterThan(0.998);
  });

  test('a longer history than the order leads to the same context as its end', () => {
    const tree = learn([repeat([0, 1, 2], 50)], 3, 2);
    expect(contextAfter(tree, 0, 1, 2, 0, 1, 2)).toBe(contextAfter(tree, 1, 2));
  });

  test('an unseen history backs off to the longest end of it that was seen', () => {
    const tree = learn([repeat([0, 1, 2], 50)], 3, 3);
    expect(contextAfter(tree, 2, 1)).toBe(contextAfter(tree, 1));
    expect(contextAfter(tree, 2, 1, 2)).toBe(contextAfter(tree, 1, 2));
  });

  test('do not cross from the end of one sequence to the beginning of the next', () => {
    const apart = learn([repeat([0], 50), repeat([1], 50), repeat([0], 50), repeat([1], 50)], 2, 1);
    const joined = learn([[...repeat([0], 50), ...repeat([1], 50), ...repeat([0], 50), ...repeat([1], 50)]], 2, 1);
    // Apart, a 1 comes after a 0 by backing off only: less than one discounted observation in a hundred.
    expect(apart.probability(contextAfter(apart, 0), 1)).toBeLessThan(0.005);
    // Joined, two of the hundred 0 are followed by a 1.
    expect(joined.probability(contextAfter(joined, 0), 1)).toBeGreaterThan(0.015);
  });

  test('tokens of one class are the same context', () => {
    // 0 and 1 are followed by 2, whichever of them it is; 2 by either.
    const random = randomStream('classes', 'test');
    const tokens = Array.from({ length: 600 }, (_, i) => (i % 2 === 0 ? Math.floor(random.next() * 2) : 2));
    const tree = learn([tokens], 3, 2, Uint32Array.of(0, 0, 1));
    expect(contextAfter(tree, 0)).toBe(contextAfter(tree, 1));
    expect(contextAfter(tree, 2, 0)).toBe(contextAfter(tree, 2, 1));
    // 299 observations less a discount of 0.95 at most, of which most comes back to 2.
    expect(tree.probability(contextAfter(tree, 2, 0), 2)).toBeGreaterThan(0.99);
  });

  test('an order longer than the sequence is no problem', () => {
    for (const length of [1, 2, 3]) {
      const tree = learn([repeat([0], length)], 1, 6);
      expect(tree.probability(contextAfter(tree, ...repeat([0], 9)), 0)).toBe(1);
    }
  });
});

describe('drawing', () => {
  test('gives each token as often as its probability says', () => {
    const random = randomStream('draw', 'test');
    const tokens = Array.from({ length: 2000 }, (_, i) => (i % 3 === 0 ? 0 : Math.floor(random.next() ** 2 * 5)));
    const tree = learn([tokens], 5, 2);
    const draws = 20_000;
    for (const context of [tree.root, contextAfter(tree, 0), contextAfter(tree, 1, 0), contextAfter(tree, 2, 3)]) {
      const seen = new Float64Array(5);
      for (let i = 0; i < draws; i++) seen[tree.draw(context, random)]!++;
      let chiSquare = 0;
      for (let token = 0; token < 5; token++) {
        const expected = draws * tree.probability(context, token);
        if (expected > 0) chiSquare += (seen[token]! - expected) ** 2 / expected;
        else expect(seen[token]).toBe(0);
      }
      // The 99.99 % quantile of chi-square with 4 degrees of freedom is 23.5; the seed is fixed.
      expect(chiSquare).toBeLessThan(23.5);
    }
  });
});

/** A small tree and its tensors, some replaced. */
function saved(changes: Record<string, Tensor['data'] | undefined> = {}): TensorReader {
  const tensors = new Map<string, Tensor>();
  learn([repeat([0, 1, 1, 2], 30)], 3, 2).save(tensors);
  for (const [name, data] of Object.entries(changes)) {
    if (data === undefined) tensors.delete(`chain.${name}`);
    else tensors.set(`chain.${name}`, vector(data));
  }
  return new TensorReader(tensors);
}

function original<T extends Uint32Array | Float64Array>(name: string, type: new (length: number) => T): T {
  return saved().vector(`chain.${name}`, type);
}

describe('a saved tree', () => {
  test('draws the same when it is loaded again', () => {
    fc.assert(
      fc.property(chains, ({ vocabulary, classes, sequences, order }) => {
        const tree = learn(sequences, vocabulary, order, classes);
        const tensors = new Map<string, Tensor>();
        tree.save(tensors);
        const loaded = ContextTree.load(new TensorReader(tensors), vocabulary);
        const draw = (from: ContextTree) => {
          const random = randomStream('again', 'test');
          let context = from.root;
          return Array.from({ length: 100 }, () => {
            const token = from.draw(context, random);
            context = from.advance(context, token);
            return token;
          });
        };
        expect(draw(loaded)).toEqual(draw(tree));
        expect(loaded.order).toBe(tree.order);
      }),
      { ...RUNS, numRuns: 100 },
    );
  });

  test('loads unchanged', () => {
    expect(ContextTree.load(saved(), 3).contexts).toBe(original('parent', Uint32Array).length);
  });

  const changed = <T extends Uint32Array | Float64Array>(values: T, index: number, value: number): T => {
    const copy = values.slice() as T; // slice keeps the type
    copy.set([value], index < 0 ? copy.length + index : index);
    return copy;
  };
  const suffix = original('suffix', Uint32Array);
  const parent = original('parent', Uint32Array);
  const edge = original('edge', Uint32Array);
  const backOff = original('escape', Float64Array);
  const starts = original('starts', Uint32Array);
  const followers = original('followers', Uint32Array);
  const cumulative = original('cumulative', Float64Array);
  const nodes = parent.length;

  test.each<[string, Record<string, Tensor['data'] | undefined>]>([
    ['no classes', { classes: undefined }],
    ['a class too few', { classes: Uint32Array.of(0, 1) }],
    ['a suffix too few', { suffix: suffix.slice(1) }],
    ['an edge too many', { edge: Uint32Array.of(...edge, 0) }],
    ['a back-off too few', { escape: backOff.slice(1) }],
    ['a start too few', { starts: starts.slice(1) }],
    ['a follower too many', { followers: Uint32Array.of(...followers, 0) }],
    ['a cumulative too few', { cumulative: cumulative.slice(1) }],
    ['no nodes', { parent: new Uint32Array(0), suffix: new Uint32Array(0), edge: new Uint32Array(0) }],
    ['a suffix that points at itself', { suffix: changed(suffix, 1, 1) }],
    ['a suffix that points forward', { suffix: changed(suffix, 1, nodes - 1) }],
    ['a suffix out of range', { suffix: changed(suffix, -1, nodes) }],
    ['a parent that points at itself', { parent: changed(parent, 1, 1) }],
    ['a parent that points forward', { parent: changed(parent, 1, nodes - 1) }],
    ['the same context twice', { parent: changed(parent, 2, parent[1]!), edge: changed(edge, 2, edge[1]!) }],
    ['a follower out of the vocabulary', { followers: changed(followers, -1, 3) }],
    ['followers that do not rise', { followers: changed(followers, 1, followers[0]!) }],
    ['a distribution that does not end at one', { cumulative: changed(cumulative, -1, 0.9) }],
    ['a distribution that falls', { cumulative: changed(cumulative, 0, 0.99) }],
    ['a distribution below zero', { cumulative: changed(cumulative, 0, -0.1) }],
    ['starts that fall', { starts: changed(starts, 1, starts[2]! + 1) }],
    ['starts beyond the followers', { starts: changed(starts, 1, 0xffff_ffff) }],
    ['starts that do not begin at zero', { starts: changed(starts, 0, 1) }],
    ['a root that backs off', { escape: changed(backOff, 0, 0.5) }],
    ['a root that nothing follows', { starts: changed(starts, 1, 0) }],
    ['a back-off above one', { escape: changed(backOff, 1, 1.1) }],
    ['a back-off below zero', { escape: changed(backOff, 1, -0.1) }],
    ['a back-off that is not a number', { escape: changed(backOff, 1, Number.NaN) }],
    ['an infinite probability', { cumulative: changed(cumulative, 0, Number.POSITIVE_INFINITY) }],
    ['a tensor of another type', { suffix: Float64Array.from(suffix) }],
  ])('with %s is refused', async (_, changes) => {
    await expectSynthError(() => ContextTree.load(saved(changes), 3), 'SYNTH_MODEL_INVALID');
  });

  test('with a tensor of two dimensions is refused', async () => {
    const tensors = new Map<string, Tensor>();
    learn([[0, 1]], 2, 1).save(tensors);
    tensors.set('chain.classes', { shape: [2, 1], data: identity(2) });
    await expectSynthError(() => ContextTree.load(new TensorReader(tensors), 2), 'SYNTH_MODEL_INVALID');
  });
});
