import { spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import type { TrafficModel } from '../../models/traffic-model.js';
import { captureInput } from '../../src/capture/capture-file.js';
import { writeStamp } from '../../src/emission/stamp.js';
import { loadSeries } from '../../src/series/load.js';
import { VirtualTime } from '../emission/virtual-time.js';
import { ownCertificate } from '../support/certificate.js';
import { expectSynthError, readPackets } from '../support/read.js';
import {
  message,
  openStream,
  outputTo,
  payloadsOf,
  SIZES,
  sendDatagrams,
  sendStream,
  startSink,
  temporaryFolder,
} from './sinking.js';

const folder = temporaryFolder();
const file = (name: string) => join(folder, name);

/** A stamped payload. @param device, sequence as in the stamp */
function stamped(device: number, sequence: number, length = 20): Uint8Array {
  const bytes = new Uint8Array(length);
  writeStamp(bytes, 0, device, sequence, BigInt(Date.now()) * 1_000_000n, 0);
  return bytes;
}

describe.each([
  ['by system calls', true],
  ['by Node.js', false],
])('UDP %s', (_, native) => {
  test('counts packets of each source, with their IP lengths', async () => {
    const sink = await startSink('udp://127.0.0.1:0', { native, limit: { packets: SIZES.length + 1 } });
    const first = await sendDatagrams(sink.ports[0]!, payloadsOf(SIZES));
    const second = await sendDatagrams(sink.ports[0]!, payloadsOf([10]));
    const payloadBytes = SIZES.reduce((sum, size) => sum + size, 0);
    expect(await sink.report).toMatchObject({
      listeners: [`udp://127.0.0.1:${sink.ports[0]}`],
      endedBy: 'packets',
      packets: 7,
      bytes: payloadBytes + 10 + 7 * 28,
      dropped: 0,
      problems: {},
      stamp: null,
      replies: null,
      sources: [
        { remote: `127.0.0.1:${first}`, packets: 6, payloadBytes, bytes: payloadBytes + 6 * 28 },
        { remote: `127.0.0.1:${second}`, packets: 1, bytes: 38, gaps: { minNs: null, meanNs: null, p50Ns: null } },
      ],
    });
  });

  test('counts 48 bytes of headers for IPv6', async () => {
    const sink = await startSink('udp://[::1]:0', { native, limit: { packets: 1 } });
    const port = await sendDatagrams(sink.ports[0]!, payloadsOf([5]), '::1');
    expect(await sink.report).toMatchObject({ bytes: 53, sources: [{ remote: `[::1]:${port}` }] });
  });

  test('takes IPv4 where it listens on all addresses', async () => {
    const sink = await startSink('udp://[::]:0', { native, limit: { packets: 1 } });
    const port = await sendDatagrams(sink.ports[0]!, payloadsOf([5]));
    expect(await sink.report).toMatchObject({ bytes: 33, sources: [{ remote: `127.0.0.1:${port}` }] });
  });

  test('says that an address is taken', async () => {
    const sink = await startSink('udp://127.0.0.1:0', { native });
    const error = await expectSynthError(startSink(sink.urls[0]!, { native }), 'SYNTH_SYSTEM_LIMIT');
    expect(error.message).toContain('another program has it');
    await expectSynthError(sink.end(), 'SYNTH_NOTHING_RECEIVED');
  });

  test('says that an address is not of this host', async () => {
    // RFC 5737: nobody has it.
    const error = await expectSynthError(startSink('udp://192.0.2.1:0', { native }), 'SYNTH_SYSTEM_LIMIT');
    expect(error.message).toContain('no interface');
  });
});

describe('streams', () => {
  test('each connection is a source, and each message a packet with the bytes of its count', async () => {
    const sink = await startSink('tcp://127.0.0.1:0', { limit: { packets: 8 } });
    await sendStream({ port: sink.ports[0]!, host: '127.0.0.1' }, payloadsOf(SIZES).map(message));
    await sendStream({ port: sink.ports[0]!, host: '127.0.0.1' }, payloadsOf([1, 2]).map(message));
    const report = await sink.report;
    expect(report.sources.map(({ packets }) => packets)).toEqual([6, 2]);
    expect(report.sources[1]).toMatchObject({ bytes: 3 + 2 * 44, payloadBytes: 3 });
  });

  test('without framing what comes together is a packet', async () => {
    const sink = await startSink('tcp://[::1]:0', { framing: 'none', limit: { packets: 1 } });
    await sendStream({ port: sink.ports[0]!, host: '::1' }, [Buffer.from('GET /')]);
    expect(await sink.report).toMatchObject({ packets: 1, bytes: 5 + 60 });
  });

  test('unix sockets are removed at the end', async () => {
    const path = file('x.sock');
    const sink = await startSink(`unix://${path}`, { limit: { packets: 1 } });
    expect(statSync(path).isSocket()).toBe(true);
    await sendStream({ path }, [message(new Uint8Array(8))]);
    expect(await sink.report).toMatchObject({ packets: 1, sources: [{ remote: 'client 1', bytes: 52 }] });
    expect(existsSync(path)).toBe(false);
  });

  test('a path that is taken says by what', async () => {
    writeFileSync(file('taken'), '');
    const other = await expectSynthError(startSink(`unix://${file('taken')}`), 'SYNTH_SYSTEM_LIMIT');
    expect(other.message).toContain('a file is there');
    const server = createServer().listen(file('live.sock'));
    const live = await expectSynthError(startSink(`unix://${file('live.sock')}`), 'SYNTH_SYSTEM_LIMIT');
    expect(live.message).toContain('another program');
    server.close();
  });

  test('a socket that a program has left is told to be that', async () => {
    const path = file('stale.sock');
    // Killed, so that it cannot remove it.
    const script = `require('node:net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`;
    spawnSync(process.execPath, ['-e', script]);
    const error = await expectSynthError(startSink(`unix://${path}`), 'SYNTH_SYSTEM_LIMIT');
    expect(error.message).toContain('nobody listens');
    expect(error.hint).toContain(`rm ${path}`);
  });

  test('tls takes the same messages, and counts who cannot speak it', async () => {
    const { cert, key } = await ownCertificate();
    const identity = { certificate: Buffer.from(cert), key: Buffer.from(key) };
    const sink = await startSink('tls://127.0.0.1:0', { identity, limit: { packets: 1 } });
    const where = { port: sink.ports[0]!, host: '127.0.0.1' };
    const plain = await openStream(where);
    const closed = new Promise((resolve) => plain.on('close', resolve));
    plain.removeAllListeners('error').on('error', () => {});
    plain.write('GET / HTTP/1.1\r\n\r\n');
    await closed;
    const socket = connectTls({ ...where, rejectUnauthorized: false }, () => socket.end(message(new Uint8Array(6))));
    expect(await sink.report).toMatchObject({ packets: 1, bytes: 50, problems: { 'TLS handshake': 1 } });
  });

  test('a certificate that is none is refused', async () => {
    const identity = { certificate: Buffer.from('no'), key: Buffer.from('no') };
    await expectSynthError(startSink('tls://127.0.0.1:0', { identity }), 'SYNTH_USAGE');
  });

  test('what is no message ends its connection and nothing else', async () => {
    const sink = await startSink('tcp://127.0.0.1:0', { limit: { packets: 1 } });
    const where = { port: sink.ports[0]!, host: '127.0.0.1' };
    const broken = await openStream(where);
    const closed = new Promise((resolve) => broken.on('close', resolve));
    broken.write('GET / HTTP/1.1\r\n\r\n');
    await closed;
    await sendStream(where, [message(new Uint8Array(3))]);
    expect(await sink.report).toMatchObject({ packets: 1, problems: { 'not a message': 1 } });
  });

  test('a connection that says nothing is no source, and half a message is counted', async () => {
    const sink = await startSink('tcp://127.0.0.1:0', { limit: { packets: 1 } });
    const where = { port: sink.ports[0]!, host: '127.0.0.1' };
    const silent = await openStream(where);
    const half = await openStream(where);
    const closed = new Promise((resolve) => half.on('close', resolve));
    half.end(message(new Uint8Array(9)).subarray(0, 7));
    await closed;
    await sendStream(where, [message(new Uint8Array(9))]);
    expect(await sink.report).toMatchObject({ packets: 1, problems: { 'incomplete message': 1 } });
    silent.destroy();
  });
});

describe('the end', () => {
  test('comes when nothing has come for long, and not before anything has', async () => {
    const clock = new VirtualTime();
    const sink = await startSink('udp://127.0.0.1:0', { clock, limit: { idleNs: 60e9 } });
    let ended = false;
    const onEnd = () => {
      ended = true;
    };
    sink.report.then(onEnd, onEnd);
    clock.pass(3600e9);
    // Time enough for a sink that would end now.
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(ended).toBe(false);
    await sendDatagrams(sink.ports[0]!, payloadsOf([1, 2, 3]));
    const passing = setInterval(() => clock.pass(20e9), 1);
    expect(await sink.report.finally(() => clearInterval(passing))).toMatchObject({ endedBy: 'idle', packets: 3 });
  });

  test('counts what had arrived before', async () => {
    const sink = await startSink('udp://127.0.0.1:0');
    await sendDatagrams(sink.ports[0]!, payloadsOf([1, 2, 3]));
    expect(await sink.end()).toMatchObject({ endedBy: 'signal', packets: 3 });
  });

  test('without a packet is an error, and leaves no file', async () => {
    const sink = await startSink('udp://127.0.0.1:0', {
      limit: { durationNs: 20e6 },
      output: outputTo(file('no.csv')),
    });
    const error = await expectSynthError(sink.report, 'SYNTH_NOTHING_RECEIVED');
    expect(error.exitCode).toBe(5);
    expect(existsSync(file('no.csv'))).toBe(false);
  });

  test('takes no more packets than were asked for', async () => {
    const sink = await startSink('udp://127.0.0.1:0', { limit: { packets: 2 } });
    await sendDatagrams(sink.ports[0]!, payloadsOf([1, 2, 3, 4]));
    expect(await sink.report).toMatchObject({ packets: 2, bytes: 3 + 56 });
  });
});

test('stamps tell loss, order and duplicates of each device, over all of its sources', async () => {
  const sink = await startSink('udp://127.0.0.1:0', { stamp: true, limit: { packets: 7 } });
  await sendDatagrams(sink.ports[0]!, [new Uint8Array(3), stamped(4, 1), stamped(4, 3), stamped(4, 2), stamped(4, 2)]);
  await sendDatagrams(sink.ports[0]!, [stamped(4, 6), new Uint8Array(20)]);
  const { stamp, sources } = await sink.report;
  expect(stamp).toMatchObject({
    expected: 7,
    received: 7,
    lost: 1,
    duplicates: 1,
    outOfOrder: 1,
    unstamped: 0,
    devices: [{ device: 4, expected: 7 }],
  });
  expect(sources.map(({ device }) => device)).toEqual([4, 4]);
});

describe('tables', () => {
  test('hold what arrived as series do', async () => {
    const output = outputTo(file('arrived.csv'));
    const sink = await startSink('udp://127.0.0.1:0', { output, limit: { packets: SIZES.length } });
    await sendDatagrams(sink.ports[0]!, payloadsOf(SIZES));
    const { files } = await sink.report;
    expect(files).toEqual([{ path: output.path, packets: SIZES.length, device: null, sources: null }]);
    const { series } = await loadSeries([output.path], undefined);
    expect([...series[0]!.sizes]).toEqual(SIZES.map((size) => size + 28));
    expect([...series[0]!.outbound]).toEqual(SIZES.map(() => 1));
  });

  test('are not written over', async () => {
    writeFileSync(file('there.csv'), 'mine');
    await expectSynthError(
      startSink('udp://127.0.0.1:0', { output: outputTo(file('there.csv')) }),
      'SYNTH_OUTPUT_EXISTS',
    );
    writeFileSync(file('each-7.csv'), 'mine');
    const output = outputTo(file('each.csv'), { perSource: true });
    await expectSynthError(startSink('udp://127.0.0.1:0', { output }), 'SYNTH_OUTPUT_EXISTS');
    expect(readFileSync(file('there.csv'), 'utf8')).toBe('mine');
  });

  test('one for each source, in the order in which they arrived', async () => {
    const output = outputTo(file('source.ndjson.gz'), { perSource: true, format: 'ndjson' });
    const sink = await startSink('udp://127.0.0.1:0', { output, limit: { packets: 3 } });
    const ports = [
      await sendDatagrams(sink.ports[0]!, payloadsOf([1, 2])),
      await sendDatagrams(sink.ports[0]!, payloadsOf([3])),
    ];
    const { files } = await sink.report;
    expect(files).toEqual(
      ports.map((port, i) => ({
        path: file(`source-${i + 1}.ndjson.gz`),
        packets: 2 - i,
        device: null,
        sources: [`127.0.0.1:${port}`],
      })),
    );
    expect(gunzipSync(readFileSync(files[1]!.path)).toString()).toMatch(/^\{.*"size_bytes":31,"gap_s":null\}\n$/);
  });

  test('one for each device that stamps tell, also of what came before its first stamp', async () => {
    const output = outputTo(file('device.csv'), { perSource: true });
    const sink = await startSink('udp://127.0.0.1:0', { output, stamp: true, limit: { packets: 5 } });
    await sendDatagrams(sink.ports[0]!, [new Uint8Array(3), stamped(1, 1)]);
    await sendDatagrams(sink.ports[0]!, [stamped(0, 0)]);
    await sendDatagrams(sink.ports[0]!, [stamped(1, 2)]);
    await sendDatagrams(sink.ports[0]!, [new Uint8Array(5)]);
    const { files } = await sink.report;
    expect(files.map(({ path, packets, device }) => ({ path, packets, device }))).toEqual([
      { path: file('device-1.csv'), packets: 1, device: 0 },
      { path: file('device-2.csv'), packets: 3, device: 1 },
      { path: file('device-3.csv'), packets: 1, device: null },
    ]);
  });
});

describe('captures', () => {
  test('hold the addresses of both ends, the time of the kernel and every byte', async () => {
    const output = outputTo(file('udp.pcapng'), { format: 'pcapng' });
    const sink = await startSink('udp://0.0.0.0:0,udp://[::1]:0', { output, limit: { packets: 7 } });
    const sent = payloadsOf(SIZES);
    const port = await sendDatagrams(sink.ports[0]!, sent, '127.0.0.2');
    await sendDatagrams(sink.ports[1]!, payloadsOf([9]), '::1');
    const report = await sink.report;
    const { packets } = await readPackets(captureInput(output.path));
    expect(packets).toHaveLength(7);
    expect(
      packets
        .slice(0, 6)
        .map(({ source, destination, ports, sizeBytes }) => ({ source, destination, ports, sizeBytes })),
    ).toEqual(
      SIZES.map((size) => ({
        source: '127.0.0.1',
        destination: '127.0.0.2',
        ports: [port, sink.ports[0]],
        sizeBytes: size + 28,
      })),
    );
    expect(packets[6]).toMatchObject({ source: '::1', destination: '::1', sizeBytes: 57 });
    expect(packets[0]!.timeNs).toBe(BigInt(report.sources[0]!.firstNs));
    packets.slice(0, 6).forEach(({ frame }, i) => {
      expect(frame.slice(2 * 42)).toBe(Buffer.from(sent[i]!).toString('hex'));
    });
  });
});

describe('a dialogue', () => {
  /** Always the same: out at 1 ms, in at 0, 5 and 9 ms, and so on. */
  const script = [
    [0, 128, 0],
    [1e6, 228, 1],
    [5e6, 148, 0],
    [9e6, 40, 0],
    [12e6, 528, 1],
    [15e6, 168, 0],
  ] as const;
  const model: TrafficModel = {
    kind: 'script',
    summary: {},
    *sample() {
      yield {
        length: script.length,
        offsetsNs: Float64Array.from(script, ([at]) => at),
        sizes: Uint32Array.from(script, ([, size]) => size),
        outbound: Uint8Array.from(script, ([, , outbound]) => outbound),
      };
    },
    logLikelihood: () => Number.NaN,
    describe: () => [],
    describeTraining: () => ({ lines: [], tables: [] }),
    save: () => expect.unreachable(),
  };
  const limit = { packets: 100, durationNs: Number.POSITIVE_INFINITY };
  const profile = { ipVersion: 4, protocol: undefined } as const;
  const modelFile = { model, profile, training: { payloadOnly: false } };
  const dialogue = { file: modelFile, seed: '1', limit, precision: 'fine' as const };

  /** Sends one datagram, and takes replies until there are so many. */
  async function converse(port: number, replies: number, payload: Uint8Array = new Uint8Array(200)): Promise<Buffer[]> {
    const socket = createSocket('udp4');
    const received: Buffer[] = [];
    await new Promise<void>((resolve) => {
      socket.on('message', (bytes) => {
        if (received.push(bytes) === replies) resolve();
      });
      socket.send(payload, port, '127.0.0.1');
    });
    socket.close();
    return received;
  }

  test.each([
    ['by system calls', '127.0.0.1', true],
    ['by system calls, listening on all addresses', '0.0.0.0', true],
    ['by Node.js', '127.0.0.1', false],
  ])('sends the inbound packets of the model to each source %s', async (_, address, native) => {
    const output = outputTo(file(`dialogue-${address}-${native}.csv`));
    const sink = await startSink(`udp://${address}:0`, { dialogue, native, output });
    const [first, second] = await Promise.all([converse(sink.ports[0]!, 4), converse(sink.ports[0]!, 4)]);
    const report = await sink.end();
    expect(first.map(({ length }) => length)).toEqual([100, 120, 12, 140]);
    expect(second.map(({ length }) => length)).toEqual([100, 120, 12, 140]);
    expect(first[0]!.subarray(0, 3)).toEqual(Buffer.of(0xff, 0xff, 0));
    expect(report.replies).toMatchObject({ devices: 2, sent: 8, failed: 0, failures: {} });
    expect(report.sources.map(({ replies }) => replies)).toEqual([4, 4]);
    const { series } = await loadSeries([output.path], undefined);
    const inbound = series[0]!.outbound.reduce((count, outbound) => count + 1 - outbound, 0);
    expect([series[0]!.length, inbound]).toEqual([10, 8]);
  });

  test('no reply comes before its time', async () => {
    const output = outputTo(file('times.csv'));
    const sink = await startSink('udp://127.0.0.1:0', { dialogue, output });
    await converse(sink.ports[0]!, 4);
    await sink.end();
    const { series } = await loadSeries([output.path], undefined);
    const { offsetsNs, outbound } = series[0]!;
    const replies = offsetsNs.filter((_, i) => outbound[i] === 0).map((at) => at - offsetsNs[0]!);
    // Since the first packet of the device, which was due at 1 ms; by clocks that may differ by some µs.
    [0, 4e6, 8e6, 14e6].forEach((dueNs, i) => {
      expect(replies[i]).toBeGreaterThan(dueNs - 0.5e6);
    });
  });

  test('over a connection, without what the stack does by itself', async () => {
    const sink = await startSink('tcp://127.0.0.1:0', { dialogue });
    const socket = await openStream({ port: sink.ports[0]!, host: '127.0.0.1' });
    const chunks: Buffer[] = [];
    const done = new Promise<void>((resolve) => {
      socket.on('data', (chunk: Buffer) => {
        chunks.push(chunk);
        if (chunks.reduce((sum, { length }) => sum + length, 0) === 88 + 108 + 128) resolve();
      });
    });
    socket.write(message(new Uint8Array(10)));
    await done;
    socket.destroy();
    expect(Buffer.concat(chunks).readUInt32BE(0)).toBe(84);
    expect((await sink.end()).replies).toMatchObject({ sent: 3, bytes: 324, failed: 0 });
  });

  test('a device that comes again from elsewhere goes on where it was', async () => {
    const sink = await startSink('udp://127.0.0.1:0', { dialogue, stamp: true });
    await converse(sink.ports[0]!, 4, stamped(0, 0));
    await sendDatagrams(sink.ports[0]!, [stamped(0, 1)]);
    await converse(sink.ports[0]!, 4, stamped(1, 0));
    expect((await sink.end()).replies).toMatchObject({ devices: 2, sent: 8 });
  });
});
