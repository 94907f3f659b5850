/**
 * @module
 * What one device's network knows, for another device: how packets follow each other is taken over as it is, and each token of the new
 * alphabet starts as the token of the old one that is most like it.
 */
import type { Quantizer } from '../quantizer.js';
import { type Architecture, logitWidth, matrixOf, startToken } from './architecture.js';
import { cellKinds } from './cells.js';

export interface Learned {
  readonly architecture: Architecture;
  readonly quantizer: Quantizer;
  readonly parameters: Float32Array;
  /** How often each token occurs. */
  readonly counts: Float64Array;
}

/**
 * Parameters of `to` that know what `from` knows.
 *
 * @param from, to of the same architecture but for the tokens; the parameters of `to` are fresh ones
 */
export function transfer(from: Learned, to: Learned, log: (x: number) => number): Float32Array {
  const layout = cellKinds[to.architecture.cell].parameters(to.architecture);
  const old = cellKinds[from.architecture.cell].parameters(from.architecture);
  const parameters = to.parameters.slice();
  for (const [name, { rows, columns, at }] of layout.matrices) {
    if (name === 'embedding.weight' || name.startsWith('output.')) continue;
    const source = matrixOf(old, name).at;
    parameters.set(from.parameters.subarray(source, source + rows * columns), at);
  }
  const likest = likestTokens(from.quantizer, to.quantizer, log);
  const embedding = matrixOf(layout, 'embedding.weight');
  const oldEmbedding = matrixOf(old, 'embedding.weight');
  const copyRow = (source: number, target: number) => {
    const begin = oldEmbedding.at + source * embedding.columns;
    parameters.set(
      from.parameters.subarray(begin, begin + embedding.columns),
      embedding.at + target * embedding.columns,
    );
  };
  copyRow(startToken(from.architecture), startToken(to.architecture));
  // What several new tokens start from is shared out among them as often as they occur.
  const shares = new Float64Array(from.architecture.vocabulary);
  likest.forEach((source, token) => {
    shares[source]! += to.counts[token]! + 1;
  });
  const output = { at: matrixOf(layout, 'output.weight').at, width: logitWidth(to.architecture) };
  const oldOutput = { at: matrixOf(old, 'output.weight').at, width: logitWidth(from.architecture) };
  const bias = matrixOf(layout, 'output.bias').at;
  const oldBias = matrixOf(old, 'output.bias').at;
  likest.forEach((source, token) => {
    copyRow(source, token);
    for (let row = 0; row < to.architecture.hidden; row++) {
      parameters[output.at + row * output.width + token] =
        from.parameters[oldOutput.at + row * oldOutput.width + source]!;
    }
    const share = (to.counts[token]! + 1) / shares[source]!;
    parameters[bias + token] = from.parameters[oldBias + source]! + log(share);
  });
  return parameters;
}

/** For each token of `to` the one of `from` nearest to it: of the same direction if there is one, by size and gap in the logarithm. */
function likestTokens(from: Quantizer, to: Quantizer, log: (x: number) => number): Int32Array {
  const places = (quantizer: Quantizer) =>
    Array.from({ length: quantizer.vocabulary }, (_, token) => {
      const { outbound, meanSizeBytes, geometricMeanGapMs } = quantizer.describe(token);
      return { outbound, size: log(meanSizeBytes), gap: log(1e-3 + geometricMeanGapMs) };
    });
  const old = places(from);
  return Int32Array.from(places(to), ({ outbound, size, gap }) => {
    let best = 0;
    let least = Number.POSITIVE_INFINITY;
    old.forEach((candidate, token) => {
      const other = candidate.outbound === outbound ? 0 : 1e6;
      const distance = other + (candidate.size - size) ** 2 + (candidate.gap - gap) ** 2;
      if (distance < least) {
        least = distance;
        best = token;
      }
    });
    return best;
  });
}
