/** Any series, for properties that all of them have. */

import { fromGaps, type Row } from '../models/blocks.js';
import fc from '../support/fast-check.js';

export const RUNS = { numRuns: 150 };

/** Rows with ties and without, of few sizes or many, of either direction or both. */
export const rowsOf = ({ minLength = 0, maxLength = 60 }: { minLength?: number; maxLength?: number }) =>
  fc
    .array(
      fc.tuple(
        fc.oneof(fc.constantFrom(0, 1e6, 1e9), fc.integer({ min: 0, max: 30e9 })),
        fc.oneof(fc.constantFrom(40, 1500), fc.integer({ min: 20, max: 9000 })),
        fc.constantFrom<0 | 1>(0, 1),
      ),
      { minLength, maxLength },
    )
    .map((rows): Row[] => fromGaps(rows));
