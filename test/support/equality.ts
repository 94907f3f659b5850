/** Says at once that two long arrays are equal: `toEqual` compares element by element, which takes seconds for a megabyte. */
import { expect } from 'vitest';

// Arrays that are not equal at once are left to the comparison of vitest, which tells where they differ.
expect.addEqualityTesters([(a, b) => (haveSameBytes(a, b) || areSameNumbers(a, b) ? true : undefined)]);

function haveSameBytes(a: unknown, b: unknown): boolean {
  if (!ArrayBuffer.isView(a) || !ArrayBuffer.isView(b) || a.constructor !== b.constructor) return false;
  const bytes = (view: ArrayBufferView) => new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
  return Buffer.compare(bytes(a), bytes(b)) === 0;
}

function areSameNumbers(a: unknown, b: unknown): boolean {
  if (!Array.isArray(a) || !Array.isArray(b) || a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (typeof a[i] !== 'number' || !Object.is(a[i], b[i])) return false;
  return true;
}
