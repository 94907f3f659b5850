/**
 * @module
 * Where the tokens of a model come from: one kind of quantizer, fitted at one of several resolutions.
 */
import { FitPool } from '../src/kernels/fit-pool.js';
import { Kernels } from '../src/kernels/kernels.js';
import type { PacketBlock } from '../src/packets/packet-series.js';
import type { TensorReader } from '../src/tensors.js';
import { EmpiricalQuantizer } from './empirical-quantizer.js';
import { type ComponentCounts, fitMixtures, type MixturesSummary } from './gaussian/fit-mixtures.js';
import { GaussianQuantizer } from './gaussian/gaussian-quantizer.js';
import type { Quantizer, QuantizerKind } from './quantizer.js';
import type { TokenFitOptions } from './shared-options.js';
import type { FitHooks } from './traffic-model.js';

export interface QuantizerSource {
  readonly kind: QuantizerKind;
  /** How fine the tokens may be; the first is for series too short to compare them. */
  readonly resolutions: readonly number[];
  fit(series: readonly PacketBlock[], resolution: number): Promise<Quantizer>;
  /** What the latest `fit` compared, for kinds that compare. */
  readonly summary: MixturesSummary | null;
  close(): Promise<void>;
}

/** Quantile bins per root of the number of packets. */
const EMPIRICAL: QuantizerSource = {
  kind: 'empirical',
  resolutions: [0.15, 0.3, 0.6],
  fit: async (series, resolution) => EmpiricalQuantizer.fit(series, resolution),
  summary: null,
  close: async () => {},
};

/** Components by BIC where a direction is fitted first; the same number where it is fitted again, on more of the series. */
class GaussianSource implements QuantizerSource {
  readonly kind = 'gmm';
  /** BIC has chosen: there is one. */
  readonly resolutions = [1];
  summary: MixturesSummary | null = null;
  readonly #options: TokenFitOptions;
  readonly #hooks: FitHooks;
  readonly #pool: FitPool;
  #chosen: ComponentCounts | undefined;

  constructor(options: TokenFitOptions, hooks: FitHooks) {
    this.#options = options;
    this.#hooks = hooks;
    this.#pool = new FitPool(options.threads, hooks.signal);
  }

  async fit(series: readonly PacketBlock[]): Promise<Quantizer> {
    const { quantizer, summary, components } = await fitMixtures(series, this.#options, {
      pool: this.#pool,
      kernels: new Kernels(),
      chosen: this.#chosen,
      onRow: ({ components: count }) => this.#hooks.onProgress?.(0, `${count} components`),
    });
    this.summary ??= summary;
    this.#chosen ??= components;
    return quantizer;
  }

  close(): Promise<void> {
    return this.#pool.close();
  }
}

/** Those to choose from; the first is for series too short to choose. */
export function quantizerSources(
  options: TokenFitOptions,
  hooks: FitHooks,
): readonly [QuantizerSource, ...QuantizerSource[]] {
  if (options.quantizer === 'empirical') return [EMPIRICAL];
  const gaussian = new GaussianSource(options, hooks);
  return options.quantizer === 'gmm' ? [gaussian] : [EMPIRICAL, gaussian];
}

/** @throws SynthError `SYNTH_MODEL_INVALID` */
export function loadQuantizer(kind: QuantizerKind, reader: TensorReader): Quantizer {
  return kind === 'gmm' ? GaussianQuantizer.load(new Kernels(), reader) : EmpiricalQuantizer.load(reader);
}
