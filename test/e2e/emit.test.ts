/** `synth emit` as a user runs it: what arrives, what is told, and how a run ends when the target or the machine does not do its part. */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Socket as StreamSocket } from 'node:net';
import { join } from 'node:path';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { captureInput } from '../../src/capture/capture-file.js';
import { readCaptures } from '../../src/capture/read-captures.js';
import { readStamp } from '../../src/emission/stamp.js';
import {
  DEVICE,
  type Finished,
  type ProcessOptions,
  synth,
  synthJson,
  synthProcess,
  workFolder,
} from '../support/cli.js';

const FLOW = 'UDP 10.77.0.17:40004 10.77.0.1:5004';
const cwd = workFolder();

interface Summary {
  readonly planned: { readonly packets: number; readonly bytes: number };
  readonly sent: { readonly packets: number; readonly bytes: number; readonly ratePps: number };
  readonly failed: { readonly packets: number; readonly reasons: Readonly<Record<string, number>> };
  readonly skipped: { readonly packets: number };
  readonly errors: Readonly<Record<string, number>>;
  readonly reconnects: number;
  readonly received: { readonly packets: number };
  readonly lateness: { readonly p50Ns: number; readonly p99Ns: number; readonly maxNs: number };
  readonly verdict: string;
  readonly leftToStack: number;
  readonly error?: { readonly code: string; readonly hint?: string };
}

interface Run {
  readonly code: number | null;
  readonly summary: Summary;
  readonly stderr: string;
}

async function emit(args: readonly string[], options: Partial<ProcessOptions> = {}): Promise<Run> {
  return runOf(await synthProcess(['emit', ...args, '--json'], { cwd, ...options }));
}

function runOf({ code, stdout, stderr }: Finished): Run {
  const summary = JSON.parse(stdout.toString()) as Summary;
  if (summary.planned !== undefined) {
    const { planned, sent, failed, skipped } = summary;
    expect(planned.packets).toBe(sent.packets + failed.packets + skipped.packets);
  }
  return { code, summary, stderr };
}

/** A socket that keeps what it gets, with the port of the sender. */
async function receiver(): Promise<{ socket: Socket; port: number; got: { port: number; bytes: Buffer }[] }> {
  const socket = createSocket({ type: 'udp4', recvBufferSize: 4 * 2 ** 20 });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  onTestFinished(() => void socket.close());
  const got: { port: number; bytes: Buffer }[] = [];
  socket.on('message', (bytes, { port }) => got.push({ port, bytes }));
  return { socket, port: socket.address().port, got };
}

/** Exit codes of a run whose packets have all arrived: a busy machine may be late. */
const ON_TIME_OR_LATE = [0, 6];

/** So many datagrams fit into the buffer of a socket, so that none is lost while this process is busy. */
const MAX_BUFFERED = 150;

/** Resolves when so much has come of what is still in the socket's buffer. */
const arrived = (count: () => number, expected: number): Promise<void> =>
  expect.poll(count, { timeout: 120_000 }).toBeGreaterThanOrEqual(expected);

const turns = () => new Promise((resolve) => setTimeout(resolve, 50));

async function server(onConnection: (socket: StreamSocket, nth: number) => void): Promise<number> {
  let count = 0;
  const open = new Set<StreamSocket>();
  const listener = createServer((socket) => {
    open.add(socket);
    socket.on('error', () => {});
    onConnection(socket, count++);
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  onTestFinished(() => {
    for (const socket of open) socket.destroy();
    listener.close();
  });
  return (listener.address() as AddressInfo).port;
}

/** A port where nobody listens. */
async function closedPort(): Promise<number> {
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  socket.close();
  return port;
}

beforeAll(async () => {
  await synthJson(['train', 'capture.pcap', '--flow', FLOW, '--out', 'call.safetensors'], { cwd });
});

describe('captures', () => {
  test('the payloads of a flow arrive as they were captured, in order', async () => {
    const expected: Buffer[] = [];
    await readCaptures([captureInput(join(cwd, 'capture.pcap'))], (packet) => {
      if (packet.sourcePort !== 40004 || packet.destinationPort !== 5004) return;
      const at = packet.transportAt + 8;
      const captured = packet.bytes.subarray(at, packet.at + packet.capturedLength);
      // What the capture has cut off is sent as zeros.
      expected.push(Buffer.concat([captured], packet.payloadLength));
    });
    const { port, got } = await receiver();
    const to = ['--flow', FLOW, '--to', `udp://127.0.0.1:${port}`];
    const { code, summary } = await emit(['capture.pcap', ...to, '--speed', '100x', '--limit', String(MAX_BUFFERED)]);
    await arrived(() => got.length, MAX_BUFFERED);
    expect(ON_TIME_OR_LATE).toContain(code);
    expect(expected.length).toBeGreaterThan(MAX_BUFFERED);
    expect(got.map(({ bytes }) => bytes.toString('hex'))).toEqual(
      expected.slice(0, MAX_BUFFERED).map((bytes) => bytes.toString('hex')),
    );
    expect(summary.lateness.p50Ns).toBeGreaterThan(0);
    expect(summary.lateness.p99Ns).toBeLessThanOrEqual(summary.lateness.maxNs);
  });

  test('rounds, limits and constant rates are kept', async () => {
    const { port, got } = await receiver();
    const to = ['--flow', FLOW, '--to', `udp://127.0.0.1:${port}`];
    const { summary } = await emit(['capture.pcap', ...to, '--pps', '5000', '--loop', '0', '--limit', '2500']);
    expect(got.length).toBeGreaterThan(0);
    expect(summary.planned.packets).toBe(2500);
    // 2499 gaps of 200 µs, and what the last packet was late.
    expect(summary.sent.ratePps).toBeGreaterThan(0);
    expect(summary.sent.ratePps).toBeLessThan(5003);
  });
});

describe('models', () => {
  test('devices have a source port and a sequence each, and sizes are those of the model', async () => {
    const { port, got } = await receiver();
    const to = ['--to', `udp://127.0.0.1:${port}`, '--devices', '20', '--limit', String(MAX_BUFFERED), '--seed', '1'];
    const { code, summary } = await emit(['call.safetensors', ...to, '--stamp', '--topspeed']);
    await arrived(() => got.length, MAX_BUFFERED);
    expect([code, summary.sent.packets]).toEqual([0, MAX_BUFFERED]);
    expect(got).toHaveLength(MAX_BUFFERED);
    expect(new Set(got.map(({ port }) => port)).size).toBe(20);
    const next = new Map<number, number>();
    for (const { bytes } of got) {
      const stamp = readStamp(bytes, 0, bytes.length);
      if (stamp === undefined) throw new Error('a packet of this flow is long enough for a stamp');
      expect(stamp.sequence).toBe(next.get(stamp.device) ?? 0);
      next.set(stamp.device, stamp.sequence + 1);
    }
    expect(next.size).toBe(20);
  });

  test('the same seed sends the same', async () => {
    const { port, got } = await receiver();
    const args = [
      'call.safetensors',
      '--to',
      `udp://127.0.0.1:${port}`,
      '--limit',
      String(MAX_BUFFERED),
      '--topspeed',
      '--seed',
      '5',
    ];
    await emit(args);
    await arrived(() => got.length, MAX_BUFFERED);
    const first = got.splice(0).map(({ bytes }) => bytes.toString('hex'));
    await emit(args);
    await arrived(() => got.length, MAX_BUFFERED);
    expect(got.map(({ bytes }) => bytes.toString('hex'))).toEqual(first);
  });

  test('the role of the peer sends what the device receives', async () => {
    const { port } = await receiver();
    const args = ['call.safetensors', '--to', `udp://127.0.0.1:${port}`, '--topspeed', '--seed', '5'];
    const device = await emit([...args, '--role', 'device']);
    const peer = await emit([...args, '--role', 'peer']);
    const both = await emit([...args, '--direction', 'both']);
    expect(device.summary.planned.packets + peer.summary.planned.packets).toBe(both.summary.planned.packets);
    expect(peer.summary.planned.packets).toBeGreaterThan(0);
  });

  test('in a stream each message has its modelled length', async () => {
    const chunks: Buffer[] = [];
    const port = await server((socket) => socket.on('data', (chunk) => chunks.push(chunk)));
    const to = ['--to', `tcp://127.0.0.1:${port}`, '--limit', '200', '--topspeed'];
    const { code, summary } = await emit(['call.safetensors', ...to]);
    await arrived(() => Buffer.concat(chunks).length, summary.sent.bytes);
    const bytes = Buffer.concat(chunks);
    expect(code).toBe(0);
    expect(bytes.length).toBe(summary.sent.bytes);
    let messages = 0;
    for (let at = 0; at < bytes.length; at += 4 + bytes.readUInt32BE(at)) messages++;
    expect(messages).toBe(200);
  });
});

describe('targets that fail', () => {
  test('refused datagrams are counted, and the run goes on', async () => {
    const port = await closedPort();
    const { code, summary } = await emit([
      'call.safetensors',
      '--to',
      `udp://127.0.0.1:${port}`,
      '--limit',
      '50',
      '--pps',
      '500',
    ]);
    expect(code).toBe(5);
    expect(summary.sent.packets).toBe(50);
    expect(summary.errors['ECONNREFUSED']).toBeGreaterThan(0);
  });

  test('a connection that is refused ends the run before it begins', async () => {
    const port = await closedPort();
    const { code, summary } = await emit(['call.safetensors', '--to', `tcp://127.0.0.1:${port}`]);
    expect([code, summary.error?.code]).toEqual([5, 'SYNTH_TARGET_UNREACHABLE']);
  });

  test('a connection that is reset is made again; what was due meanwhile has failed', async () => {
    const port = await server((socket, nth) => {
      if (nth === 0) socket.once('data', () => socket.resetAndDestroy());
      else socket.resume();
    });
    const to = ['--to', `tcp://127.0.0.1:${port}`, '--pps', '200', '--limit', '400'];
    const { code, summary } = await emit(['call.safetensors', ...to]);
    expect(code).toBe(5);
    expect(summary.reconnects).toBe(1);
    expect(summary.failed.packets).toBeGreaterThan(0);
    expect(summary.sent.packets).toBeGreaterThan(200);
  });

  test('a target that takes nothing is given up after the stall timeout', async () => {
    const port = await server((socket) => socket.pause());
    const to = ['--to', `tcp://127.0.0.1:${port}`, '--topspeed', '--loop', '0', '--duration', '1m', '--no-reconnect'];
    const { code, summary } = await emit([
      'capture.pcap',
      '--device',
      DEVICE,
      ...to,
      '--limit',
      '200000',
      '--stall-timeout',
      '500ms',
    ]);
    expect(code).toBe(5);
    expect(summary.failed.packets).toBeGreaterThan(0);
  });

  test('a slow target makes packets late and loses none: target-bound', async () => {
    let bytes = 0;
    let ended = false;
    const port = await server((socket) => {
      socket.on('end', () => {
        ended = true;
      });
      socket.on('data', (chunk) => {
        bytes += chunk.length;
        socket.pause();
        setTimeout(() => socket.resume(), 50);
      });
    });
    const to = [
      '--to',
      `tcp://127.0.0.1:${port}`,
      '--mbps',
      '400',
      '--loop',
      '0',
      '--limit',
      '40000',
      '--drain',
      '20s',
    ];
    const { code, summary } = await emit(['capture.pcap', '--device', DEVICE, ...to]);
    expect([code, summary.verdict]).toEqual([0, 'target-bound']);
    expect(summary.failed.packets + summary.skipped.packets).toBe(0);
    while (!ended) await turns();
    // Payloads shorter than their own length take four bytes.
    expect(bytes).toBeGreaterThanOrEqual(summary.sent.bytes);
    expect(bytes).toBeLessThan(summary.sent.bytes * 1.01);
  });

  test('a receiver that is restarted in the middle gets the rest', async () => {
    const first = await receiver();
    const { port } = first;
    const run = emit(['call.safetensors', '--to', `udp://127.0.0.1:${port}`, '--limit', '1500', '--pps', '300']);
    while (first.got.length < 100) await turns();
    first.socket.removeAllListeners('message');
    const closed = once(first.socket, 'close');
    first.socket.close();
    first.socket.close = () => first.socket;
    await closed;
    // Long enough for packets to be due in it, on any machine.
    await new Promise((resolve) => setTimeout(resolve, 1500));
    const again = createSocket('udp4');
    onTestFinished(() => void again.close());
    let rest = 0;
    again.on('message', () => rest++);
    again.bind(port, '127.0.0.1');
    const { code, summary } = await run;
    expect([code, summary.sent.packets]).toEqual([5, 1500]);
    expect(summary.errors['ECONNREFUSED']).toBeGreaterThan(0);
    await arrived(() => rest, 1);
  });
});

describe('runs that end otherwise', () => {
  test.each(['SIGINT', 'SIGTERM'] as const)(
    '%s: what is left is skipped, the account is complete, 130',
    async (signal) => {
      const { port, got } = await receiver();
      const to = ['--to', `udp://127.0.0.1:${port}`, '--pps', '100', '--loop', '0'];
      const args = ['capture.pcap', '--flow', FLOW, ...to];
      const { code, summary } = await emit(args, { signalWhen: () => got.length > 0, signals: [signal] });
      await arrived(() => got.length, summary.sent.packets);
      expect(code).toBe(130);
      expect(summary.sent.packets).toBeGreaterThan(0);
      expect(got.length).toBe(summary.sent.packets);
      expect(summary.skipped.packets).toBeGreaterThan(0);
    },
  );

  test('top speed ends after the duration', async () => {
    const { port } = await receiver();
    const to = ['--to', `udp://127.0.0.1:${port}`, '--topspeed', '--duration', '300ms'];
    const { code, summary } = await emit(['call.safetensors', ...to]);
    expect([code, summary.verdict]).toEqual([0, 'unpaced']);
    expect(summary.sent.packets).toBeGreaterThan(0);
  });

  test('an interrupt while a connection is being made ends at once', async () => {
    let connections = 0;
    const port = await server(() => connections++); // never says a word of TLS
    const to = ['--to', `tls://127.0.0.1:${port}`, '--connect-timeout', '1h'];
    const { code, summary } = await emit(['call.safetensors', ...to], { signalWhen: () => connections > 0 });
    expect([code, summary.error?.code]).toEqual([130, 'SYNTH_INTERRUPTED']);
  });

  test('more than this machine can send: generator-bound, 6', async () => {
    const { port } = await receiver();
    const to = ['--to', `udp://127.0.0.1:${port}`, '--pps', '20M', '--loop', '0', '--limit', '500000'];
    const { code, summary } = await emit(['capture.pcap', '--flow', FLOW, ...to]);
    expect([code, summary.verdict]).toEqual([6, 'generator-bound']);
    expect(summary.sent.packets).toBe(500_000);
  });

  test('the summary is written to a file too, and not over another', async () => {
    const { port } = await receiver();
    const args = [
      'call.safetensors',
      '--to',
      `udp://127.0.0.1:${port}`,
      '--limit',
      '10',
      '--topspeed',
      '--summary',
      'run.json',
    ];
    const { summary } = await emit(args);
    expect(JSON.parse(readFileSync(join(cwd, 'run.json'), 'utf8'))).toEqual(summary);
    const again = await emit(args);
    expect([again.code, again.summary.error?.code]).toEqual([2, 'SYNTH_OUTPUT_EXISTS']);
  });
});

describe('refused before anything is sent', () => {
  test.each([
    [['--to', 'udp://8.8.8.8:53'], 2, 'SYNTH_TARGET_NOT_ALLOWED'],
    [[], 2, 'SYNTH_USAGE'],
    [['--to', 'udp://127.0.0.1:9', '--interface', 'lo'], 2, 'SYNTH_USAGE'],
    [['--to', 'ufp://127.0.0.1:9'], 2, 'SYNTH_USAGE'],
    [['--to', 'udp://127.0.0.1:9', '--speed', '0x'], 2, 'SYNTH_USAGE'],
    [['--to', 'udp://127.0.0.1:9', '--start-at', '2020-01-01T00:00:00Z'], 2, 'SYNTH_USAGE'],
    [['--to', 'udp://127.0.0.1:9', '--bind', '203.0.113.9'], 5, 'SYNTH_SYSTEM_LIMIT'],
    [['--interface', 'lo', '--stamp'], 2, 'SYNTH_USAGE'],
    [['--to', 'raw://', '--stamp'], 2, 'SYNTH_USAGE'],
    [['--interface', 'no-such-interface'], 5, 'SYNTH_SYSTEM_LIMIT'],
    // Mistakes come before what the machine lacks.
    [['--interface', 'no-such-interface', '--stamp'], 2, 'SYNTH_USAGE'],
    [['--interface', 'no-such-interface', '--start-at', '2020-01-01T00:00:00Z'], 2, 'SYNTH_USAGE'],
    [['--to', 'udp://8.8.8.8:53', '--bind', '203.0.113.9'], 2, 'SYNTH_TARGET_NOT_ALLOWED'],
    [['--to', 'unix:///no/such/socket'], 5, 'SYNTH_TARGET_UNREACHABLE'],
  ])('%j', async (flags, expected, errorCode) => {
    const { code, summary } = runOf(await synth(['emit', 'call.safetensors', ...flags, '--json'], { cwd }));
    expect([code, summary.error?.code]).toEqual([expected, errorCode]);
  });

  test('a flow without packets in the direction', async () => {
    const args = ['capture.pcap', '--flow', 'UDP 10.77.0.17:1 10.77.0.1:2', '--to', 'udp://127.0.0.1:9'];
    const { code, summary } = await emit(args);
    expect([code, summary.error?.code]).toEqual([3, 'SYNTH_TARGET_NOT_FOUND']);
  });
});
