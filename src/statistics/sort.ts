/**
 * @module
 * Sorting of numbers, the first step of most statistics of a sample.
 */

/** A copy of the values, rising. */
export const sortedCopy = (values: Float64Array): Float64Array => values.slice().sort();
