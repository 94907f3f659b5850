/**
 * @module
 * The course of a scenario: its phases, and the storms that recur in them.
 */
import type { KeyPath, Problems } from './problems.js';
import type { Phase, Storm } from './scenario.js';
import type { ScenarioFile } from './scenario-schema.js';

const PHASE_KEYS = ['ramp', 'hold', 'pause', 'ramp_down'] as const;

export function phaseOf(
  phase: ScenarioFile['phases'][number],
  path: KeyPath,
  devices: number,
  problems: Problems,
): Phase | undefined {
  const kinds = PHASE_KEYS.filter((key) => phase[key] !== undefined);
  const [kind] = kinds;
  if (kind === undefined || kinds.length > 1) {
    problems.add(
      path,
      `a phase is one of ${PHASE_KEYS.join(', ')}${kinds.length > 1 ? `, not ${kinds.join(' and ')}` : ''}`,
    );
    return undefined;
  }
  const isRamp = kind === 'ramp' || kind === 'ramp_down';
  if (phase.to !== undefined && !isRamp) problems.add([...path, 'to'], 'is for ramps');
  if (phase.rate !== undefined && kind !== 'ramp') problems.add([...path, 'rate'], 'is for ramps up');
  if (phase.rate !== undefined && phase.to !== undefined) problems.add(path, 'has both to and rate');
  const durationNs = phase[kind]!;
  if (kind === 'hold' || kind === 'pause') return { kind, durationNs };
  if (phase.rate !== undefined) return { kind: 'arrive', durationNs, perSecond: phase.rate };
  if (phase.to === undefined) return { kind: 'ramp', durationNs, toShare: kind === 'ramp' ? 1 : 0 };
  if ('share' in phase.to) return { kind: 'ramp', durationNs, toShare: phase.to.share };
  if (phase.to.devices > devices) problems.add([...path, 'to'], `there are only ${devices} devices`);
  return { kind: 'ramp', durationNs, toShare: Math.min(1, phase.to.devices / devices) };
}

const MAX_STORMS = 10_000;

export function stormsOf(
  { at, every, share, over, away, graceful }: NonNullable<ScenarioFile['churn']>[number],
  totalNs: number,
): Storm[] {
  const storm = { share: share ?? 1, overNs: over ?? 0, awayNs: away ?? 0, graceful: graceful ?? false };
  if (every === undefined || every === 0) return [{ ...storm, atNs: at }];
  const times = Math.min(MAX_STORMS, Math.max(1, Math.ceil((totalNs - at) / every)));
  return Array.from({ length: times }, (_, i) => ({ ...storm, atNs: at + i * every }));
}
