/**
 * @module
 * Why a fleet was no success, if it was none: one reason, which makes the exit code.
 */

import { SynthError } from '../../errors.js';
import { byCount, thresholdValue } from '../../fleet/account/describe.js';
import type { FleetResult } from '../../fleet/account/snapshot.js';
import { formatCount, formatCounted } from '../../format.js';

const MAX_NAMED = 3;

/**
 * The first reason of those that there are. Who reads it is often a pipeline, which sees the exit code and perhaps one line, so causes
 * come before what follows from them:
 *
 * - An interrupted run has shown nothing, not even a failure: whoever stopped it knows why, and thresholds of half a run mean little.
 * - A target that nobody reached, a fleet that said nothing and messages of which none arrived make every threshold fail. "p99 was not
 *   measured" would send people looking at the wrong thing, and a retry may well help. A threshold that was measured and failed, such as
 *   one of the rate of errors, asks for just that, and goes before.
 * - Thresholds are what the user asked for: a failed one must not hide behind a code that a pipeline might forgive. If this machine was
 *   the bottleneck too, the hint says so.
 * - A generator-bound run whose thresholds passed is still no proof, so it does not end with 0 either.
 *
 * Some messages that failed are none of these: how many are too many is for a threshold to say.
 */
export function fleetFailure(result: FleetResult): SynthError | undefined {
  return (
    interrupted(result) ??
    unreachable(result) ??
    nothingSent(result) ??
    undelivered(result) ??
    failedThresholds(result) ??
    generatorBound(result)
  );
}

function interrupted({ verdict }: FleetResult): SynthError | undefined {
  return verdict === 'interrupted'
    ? new SynthError('SYNTH_INTERRUPTED', 'interrupted while the fleet was running')
    : undefined;
}

function unreachable({ total: { counts, errors } }: FleetResult): SynthError | undefined {
  if (counts.attempts === 0 || counts.connects > 0) return undefined;
  const [reason] = byCount(errors).find(([name]) => name.startsWith('connect: ')) ?? [];
  const why = reason === undefined ? '' : `: mostly ${reason.slice('connect: '.length)}`;
  return new SynthError(
    'SYNTH_TARGET_UNREACHABLE',
    `not one of ${formatCounted(counts.attempts, 'attempt')} to connect came to be${why}`,
    { hint: 'Is the target running, are host, port and credentials of the scenario right?' },
  );
}

function nothingSent({ total: { counts } }: FleetResult): SynthError | undefined {
  if (counts.sent > 0) return undefined;
  const message =
    counts.planned === 0
      ? 'not one message came due'
      : `not one of ${formatCounted(counts.planned, 'planned message')} was sent`;
  return new SynthError('SYNTH_NOTHING_TO_SEND', message, {
    hint: 'A longer run, more devices, or a shorter silence in the scenario makes messages come due.',
  });
}

function undelivered({ total: { counts, errors }, thresholds }: FleetResult): SynthError | undefined {
  if (counts.acknowledged > 0 || thresholds.some(({ passed, value }) => !passed && value !== null)) return undefined;
  const [reason] = byCount(errors).find(([name]) => name.startsWith('message: ')) ?? [];
  const why = reason === undefined ? '' : `: mostly ${reason.slice('message: '.length)}`;
  return new SynthError(
    'SYNTH_DELIVERY_FAILED',
    `not one of ${formatCounted(counts.sent, 'message')} was acknowledged${why}`,
    { hint: 'The reasons are in the summary.' },
  );
}

function failedThresholds({ thresholds, verdict }: FleetResult): SynthError | undefined {
  const failed = thresholds.filter(({ passed }) => !passed);
  // A run is only ever aborted by a threshold; if it should not be among them, the run was no success all the same.
  if (failed.length === 0 && verdict !== 'aborted') return undefined;
  const named = failed.slice(0, MAX_NAMED).map((one) => `${one.threshold.text} (${thresholdValue(one)})`);
  const more = failed.length > named.length ? ` and ${formatCount(failed.length - named.length)} more` : '';
  const message =
    failed.length === 0
      ? 'a threshold has ended the run'
      : `${formatCounted(failed.length, 'threshold')} failed: ${named.join(', ')}${more}`;
  return new SynthError('SYNTH_THRESHOLD_FAILED', message, {
    hint:
      verdict === 'generator-bound'
        ? 'This machine could not keep to the plan either, so the target may not be to blame: fewer devices would tell.'
        : 'The values are in the summary.',
  });
}

function generatorBound({ verdict }: FleetResult): SynthError | undefined {
  if (verdict !== 'generator-bound') return undefined;
  return new SynthError('SYNTH_GENERATOR_BOUND', 'this machine could not keep to the plan', {
    hint: 'Ask for fewer devices or a lower speed, or end other programs; nothing is said about the target.',
  });
}
