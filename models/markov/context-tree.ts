/**
 * @module
 * A Markov chain of variable order over tokens, with back-off to shorter contexts where a longer one was rarely seen.
 *
 * Each context keeps its counts less an absolute discount; what was discounted makes the counts of the context that is one
 * token shorter. So a back-off to a shorter context draws just what the longer ones gave up, and every context of the chain,
 * down to the empty one, is followed by each token as often as in the training data. This is the idea of Kneser and Ney,
 * “Improved backing-off for m-gram language modeling” (ICASSP 1995), with the discounted mass itself in the place of their
 * continuation counts.
 *
 * A context need not tell every token apart: it is a sequence of classes of tokens, so that it is seen often enough to learn
 * from. The contexts form an automaton: after a token the chain is in the longest known context that ends with its class.
 */
import { KeyedTable } from '../../src/keyed-table.js';
import type { Random } from '../../src/random.js';
import { requireModel, type Tensor, type TensorReader, vector } from '../../src/tensors.js';

/** Bounds of the discount, for data with too few pairs seen once or twice to estimate it. */
const MIN_DISCOUNT = 0.1;
const MAX_DISCOUNT = 0.95;
/** A context seen less often is not kept: what follows it is told by the shorter one alone. */
const MIN_CONTEXT_COUNT = 2;
const MAX_CONTEXTS = 2 ** 24;
const ROOT = 0;
const NO_NODE = -1;

export class ContextTree {
  readonly order: number;
  /** The class of each token. */
  readonly #classes: Uint32Array;
  /** Per node: the node of its context without the oldest class; ROOT for the root itself. */
  readonly #suffix: Uint32Array;
  /** Per node: the node of its context without the newest class, and that class. Parents come before their children. */
  readonly #parent: Uint32Array;
  readonly #edge: Uint32Array;
  readonly #depth: Uint8Array;
  /** Per node: probability of backing off to the suffix. */
  readonly #escape: Float64Array;
  /** Per node the range of its followers; one more than nodes. */
  readonly #starts: Uint32Array;
  /** Followers, rising within a node, and the running sum of their probabilities within the node. */
  readonly #followers: Uint32Array;
  readonly #cumulative: Float64Array;
  readonly #children: KeyedTable;

  private constructor(
    classes: Uint32Array,
    suffix: Uint32Array,
    parent: Uint32Array,
    edge: Uint32Array,
    backOff: Float64Array,
    starts: Uint32Array,
    followers: Uint32Array,
    cumulative: Float64Array,
  ) {
    this.#classes = classes;
    this.#suffix = suffix;
    this.#parent = parent;
    this.#edge = edge;
    this.#escape = backOff;
    this.#starts = starts;
    this.#followers = followers;
    this.#cumulative = cumulative;
    this.#depth = new Uint8Array(parent.length);
    this.#children = new KeyedTable(2, MAX_CONTEXTS);
    let order = 0;
    for (let node = 1; node < parent.length; node++) {
      this.#depth[node] = this.#depth[parent[node]!]! + 1;
      order = Math.max(order, this.#depth[node]!);
      this.#children.key[0] = parent[node]!;
      this.#children.key[1] = edge[node]!;
      this.#children.index();
    }
    this.order = order;
  }

  get contexts(): number {
    return this.#parent.length;
  }

  /**
   * Counts the contexts of up to `order` tokens in sequences.
   *
   * @param sequences tokens; at least one in all
   * @param classes the class of each token of the vocabulary
   */
  static fit(sequences: readonly Int32Array[], classes: Uint32Array, order: number): ContextTree {
    const builder = new TreeBuilder(sequences, classes);
    for (let depth = 1; depth <= order; depth++) builder.deepen(depth);
    const { suffix, parent, edge, backOff, starts, followers, cumulative } = builder.finish(classes.length);
    return new ContextTree(classes, suffix, parent, edge, backOff, starts, followers, cumulative);
  }

  /** The context before the first token. */
  get root(): number {
    return ROOT;
  }

  /** Probability of each token whatever came before it. */
  marginal(): Float64Array {
    return Float64Array.from(this.#classes, (_, token) => this.#share(ROOT, token));
  }

  /** Draws the token that follows a context. */
  draw(context: number, random: Random): number {
    let node = context;
    for (;;) {
      const uniform = random.next();
      const backOff = this.#escape[node]!;
      if (uniform >= backOff) return this.#pick(node, (uniform - backOff) / (1 - backOff));
      node = this.#suffix[node]!;
    }
  }

  #pick(node: number, uniform: number): number {
    let low = this.#starts[node]!;
    let high = this.#starts[node + 1]! - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#cumulative[middle]! <= uniform) low = middle + 1;
      else high = middle;
    }
    return this.#followers[low]!;
  }

  /** The context after a token. */
  advance(context: number, token: number): number {
    const { key } = this.#children;
    const edge = this.#classes[token]!;
    for (let node = context; ; node = this.#suffix[node]!) {
      if (this.#depth[node]! < this.order) {
        key[0] = node;
        key[1] = edge;
        const child = this.#children.find();
        if (child >= 0) return child + 1;
      }
      if (node === ROOT) return ROOT;
    }
  }

  /** Probability of a token after a context. */
  probability(context: number, token: number): number {
    let probability = 0;
    let reach = 1;
    for (let node = context; reach > 0; node = this.#suffix[node]!) {
      const backOff = this.#escape[node]!;
      probability += reach * (1 - backOff) * this.#share(node, token);
      reach *= backOff;
    }
    return probability;
  }

  #share(node: number, token: number): number {
    const first = this.#starts[node]!;
    const end = this.#starts[node + 1]!;
    let low = first;
    let high = end;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#followers[middle]! < token) low = middle + 1;
      else high = middle;
    }
    if (low === end || this.#followers[low] !== token) return 0;
    return this.#cumulative[low]! - (low === first ? 0 : this.#cumulative[low - 1]!);
  }

  save(tensors: Map<string, Tensor>): void {
    tensors.set('chain.classes', vector(this.#classes));
    tensors.set('chain.suffix', vector(this.#suffix));
    tensors.set('chain.parent', vector(this.#parent));
    tensors.set('chain.edge', vector(this.#edge));
    tensors.set('chain.escape', vector(this.#escape));
    tensors.set('chain.starts', vector(this.#starts));
    tensors.set('chain.followers', vector(this.#followers));
    tensors.set('chain.cumulative', vector(this.#cumulative));
  }

  /** @throws SynthError `SYNTH_MODEL_INVALID` */
  static load(reader: TensorReader, vocabulary: number): ContextTree {
    const classes = reader.vector('chain.classes', Uint32Array);
    const suffix = reader.vector('chain.suffix', Uint32Array);
    const parent = reader.vector('chain.parent', Uint32Array);
    const edge = reader.vector('chain.edge', Uint32Array);
    const backOff = reader.vector('chain.escape', Float64Array);
    const starts = reader.vector('chain.starts', Uint32Array);
    const followers = reader.vector('chain.followers', Uint32Array);
    const cumulative = reader.vector('chain.cumulative', Float64Array);
    const nodes = parent.length;
    requireModel(
      nodes > 0 &&
        nodes <= MAX_CONTEXTS &&
        classes.length === vocabulary &&
        suffix.length === nodes &&
        edge.length === nodes &&
        backOff.length === nodes &&
        starts.length === nodes + 1 &&
        starts[0] === 0 &&
        starts[nodes] === followers.length &&
        cumulative.length === followers.length,
      'has a Markov chain whose parts differ in length',
    );
    // The suffix of a context is shorter, so it was found earlier: following suffixes always ends at the root.
    for (let node = 1; node < nodes; node++) {
      requireModel(
        suffix[node]! < node && parent[node]! < node,
        `has a Markov chain with an impossible context ${node}`,
      );
    }
    for (let node = 0; node < nodes; node++)
      requireDistribution(node, vocabulary, backOff, starts, followers, cumulative);
    const tree = new ContextTree(classes, suffix, parent, edge, backOff, starts, followers, cumulative);
    requireModel(tree.#children.size === nodes - 1, 'has a Markov chain with the same context twice');
    return tree;
  }
}

function requireDistribution(
  node: number,
  vocabulary: number,
  backOff: Float64Array,
  starts: Uint32Array,
  followers: Uint32Array,
  cumulative: Float64Array,
): void {
  const from = starts[node]!;
  const to = starts[node + 1]!;
  const share = backOff[node]!;
  let valid = from <= to && to <= followers.length && share >= 0 && share <= 1;
  if (node === ROOT) valid &&= share === 0 && from < to;
  if (valid && from === to) valid = share === 1;
  for (let i = from; valid && i < to; i++) {
    const previous = i === from ? 0 : cumulative[i - 1]!;
    valid =
      followers[i]! < vocabulary && (i === from || followers[i]! > followers[i - 1]!) && cumulative[i]! >= previous;
  }
  if (valid && from < to) valid = Math.abs(cumulative[to - 1]! - 1) < 1e-9;
  requireModel(valid, `has a Markov chain whose context ${node} is not followed by a distribution`);
}

/** Builds the nodes level by level, then the weights from the deepest level up. */
class TreeBuilder {
  readonly #sequences: readonly Int32Array[];
  readonly #classes: Uint32Array;
  /** Per sequence and position: the deepest node of the context before that position so far. */
  readonly #deepest: Int32Array[];
  /** The same for the level that was built last; NO_NODE where that context is not kept. */
  #level: Int32Array[];
  readonly #suffix: number[] = [ROOT];
  readonly #parent: number[] = [ROOT];
  readonly #edge: number[] = [0];
  readonly #depth: number[] = [0];

  constructor(sequences: readonly Int32Array[], classes: Uint32Array) {
    this.#sequences = sequences;
    this.#classes = classes;
    this.#deepest = sequences.map(({ length }) => new Int32Array(length).fill(ROOT));
    this.#level = this.#deepest.map((nodes) => nodes.slice());
  }

  /** Adds the contexts of `depth` tokens that occur often enough; those of `depth` - 1 are there. */
  deepen(depth: number): void {
    const pairs = new KeyedTable(2, MAX_CONTEXTS);
    const pairOf = this.#sequences.map((tokens, s) => {
      const found = new Int32Array(tokens.length).fill(NO_NODE);
      for (let i = 1; i < tokens.length; i++) {
        const shorter = this.#level[s]![i - 1]!;
        if (shorter === NO_NODE) continue;
        pairs.key[0] = shorter;
        pairs.key[1] = this.#classes[tokens[i - 1]!]!;
        found[i] = pairs.index();
      }
      return found;
    });
    const counts = new Uint32Array(pairs.size);
    for (const found of pairOf) for (const pair of found) if (pair >= 0) counts[pair]!++;
    const nodeOf = new Int32Array(pairs.size).fill(NO_NODE);
    const level = pairOf.map((found, s) => {
      const nodes = new Int32Array(found.length).fill(NO_NODE);
      for (let i = depth; i < found.length; i++) {
        const pair = found[i]!;
        if (pair < 0 || counts[pair]! < MIN_CONTEXT_COUNT || this.#parent.length >= MAX_CONTEXTS) continue;
        if (nodeOf[pair] === NO_NODE) nodeOf[pair] = this.#addNode(pairs.keyOf(pair), this.#level[s]![i]!, depth);
        nodes[i] = nodeOf[pair]!;
        this.#deepest[s]![i] = nodeOf[pair]!;
      }
      return nodes;
    });
    this.#level = level;
  }

  #addNode(key: Uint32Array, suffix: number, depth: number): number {
    this.#parent.push(key[0]!);
    this.#edge.push(key[1]!);
    this.#suffix.push(suffix);
    this.#depth.push(depth);
    return this.#parent.length - 1;
  }

  finish(vocabulary: number) {
    const pairs = new KeyedTable(2, 2 ** 30);
    let weights = new Float64Array(1024);
    const add = (node: number, token: number, weight: number) => {
      pairs.key[0] = node;
      pairs.key[1] = token;
      const pair = pairs.index();
      if (pair >= weights.length) {
        const larger = new Float64Array(weights.length * 2);
        larger.set(weights);
        weights = larger;
      }
      weights[pair]! += weight;
    };
    this.#sequences.forEach((tokens, s) => {
      for (let i = 0; i < tokens.length; i++) add(this.#deepest[s]![i]!, tokens[i]!, 1);
    });
    const share = discountShare(weights, pairs.size);
    const nodes = this.#parent.length;
    const total = new Float64Array(nodes);
    const given = new Float64Array(nodes);
    for (let depth = Math.max(...this.#depth.slice(-1)); depth >= 0; depth--) {
      const known = pairs.size;
      for (let pair = 0; pair < known; pair++) {
        const [node, token] = pairs.keyOf(pair) as unknown as [number, number];
        if (this.#depth[node] !== depth) continue;
        const weight = weights[pair]!;
        total[node]! += weight;
        if (depth === 0) continue;
        const discount = share * Math.min(1, weight);
        weights[pair] = weight - discount;
        given[node]! += discount;
        add(this.#suffix[node]!, token, discount);
      }
    }
    return { ...this.#distributions(pairs, weights, vocabulary), ...this.#nodes(total, given) };
  }

  #nodes(total: Float64Array, given: Float64Array) {
    return {
      suffix: Uint32Array.from(this.#suffix),
      parent: Uint32Array.from(this.#parent),
      edge: Uint32Array.from(this.#edge),
      backOff: given.map((mass, node) => (total[node] === 0 || mass >= total[node]! ? 1 : mass / total[node]!)),
    };
  }

  /** What is left of the weights, by node and token, as running sums of probabilities. */
  #distributions(pairs: KeyedTable, weights: Float64Array, vocabulary: number) {
    const keys = new Float64Array(pairs.size);
    let count = 0;
    for (let pair = 0; pair < pairs.size; pair++) {
      const key = pairs.keyOf(pair);
      if (weights[pair]! > 0) keys[count++] = key[0]! * vocabulary + key[1]!;
    }
    const sorted = keys.subarray(0, count).sort();
    const starts = new Uint32Array(this.#parent.length + 1);
    const followers = new Uint32Array(count);
    const cumulative = new Float64Array(count);
    for (let i = 0; i < count; i++) {
      const node = Math.floor(sorted[i]! / vocabulary);
      const token = sorted[i]! - node * vocabulary;
      pairs.key[0] = node;
      pairs.key[1] = token;
      followers[i] = token;
      cumulative[i] = weights[pairs.find()]!;
      starts[node + 1] = i + 1;
    }
    for (let node = 0; node < this.#parent.length; node++) {
      starts[node + 1] = Math.max(starts[node]!, starts[node + 1]!);
      normalize(cumulative, starts[node]!, starts[node + 1]!);
    }
    return { starts, followers, cumulative };
  }
}

/**
 * How much of one observation of a (context, token) pair goes to the shorter context: n₁ / (n₁ + 2n₂), with n₁ and n₂ the numbers
 * of pairs seen once and twice. Source: Ney, Essen and Kneser, “On structuring probabilistic dependences in stochastic language
 * modelling” (1994), eq. 43.
 */
function discountShare(counts: Float64Array, pairs: number): number {
  let once = 0;
  let twice = 0;
  for (let pair = 0; pair < pairs; pair++) {
    if (counts[pair] === 1) once++;
    else if (counts[pair] === 2) twice++;
  }
  return once === 0 ? MIN_DISCOUNT : Math.min(MAX_DISCOUNT, Math.max(MIN_DISCOUNT, once / (once + 2 * twice)));
}

/** Turns weights into the running sum of their shares, which ends at exactly 1. */
function normalize(values: Float64Array, from: number, to: number): void {
  let sum = 0;
  for (let i = from; i < to; i++) {
    sum += values[i]!;
    values[i] = sum;
  }
  for (let i = from; i < to; i++) values[i] = i === to - 1 ? 1 : values[i]! / sum;
}
