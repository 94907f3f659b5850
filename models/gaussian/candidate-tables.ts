/**
 * @module
 * The numbers of components that BIC compared, as tables for people.
 */
import type { TrainingTable } from '../traffic-model.js';
import type { ComponentRow } from './component-search.js';

interface Compared {
  readonly candidates: readonly ComponentRow[];
}

/** One table for each direction that had a choice. */
export function candidateTables(
  directions: { readonly outbound: Compared | null; readonly inbound: Compared | null } | null,
): readonly TrainingTable[] {
  return (['outbound', 'inbound'] as const).flatMap((name) => {
    const candidates = directions?.[name]?.candidates ?? [];
    return candidates.length > 1 ? [tableOf(`Compared ${name}`, candidates)] : [];
  });
}

function tableOf(title: string, candidates: readonly ComponentRow[]): TrainingTable {
  const least = Math.min(...candidates.map(({ bic }) => bic));
  return {
    columns: [title, 'log-likelihood', 'BIC', 'iterations', ''],
    rows: candidates.map(({ components, logLikelihood, bic, iterations }) => [
      String(components),
      logLikelihood.toFixed(1),
      bic.toFixed(1),
      String(iterations),
      bic === least ? '← least' : '',
    ]),
  };
}
