import { describe, expect, test } from 'vitest';
import { modelKinds } from '../../models/registry.js';
import { collect } from '../../src/packets/packet-series.js';
import { randomStream } from '../../src/random.js';
import { parseDevice, parseFlow } from '../../src/series/target.js';
import { type TrainOptions, train } from '../../src/training/train.js';
import { conversation, type Row, requests, seriesOf } from '../models/blocks.js';
import { expectSynthError } from '../support/read.js';

const OPTIONS: TrainOptions = { kind: 'markov', holdout: 0, keepAddresses: false, payloadOnly: false };

describe('the part held out', () => {
  const rows: Row[] = Array.from({ length: 90 }, (_, i) => [i * 1e9, i < 60 ? 50 : 99, i % 3 === 0 ? 0 : 1]);

  test('is not learned from', async () => {
    const { model, training } = await train([seriesOf(rows)], undefined, { ...OPTIONS, holdout: 1 / 3 });
    const sampled = collect(
      model.sample(randomStream('1', 'x'), { packets: 2000, durationNs: Number.POSITIVE_INFINITY }),
    );
    expect(new Set(sampled.sizes)).toEqual(new Set([50]));
    // Of 60 packets, 0 to 59 s, every third is inbound.
    expect(training).toEqual({
      series: 1,
      packets: 60,
      outboundPackets: 40,
      spanSeconds: 59,
      holdout: 1 / 3,
      payloadOnly: false,
    });
  });

  test('is the end of every series', async () => {
    const { training } = await train([seriesOf(rows), seriesOf(rows)], undefined, { ...OPTIONS, holdout: 0.5 });
    expect(training).toMatchObject({ series: 2, packets: 90, spanSeconds: 88 });
  });

  test('may not be everything', async () => {
    await expectSynthError(
      train([seriesOf(rows.slice(0, 1))], undefined, { ...OPTIONS, holdout: 0.5 }),
      'SYNTH_TRAINING_FAILED',
    );
  });
});

describe('the profile', () => {
  const quiet = conversation('192.168.0.2', '203.0.113.7', 3, 6, [40_000, 443]);
  const busy = conversation('2001:db8:7::2', '2001:db8:7::9', 50, 58, [undefined, undefined]);
  const series = seriesOf(requests(53), [quiet, busy]);

  test('is that of the busiest conversation, without addresses', async () => {
    const { profile } = await train([series], parseDevice('02:00:00:00:00:07'), OPTIONS);
    expect(profile).toEqual({
      kind: 'device',
      ipVersion: 6,
      protocol: 58,
      localPort: null,
      peerPort: null,
      addresses: null,
    });
  });

  test('has the addresses where they are to be kept; the MAC address only where it was the target', async () => {
    const options = { ...OPTIONS, keepAddresses: true };
    const byMac = await train([series], parseDevice('02:00:00:00:00:07'), options);
    expect(byMac.profile.addresses).toEqual({
      local: '2001:db8:7::2',
      peer: '2001:db8:7::9',
      localMac: '02:00:00:00:00:07',
    });
    const flow = parseFlow('TCP 192.168.0.2:40000 203.0.113.7:443');
    const byFlow = await train([seriesOf(requests(53), [quiet])], flow, options);
    expect(byFlow.profile).toEqual({
      kind: 'flow',
      ipVersion: 4,
      protocol: 6,
      localPort: 40_000,
      peerPort: 443,
      addresses: { local: '192.168.0.2', peer: '203.0.113.7', localMac: null },
    });
  });

  test('of a table is UDP over IPv4 to the discard port', async () => {
    const { profile } = await train([seriesOf(requests(53))], undefined, { ...OPTIONS, keepAddresses: true });
    // RFC 863: discard is port 9.
    expect(profile).toEqual({
      kind: 'series',
      ipVersion: 4,
      protocol: 17,
      localPort: 49_152,
      peerPort: 9,
      addresses: null,
    });
  });
});

test.each(['constructor', '__proto__', 'toString', ''])('there is no kind of model named “%s”', async (kind) => {
  await expectSynthError(train([seriesOf(requests(9))], undefined, { ...OPTIONS, kind }), 'SYNTH_USAGE');
});

test.each([...modelKinds])(
  'the kind %s calls itself by the name it is registered under',
  (name, { kind, description }) => {
    expect(kind).toBe(name);
    expect(description).not.toBe('');
  },
);

test.each<[string, Record<string, unknown>]>([
  ['no thread', { threads: 0 }],
  ['no component', { components: [0] }],
  ['half a component', { components: [1.5] }],
  ['too many components', { components: [1025] }],
  ['nothing to choose from', { components: [] }],
  ['no start', { restarts: 0 }],
  ['no iteration', { iterations: 0 }],
  ['no tolerance', { tolerance: 0 }],
  ['a quantizer that is not there', { quantizer: 'foo' }],
])('%s to fit with is SYNTH_USAGE', async (_, fit) => {
  for (const kind of ['hmm', 'markov']) {
    await expectSynthError(train([seriesOf(requests(9))], undefined, { ...OPTIONS, kind, fit }), 'SYNTH_USAGE');
  }
});
