/** Packets as tshark reads them. */
import { runPeer } from './peers.js';

/** @returns of each packet, by the names of the fields, their values: a field may occur more than once, or not at all */
export function fieldsOf<F extends string>(
  file: string,
  filter: string,
  fields: readonly F[],
  options: readonly string[] = [],
): readonly Readonly<Record<F, readonly string[]>>[] {
  const wanted = fields.flatMap((field) => ['-e', field]);
  const output = ['-T', 'fields', '-E', 'occurrence=a', ...wanted];
  const lines = runPeer('tshark', ['-r', file, '-Y', filter, ...options, ...output]).split('\n');
  return lines
    .filter((line) => line !== '')
    .map((line) => {
      const values = line.split('\t').map((text) => (text === '' ? [] : text.split(',')));
      // Of all fields, since tshark prints a column for each.
      return Object.fromEntries(fields.map((field, at) => [field, values[at] ?? []])) as Record<F, string[]>;
    });
}
