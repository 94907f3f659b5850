/**
 * @module
 * Maps from numbers to numbers, of ports and of VLANs: `80=8080`.
 */
import { SynthError } from '../errors.js';

/** The new number of every number. */
export type NumberMap = Uint16Array;

/**
 * @param what the numbers are, for the message
 * @param last the largest number, at most 65535
 * @returns undefined where there is nothing to map
 * @throws SynthError `SYNTH_USAGE`
 */
export function parseNumberMaps(texts: readonly string[], what: string, last: number): NumberMap | undefined {
  if (texts.length === 0) return undefined;
  const numbers = Uint16Array.from({ length: last + 1 }, (_, i) => i);
  // The first one that names a number counts, as it does for addresses.
  for (const text of texts.toReversed()) {
    const [, from, to] = /^(\d{1,5})=(\d{1,5})$/.exec(text) ?? [];
    if (from === undefined || to === undefined || Number(from) > last || Number(to) > last) {
      throw new SynthError('SYNTH_USAGE', `“${text}” does not map a ${what} to another, 0 to ${last}`, {
        hint: `Write it like ${what === 'port' ? '80=8080' : '1=2'}.`,
      });
    }
    numbers[Number(from)] = Number(to);
  }
  return numbers;
}
