/**
 * @module
 * An evaluation as a table for people.
 */
import type { Evaluation } from '../evaluation/evaluate.js';
import { formatCount, formatTable } from './format.js';

export function evaluationLines(evaluation: Evaluation): readonly string[] {
  const { metrics, meanExcess, trainingPackets, heldOutPackets, syntheticPackets } = evaluation;
  const number = (value: number | null) => (value === null ? '–' : value.toFixed(3));
  const rows = metrics.map(({ quantity, direction, value, floor, excess, reason }) => [
    `${quantity} ${direction}`,
    number(value),
    number(floor),
    number(excess),
    reason ?? '',
  ]);
  const synthetic =
    syntheticPackets.length === 1
      ? formatCount(syntheticPackets[0]!)
      : `${syntheticPackets.length} × ${formatCount(syntheticPackets[0]!)}`;
  return [
    `${synthetic} synthetic packets against ${formatCount(heldOutPackets)} held out; floor from ${formatCount(trainingPackets)} before them`,
    '',
    formatTable(['KS statistic', 'synthetic', 'floor', 'excess', ''], rows, [1, 2, 3]),
    '',
    `Mean excess ${number(meanExcess)} (0 is perfect)`,
  ];
}
