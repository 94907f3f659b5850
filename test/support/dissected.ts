/** Packets as tcpdump has seen them and tshark reads them: the independent witness of who sent what when. */
import type { Host } from './namespaces.js';
import { runPeer } from './peers.js';
import { startProgram } from './running.js';

export interface Recording {
  /** Ends it; the file is whole then. */
  stop(): Promise<{ readonly captured: number; readonly dropped: number }>;
}

/** Records the packets of one TCP port. Resolves when it does. */
export async function recordPackets(host: Host, interfaceName: string, port: number, file: string): Promise<Recording> {
  const options = ['-i', interfaceName, '-n', '-B', '65536', '--time-stamp-precision=nano', '-w', file];
  const running = startProgram(host.command('tcpdump', ...options, '-Z', 'root', 'tcp', 'port', String(port)), '/');
  await running.said(/listening on/);
  return {
    async stop() {
      // The last packets are still in its buffer, where it takes them from once a second.
      await new Promise((resolve) => setTimeout(resolve, 1500));
      running.signal('SIGINT');
      const { stderr } = await running.finished;
      return {
        captured: Number(/(\d+) packets? captured/.exec(stderr)?.[1]),
        dropped: Number(/(\d+) packets? dropped by kernel/.exec(stderr)?.[1]),
      };
    },
  };
}

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
