/**
 * @module
 * From counts to the probability of each step: a direction and role, by its place in the conversation and the step before.
 */
import { type ConversationCounts, isClosingPlace, PLACES, PREVIOUS_STEPS, stepIndex } from './counts.js';
import { NO_STEP, STEPS } from './role.js';

/** Probability of a step that was never seen: small, not zero, since packets come from models that err. */
const UNSEEN_STEP = 1e-5;
/** And of a step that never opened a conversation. */
const UNSEEN_OPENING = 1e-9;
/** A background counts as much as so many observations. */
const STEP_WEIGHT = 0.5;

/** At a place after a step; shrunk to after the step in the same part of the conversation, and that to the part alone. */
export function stepProbabilities({ services, steps }: ConversationCounts): Float64Array {
  const probabilities = new Float64Array(steps.length);
  const anywhere = new Float64Array(PREVIOUS_STEPS * STEPS);
  const part = new Float64Array(STEPS);
  const places = Array.from({ length: PLACES }, (_, place) => place);
  for (let service = 0; service < services; service++) {
    for (const closing of [false, true]) {
      const ofPart = places.filter((place) => isClosingPlace(place) === closing);
      anywhere.fill(0);
      part.fill(0);
      for (const place of ofPart) {
        for (let previous = 0; previous <= NO_STEP; previous++) {
          for (let step = 0; step < STEPS; step++) {
            const count = steps[stepIndex(service, place, previous, step)]!;
            anywhere[previous * STEPS + step]! += count;
            part[step]! += count;
          }
        }
      }
      shrinkTo(part, 0, () => UNSEEN_STEP, STEP_WEIGHT);

      for (let previous = 0; previous <= NO_STEP; previous++) {
        shrinkTo(anywhere, previous * STEPS, (step) => part[step]!, STEP_WEIGHT);
        for (const place of ofPart) {
          const at = stepIndex(service, place, previous, 0);
          for (let step = 0; step < STEPS; step++) probabilities[at + step] = steps[at + step]!;
          shrinkTo(
            probabilities,
            at,
            (step) => (place === 0 ? UNSEEN_OPENING : anywhere[previous * STEPS + step]!),
            STEP_WEIGHT,
          );
        }
      }
    }
  }
  return probabilities;
}

/** Counts of steps, from `at` on, become probabilities. */
function shrinkTo(counts: Float64Array, at: number, background: (step: number) => number, weight: number): void {
  let total = 0;
  for (let step = 0; step < STEPS; step++) total += counts[at + step]!;
  for (let step = 0; step < STEPS; step++) {
    counts[at + step] = (counts[at + step]! + weight * background(step)) / (total + weight);
  }
}
