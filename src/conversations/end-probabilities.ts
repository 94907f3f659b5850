/**
 * @module
 * From counts to how likely a conversation is to end or to be closed, by the number of its packets.
 */
import { sum } from '../statistics/mean.js';
import { type ConversationCounts, LENGTHS, lengthIndex } from './counts.js';

/** A background counts as much as so many observations. */
const END_WEIGHT = 0.5;
const CLOSE_WEIGHT = 1;
/** A conversation may always go on. */
const MAX_CERTAIN_END = 0.98;

/** Probability that a packet is the last of its conversation. */
export function endProbabilities({ services, lengths, ends }: ConversationCounts): Float64Array {
  const probabilities = new Float64Array(lengths.length);
  for (let row = 0; row < 2 * services; row++) {
    const from = row * LENGTHS;
    const to = from + LENGTHS;
    const usual = (sum(ends.subarray(from, to)) + 1e-3) / (sum(lengths.subarray(from, to)) + 1);
    for (let at = from; at < to; at++) {
      probabilities[at] = Math.min(MAX_CERTAIN_END, (ends[at]! + END_WEIGHT * usual) / (lengths[at]! + END_WEIGHT));
    }
  }
  return probabilities;
}

/** 0 for services whose connections were never closed. */
export function closenesses({ services, lengths, closes }: ConversationCounts): Float64Array {
  const factors = new Float64Array(lengths.length);
  for (let service = 0; service < services; service++) {
    const from = lengthIndex(service, 0, 1);
    const to = from + LENGTHS;
    const usual = sum(closes.subarray(from, to)) / Math.max(1, sum(lengths.subarray(from, to)));
    if (usual === 0) continue;
    for (let at = from; at < to; at++) {
      factors[at] = (closes[at]! + CLOSE_WEIGHT * usual) / (lengths[at]! + CLOSE_WEIGHT) / usual;
    }
  }
  return factors;
}
