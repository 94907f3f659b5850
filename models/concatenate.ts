/**
 * @module
 * Columns one behind the other.
 */

/** @param parts at least one */
export function concatenate<T extends Float32Array | Float64Array>(parts: readonly T[]): T {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const whole = new (parts[0]!.constructor as new (length: number) => T)(length); // of the same type as its parts
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
