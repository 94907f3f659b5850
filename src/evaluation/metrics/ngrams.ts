/**
 * @module
 * What follows what: the Jensen–Shannon divergence, in bits, of the frequencies of two and of three successive packets, as classes of size
 * and direction, and as classes of joint gap and direction.
 */
import type { PacketBlock } from '../../packets/packet-series.js';
import { jensenShannonDivergence } from '../../statistics/divergence.js';
import { defineMetric, type Metric, tooFew } from '../metric.js';
import { type Classes, PacketClasses, type Reference } from '../reference.js';

/** Fewer packets than this have hardly any n-gram twice. */
const MIN_PACKETS = 64;

const LENGTHS = { bigrams: 2, trigrams: 3 };

export function ngramMetrics(reference: Reference): Metric[] {
  const classes = new PacketClasses(reference);
  return Object.entries(LENGTHS).flatMap(([metric, length]) => [
    ngrams(metric, length, 'size', classes.sizes, sizeTokens),
    ngrams(metric, length, 'gap', classes.gaps, gapTokens),
  ]);
}

function ngrams(
  metric: string,
  length: number,
  quantity: string,
  classes: Classes,
  tokens: (block: PacketBlock, classes: Classes) => Uint16Array,
): Metric {
  return defineMetric(
    { metric, quantity, direction: 'both', unit: 'bit', most: 1, scored: { aspect: 'order', worst: 1 } },
    ({ block }) =>
      block.length < MIN_PACKETS
        ? tooFew(block.length, MIN_PACKETS, 'packets')
        : countNgrams(tokens(block, classes), classes.count, length),
    jensenShannonDivergence,
  );
}

/** Direction and size class of every packet. */
function sizeTokens({ length, sizes, outbound }: PacketBlock, classes: Classes): Uint16Array {
  const tokens = new Uint16Array(length);
  for (let i = 0; i < length; i++) tokens[i] = classes.of(outbound[i] === 1, sizes[i]!);
  return tokens;
}

/** Direction and joint gap class of every packet but the first. */
function gapTokens({ length, offsetsNs, outbound }: PacketBlock, classes: Classes): Uint16Array {
  const tokens = new Uint16Array(length - 1);
  for (let i = 1; i < length; i++) tokens[i - 1] = classes.of(outbound[i] === 1, offsetsNs[i]! - offsetsNs[i - 1]!);
  return tokens;
}

/** How often each sequence of `length` tokens occurs: `alphabet`^`length` counts. */
function countNgrams(tokens: Uint16Array, alphabet: number, length: number): Float64Array {
  const counts = new Float64Array(alphabet ** length);
  let code = 0;
  for (let i = 0; i < tokens.length; i++) {
    code = (code * alphabet + tokens[i]!) % counts.length;
    if (i >= length - 1) counts[code]!++;
  }
  return counts;
}
