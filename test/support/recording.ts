/** tcpdump on a host of `namespaces.ts`: the independent witness of what was on a cable. */
import { readFileSync } from 'node:fs';
import { expect } from 'vitest';
import type { Host } from './namespaces.js';
import { startProgram } from './running.js';

export interface RecordingOptions {
  readonly host: Host;
  readonly interfaceName: string;
  /** An address beyond the interface, to which nothing else goes at port 9. */
  readonly beyond: string;
  readonly file: string;
  /** What is recorded beside the mark of the end; left out, everything. */
  readonly filter?: string;
}

export interface Recording {
  /** Ends it. The file is whole then, with the mark as a datagram to port 9 at its end. */
  stop(): Promise<{ readonly captured: number; readonly dropped: number }>;
}

const MARK = 'end of the recording';
const DISCARD_PORT = 9; // RFC 863

/** Resolves when it records. */
export async function record({ host, interfaceName, beyond, file, filter }: RecordingOptions): Promise<Recording> {
  const options = [
    '-i',
    interfaceName,
    '-n',
    '-U',
    '-B',
    '65536',
    '--time-stamp-precision=nano',
    '-Z',
    'root',
    '-w',
    file,
  ];
  const filters = filter === undefined ? [] : [`(${filter}) or udp dst port ${DISCARD_PORT}`];
  const running = startProgram(host.command('tcpdump', ...options, ...filters), '/');
  await running.said(/listening on/);
  return {
    async stop() {
      // tcpdump takes packets from its buffer once a second, in their order: with the mark everything before it is in the file.
      const isWhole = () => {
        host.run('bash', '-c', `echo ${MARK} >/dev/udp/${beyond}/${DISCARD_PORT}`);
        return readFileSync(file).includes(MARK);
      };
      await expect.poll(isWhole, { timeout: 120_000, interval: 100 }).toBe(true);
      running.signal('SIGINT');
      const { stderr } = await running.finished;
      return {
        captured: Number(/(\d+) packets? captured/.exec(stderr)?.[1]),
        dropped: Number(/(\d+) packets? dropped by kernel/.exec(stderr)?.[1]),
      };
    },
  };
}
