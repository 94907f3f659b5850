/** Sinks in the test's own process, on the loopback interface, and what is sent to them. */
import { createSocket } from 'node:dgram';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, type NetConnectOpts, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { parseListen } from '../../src/sink/listen-address.js';
import { runSink, type SinkOptions, type SinkOutput } from '../../src/sink/sink.js';
import type { SinkReport } from '../../src/sink/sink-report.js';

/** Of payloads: none, few bytes, many. */
export const SIZES = [0, 1, 40, 200, 1400, 30_000];

const NO_LIMIT = {
  durationNs: Number.POSITIVE_INFINITY,
  packets: Number.POSITIVE_INFINITY,
  idleNs: Number.POSITIVE_INFINITY,
};

export interface RunningSink {
  readonly urls: readonly string[];
  readonly ports: readonly number[];
  readonly report: Promise<SinkReport>;
  end(): Promise<SinkReport>;
}

export type SinkSettings = Partial<Omit<SinkOptions, 'listen' | 'limit'>> & {
  readonly limit?: Partial<SinkOptions['limit']>;
};

/** Resolves when all addresses listen. @throws what the sink throws before that */
export async function startSink(listen: string, settings: SinkSettings = {}): Promise<RunningSink> {
  const interrupt = new AbortController();
  const addresses = parseListen([listen]);
  const urls: string[] = [];
  const { limit, ...others } = settings;
  let report!: Promise<SinkReport>;
  const listening = new Promise<void>((resolve) => {
    report = runSink({
      framing: 'length',
      identity: undefined,
      stamp: false,
      output: undefined,
      dialogue: undefined,
      signal: interrupt.signal,
      ...others,
      listen: addresses,
      limit: { ...NO_LIMIT, ...limit },
      onListening: (url) => {
        if (urls.push(url) === addresses.length) resolve();
      },
    });
  });
  report.catch(() => {});
  await Promise.race([listening, report]);
  return {
    urls,
    ports: urls.map((url) => Number(/:(\d+)$/.exec(url)?.[1])),
    report,
    end: () => {
      interrupt.abort();
      return report;
    },
  };
}

/** Sends datagrams from one socket, in order. @returns its port */
export async function sendDatagrams(
  port: number,
  payloads: readonly Uint8Array[],
  address = '127.0.0.1',
): Promise<number> {
  const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
  for (const payload of payloads) {
    await new Promise<void>((resolve, reject) =>
      socket.send(payload, port, address, (error) => (error ? reject(error) : resolve())),
    );
  }
  const own = socket.address().port;
  await new Promise<void>((resolve) => socket.close(resolve));
  return own;
}

export function openStream(where: NetConnectOpts): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket: Socket = connect(where, () => resolve(socket));
    socket.on('error', reject);
  });
}

/** Writes all and closes. */
export async function sendStream(where: NetConnectOpts, chunks: readonly Uint8Array[]): Promise<void> {
  const socket = await openStream(where);
  for (const chunk of chunks) socket.write(chunk);
  await new Promise<void>((resolve) => socket.end(resolve));
}

/** As it stands in a stream: the count, and the payload. */
export function message(payload: Uint8Array): Uint8Array {
  const bytes = Buffer.alloc(4 + payload.length);
  bytes.writeUInt32BE(payload.length);
  bytes.set(payload, 4);
  return bytes;
}

/** Payloads that differ from each other. */
export const payloadsOf = (lengths: readonly number[]): Uint8Array[] =>
  lengths.map((length, i) => Uint8Array.from({ length }, (_, at) => (at * 7 + i) & 0xff));

export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'synth-sink-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export const outputTo = (path: string, changes: Partial<SinkOutput> = {}): SinkOutput => ({
  path,
  format: 'csv',
  force: false,
  perSource: false,
  inputs: [],
  ...changes,
});
