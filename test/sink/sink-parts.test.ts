import { describe, expect, test } from 'vitest';
import { Batch } from '../../src/emission/batch.js';
import { NONE_YET } from '../../src/emission/packet-queue.js';
import { readStamp, StampReader, writeStamp } from '../../src/emission/stamp.js';
import { sourceFileName } from '../../src/sink/arrival-files.js';
import { DialogueQueue } from '../../src/sink/dialogue-queue.js';
import { isWildcard, parseListen, unmapped } from '../../src/sink/listen-address.js';
import { SinkTime } from '../../src/sink/sink-time.js';
import { SourceTable } from '../../src/sink/source-table.js';
import { StampAccount } from '../../src/sink/stamp-account.js';
import fc from '../support/fast-check.js';
import { expectSynthError } from '../support/read.js';

describe('addresses to listen on', () => {
  test('are a list of URLs, also in several texts', () => {
    expect(parseListen(['udp://127.0.0.1:8000,TCP://[::1]:0', 'tls://localhost:1', 'unix:///tmp/x.sock'])).toEqual([
      { kind: 'udp', endpoint: { address: '127.0.0.1', port: 8000 } },
      { kind: 'tcp', endpoint: { address: '::1', port: 0 } },
      { kind: 'tls', endpoint: { address: '127.0.0.1', port: 1 } },
      { kind: 'unix', path: '/tmp/x.sock' },
    ]);
  });

  test.each([
    'http://127.0.0.1:80',
    'udp://127.0.0.1',
    'udp://127.0.0.1:65536',
    'udp://example:80',
    'udp://::1:80',
    'udp://00:00:5e:00:53:01:80',
    'unix://',
    '',
    `unix:///${'x'.repeat(108)}`,
  ])('“%s” is none', async (text) => {
    await expectSynthError(() => parseListen([text]), 'SYNTH_USAGE');
  });

  test('keep the zone of a link-local address', () => {
    expect(parseListen(['udp://[fe80::1%eth0]:9'])).toMatchObject([{ endpoint: { address: 'fe80::1%eth0' } }]);
  });

  test('an IPv6 address that stands for an IPv4 address is that', () => {
    expect(['::ffff:192.0.2.1', '::ffff:c000:201', '::1'].map(unmapped)).toEqual(['192.0.2.1', '192.0.2.1', '::1']);
    expect(['0.0.0.0', '::', '::1', '10.0.0.0'].map(isWildcard)).toEqual([true, true, false, false]);
  });
});

describe('stamps', () => {
  test('are read without an object as with one', () => {
    const startWallNs = 1_795_845_016_157_640_418n;
    const reader = new StampReader(startWallNs - 5_000_000_000n);
    const bytes = new Uint8Array(40);
    writeStamp(bytes, 3, 77, 4_000_000_000, startWallNs, 123_456_789);
    expect(reader.read(bytes, 3, 16)).toBe(true);
    const { device, sequence, plannedNs } = readStamp(bytes, 3, 16)!; // just written
    expect(reader).toMatchObject({ device, sequence });
    expect(BigInt(reader.plannedNs)).toBe(plannedNs - (startWallNs - 5_000_000_000n));
    expect(reader.read(bytes, 3, 15)).toBe(false);
    expect(reader.read(bytes, 4, 16)).toBe(false);
  });

  const account = (sequences: readonly number[]) => {
    const result = new StampAccount(0);
    for (const sequence of sequences) result.count(sequence);
    const { expected, received, lost, duplicates, outOfOrder } = result;
    return { expected, received, lost, duplicates, outOfOrder };
  };

  test('all in order', () => {
    expect(account([0, 1, 2])).toEqual({ expected: 3, received: 3, lost: 0, duplicates: 0, outOfOrder: 0 });
  });

  test('loss, also of the first', () => {
    expect(account([2, 3, 7])).toMatchObject({ expected: 8, lost: 5 });
  });

  test('a late packet is out of order, a second one a duplicate', () => {
    expect(account([0, 2, 1, 1, 0, 3])).toEqual({ expected: 4, received: 6, lost: 0, duplicates: 2, outOfOrder: 1 });
  });

  test('packets without a stamp fill gaps in the numbers', () => {
    const result = new StampAccount(0);
    result.count(0);
    result.received++;
    result.count(2);
    expect(result).toMatchObject({ expected: 3, lost: 0 });
  });

  test('numbers go on after 2^32', () => {
    const result = new StampAccount(0);
    result.count(2 ** 31 - 1);
    result.count(2 ** 32 - 2);
    result.count(0);
    result.count(2 ** 32 - 1);
    expect(result).toMatchObject({ expected: 2 ** 32 + 1, duplicates: 0, outOfOrder: 1 });
  });

  test('sent = received + lost − duplicates in any order', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(20_000), { minLength: 1, maxLength: 200 }), (sequences) => {
        const { expected, received, lost, duplicates } = account(sequences);
        expect(received - duplicates + lost).toBe(expected);
        expect(received).toBe(sequences.length);
      }),
    );
  });

  test('within the window duplicates are exact', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(8000), { minLength: 1, maxLength: 300 }), (sequences) => {
        expect(account(sequences).duplicates).toBe(sequences.length - new Set(sequences).size);
      }),
    );
  });
});

describe('the queue of a dialogue', () => {
  /** A partner whose replies are due at these times. */
  const partner = (channel: number, times: number[]) => ({
    channel,
    length: 10 + channel,
    timeNs: times[0]!,
    advance() {
      times.shift();
      this.timeNs = times[0] ?? 0;
      return times.length > 0;
    },
  });

  test('merges partners that join while it runs', () => {
    const queue = new DialogueQueue(new Uint8Array(100));
    const batch = new Batch();
    expect(queue.nextDeadlineNs()).toBe(NONE_YET);
    queue.join(partner(0, [10, 30, 50]));
    queue.collect(batch, 20);
    expect([...batch.deadlineNs.subarray(0, batch.count)]).toEqual([10]);
    queue.join(partner(1, [20, 40]));
    expect(queue.nextDeadlineNs()).toBe(20);
    queue.collect(batch, 100);
    expect([...batch.deadlineNs.subarray(0, batch.count)]).toEqual([20, 30, 40, 50]);
    expect([...batch.channel.subarray(0, batch.count)]).toEqual([1, 0, 1, 0]);
    expect([...batch.length.subarray(0, batch.count)]).toEqual([11, 10, 11, 10]);
    expect(queue.nextDeadlineNs()).toBe(NONE_YET);
    expect(queue.ended).toBe(false);
  });

  test('tells of an earlier packet and of its end, not of a later packet', async () => {
    const queue = new DialogueQueue(new Uint8Array(100));
    let told = 0;
    const listen = () => queue.changed().then(() => told++);
    queue.join(partner(0, [10]));
    const first = listen();
    queue.join(partner(1, [20]));
    await Promise.resolve();
    expect(told).toBe(0);
    queue.join(partner(2, [5]));
    await first;
    expect(told).toBe(1);
    const second = listen();
    queue.end();
    await second;
    expect(queue.nextDeadlineNs()).toBe(NONE_YET);
    expect(queue.ended).toBe(true);
  });

  test('gives the packets of any partners in the order of time', () => {
    const times = fc.array(fc.nat(1000), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(fc.array(times, { maxLength: 20 }), (partners) => {
        const queue = new DialogueQueue(new Uint8Array(100));
        partners.forEach((one, i) => {
          queue.join(
            partner(
              i,
              one.toSorted((a, b) => a - b),
            ),
          );
        });
        const batch = new Batch();
        const seen: number[] = [];
        for (;;) {
          queue.collect(batch, Number.POSITIVE_INFINITY);
          if (batch.count === 0) break;
          seen.push(...batch.deadlineNs.subarray(0, batch.count));
        }
        expect(seen).toEqual(partners.flat().sort((a, b) => a - b));
      }),
    );
  });
});

test('sources beyond those that are told apart are summed', () => {
  const table = new SourceTable(2);
  const origin = {
    url: 'udp://127.0.0.1:1',
    transport: 'udp' as const,
    remote: { address: '127.0.0.1', port: 5 },
    local: undefined,
    framingBytes: 0,
    path: { failure: '', reply: () => 0 },
    name: undefined,
  };
  const sources = [1, 2, 3, 4].map(() => table.open(origin));
  expect(sources.map(({ name }) => name)).toEqual(['127.0.0.1:5', '127.0.0.1:5', 'others', 'others']);
  expect(sources[3]).toBe(sources[2]);
  expect(table.others).toBe(sources[2]);
});

test('the time of a sink is exact in both directions', () => {
  let nowNs = 1000;
  const time = new SinkTime({ nowNs: () => (nowNs += 1e6), wallNs: () => 1_795_845_016_999_999_999n });
  const sinceNs = time.since(1_795_845_017, 5);
  expect(sinceNs).toBe(6);
  expect([time.secondsOf(sinceNs), time.nanosecondsOf(sinceNs)]).toEqual([1_795_845_017, 5]);
  expect([time.secondsOf(-1e9), time.nanosecondsOf(-1e9)]).toEqual([1_795_845_015, 999_999_999]);
});

test('files of sources are numbered before their endings', () => {
  expect(sourceFileName('folder.x/out.csv.gz', 3)).toBe('folder.x/out-3.csv.gz');
  expect(sourceFileName('out', 1)).toBe('out-1');
});
