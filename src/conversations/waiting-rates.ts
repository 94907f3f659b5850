/**
 * @module
 * From counts to rates in time: of a conversation's next packet, of openings, and how likely a silence is to go on.
 */
import { sum } from '../statistics/mean.js';
import { type ConversationCounts, contextsOf, waitIndex } from './counts.js';
import { NO_STEP } from './role.js';
import { shrunkRate, TIME_BINS, upperEdge } from './time-bins.js';

/** A background counts as much as so many observations. */
export const RATE_WEIGHT = 0.5;
/** Where no wait was as long, so many are thought to end within the octave. */
const UNSEEN_WAITS = 0.5;

/** After a step; shrunk to any step of the service, and that to the mean of the service. */
export function waitRates({ services, waited }: ConversationCounts, waits: Float64Array): Float64Array {
  const rates = new Float64Array(waits.length);
  for (let service = 0; service < services; service++) {
    const events = new Float64Array(TIME_BINS);
    const exposure = new Float64Array(TIME_BINS);
    for (let previous = 0; previous <= NO_STEP; previous++) {
      for (let bin = 0; bin < TIME_BINS; bin++) {
        events[bin]! += waits[waitIndex(service, previous, bin)]!;
        exposure[bin]! += waited[waitIndex(service, previous, bin)]!;
      }
    }
    const mean = (sum(events) + 0.01) / (sum(exposure) + 1e9);
    for (let previous = 0; previous <= NO_STEP; previous++) {
      for (let bin = 0; bin < TIME_BINS; bin++) {
        const background = shrunkRate(
          events[bin]!,
          exposure[bin]!,
          Math.min(mean, UNSEEN_WAITS / upperEdge(bin)),
          RATE_WEIGHT,
        );
        const at = waitIndex(service, previous, bin);
        rates[at] = shrunkRate(waits[at]!, waited[at]!, background, RATE_WEIGHT);
      }
    }
  }
  return rates;
}

/** Probability that a wait after a step is at least as long as the middle of a bin; shrunk to any step of the service. */
export function silences({ services, waits, closings }: ConversationCounts): Float64Array {
  const longer = new Float64Array(waits.length);
  for (let service = 0; service < services; service++) {
    const all = new Float64Array(TIME_BINS);
    for (let previous = 0; previous <= NO_STEP; previous++) {
      for (let bin = 0; bin < TIME_BINS; bin++) {
        const at = waitIndex(service, previous, bin);
        all[bin]! += waits[at]! + closings[at]!;
      }
    }
    const background = tails(all, RATE_WEIGHT, () => 1);
    for (let previous = 0; previous <= NO_STEP; previous++) {
      const at = waitIndex(service, previous, 0);
      const own = all.map((_, bin) => waits[at + bin]! + closings[at + bin]!);
      longer.set(
        tails(own, RATE_WEIGHT, (bin) => background[bin]!),
        at,
      );
    }
  }
  return longer;
}

/** Share of counts in later bins and of half of those in the same. */
function tails(counts: Float64Array, weight: number, background: (bin: number) => number): Float64Array {
  const shares = new Float64Array(counts.length);
  const total = sum(counts) + weight;
  let later = 0;
  for (let bin = counts.length - 1; bin >= 0; bin--) {
    const count = counts[bin]!;
    shares[bin] = total === 0 ? 0 : (later + count / 2 + weight * background(bin)) / total;
    later += count;
  }
  return shares;
}

/** Of each service by the time since any packet, whatever that was. */
export function openingRates({ services, openings, openingWaited }: ConversationCounts): Float64Array {
  const contexts = contextsOf(services);
  const events = new Float64Array(services * TIME_BINS);
  for (const [index, count] of openings) {
    const service = Math.floor(index / (contexts * TIME_BINS));
    events[service * TIME_BINS + (index % TIME_BINS)]! += count;
  }
  const exposure = new Float64Array(TIME_BINS);
  openingWaited.forEach((waited, index) => {
    exposure[index % TIME_BINS]! += waited;
  });
  const total = sum(exposure) + 1e9;
  return Float64Array.from(events, (count, index) => {
    const service = Math.floor(index / TIME_BINS);
    const ofService = sum(events.subarray(service * TIME_BINS, (service + 1) * TIME_BINS));
    return shrunkRate(count, exposure[index % TIME_BINS]!, (ofService + RATE_WEIGHT) / total, RATE_WEIGHT);
  });
}
