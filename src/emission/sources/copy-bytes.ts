/**
 * @module
 * Copies packets. Into shared memory, `set` of a typed array takes longer for a packet of usual size than all else that is done with it;
 * words of four bytes, aligned or not, take a third of that.
 */

/** Memory, and the same as a view. */
export interface ViewedBytes {
  readonly bytes: Uint8Array;
  readonly view: DataView;
}

/** From here on `set` is as fast. */
const LONG_BYTES = 1024;

export function copyBytes(from: ViewedBytes, fromAt: number, to: ViewedBytes, toAt: number, length: number): void {
  if (length >= LONG_BYTES) {
    to.bytes.set(from.bytes.subarray(fromAt, fromAt + length), toAt);
    return;
  }
  const source = from.view;
  const target = to.view;
  const words = length & ~3;
  for (let i = 0; i < words; i += 4) target.setInt32(toAt + i, source.getInt32(fromAt + i, true), true);
  for (let i = words; i < length; i++) target.setUint8(toAt + i, source.getUint8(fromAt + i));
}
