import { beforeAll, describe, expect, test } from 'vitest';
import { collect, type PacketBlock, type PacketSeries } from '../../../src/packets/packet-series.js';
import { randomStream } from '../../../src/random.js';
import { train } from '../../../src/training/train.js';

const SECOND_NS = 1e9;
const MINUTE_NS = 60 * SECOND_NS;
const HOUR_NS = 60 * MINUTE_NS;
const DAYS = 7;

/** A week of a device that reports every minute, in five packets within milliseconds, and then sleeps two hours in six. */
function week(): PacketSeries {
  const random = randomStream('week', 'device');
  const offsetsNs: number[] = [];
  const sizes: number[] = [];
  const outbound: number[] = [];
  for (let ns = 0; ns < DAYS * 24 * HOUR_NS; ns += MINUTE_NS) {
    if (ns % (6 * HOUR_NS) >= 4 * HOUR_NS) continue;
    let at = ns + Math.round((random.next() - 0.5) * 20e6);
    for (const [size, direction] of [
      [93, 1],
      [40, 0],
      [157, 1],
      [81, 0],
      [40, 1],
    ] as const) {
      offsetsNs.push(at);
      sizes.push(size);
      outbound.push(direction);
      at += Math.round((1 + 4 * random.next()) * 1e6);
    }
  }
  const first = offsetsNs[0]!;
  return {
    length: offsetsNs.length,
    startNs: 0n,
    offsetsNs: Float64Array.from(offsetsNs, (ns) => ns - first),
    sizes: Uint32Array.from(sizes),
    outbound: Uint8Array.from(outbound),
    conversation: new Uint16Array(offsetsNs.length),
    marks: new Uint8Array(offsetsNs.length),
    conversations: [],
  };
}

/** Gaps in ns, rising. */
const gapsOf = ({ length, offsetsNs }: PacketBlock) =>
  Float64Array.from({ length: length - 1 }, (_, i) => offsetsNs[i + 1]! - offsetsNs[i]!).sort();

const shareAbove = (gaps: Float64Array, ns: number) => gaps.filter((gap) => gap > ns).length / gaps.length;

describe.each(['rnn', 'tcn'] as const)('A %s of a device that reports every minute and sleeps for hours', (kind) => {
  const real = week();
  let gaps: Float64Array;
  let sizesOfReports: string;

  beforeAll(async () => {
    const options = {
      kind,
      holdout: 0,
      keepAddresses: false,
      payloadOnly: false,
      fit: { epochs: 12, hidden: kind === 'rnn' ? 32 : 16, threads: 1 },
    };
    const { model } = await train([real], undefined, options);
    const limit = { packets: real.length, durationNs: Number.POSITIVE_INFINITY };
    const generated = collect(model.sample(randomStream('1', 'packets'), limit));
    gaps = gapsOf(generated);
    sizesOfReports = generated.sizes.join(' ');
  });

  test('has its minutes, and its milliseconds', () => {
    const long = gaps.filter((gap) => gap > SECOND_NS);
    expect(long[Math.floor(long.length / 2)]! / MINUTE_NS).toBeCloseTo(1, 2);
    // One gap in five is that between two reports.
    expect(Math.abs(shareAbove(gaps, SECOND_NS) - 0.2)).toBeLessThan(0.01);
    const short = gaps.filter((gap) => gap < SECOND_NS);
    expect(short[0]!).toBeGreaterThanOrEqual(0.9e6);
    expect(short[short.length - 1]!).toBeLessThanOrEqual(5.1e6);
  });

  test('sleeps as long as the device, and neither far more nor far less often', () => {
    const sleeps = gaps.filter((gap) => gap > HOUR_NS);
    const real = 4 * DAYS - 1;
    expect(sleeps.length).toBeGreaterThan(real / 3);
    expect(sleeps.length).toBeLessThan(3 * real);
    // Two hours and a minute without a report, up to the jitter.
    for (const sleep of sleeps) expect(sleep / HOUR_NS).toBeCloseTo(2 + 1 / 60, 2);
  });

  test('sends its reports in the order of their packets', () => {
    const whole = sizesOfReports.split('93 40 157 81 40').length - 1;
    expect(whole / (real.length / 5)).toBeGreaterThan(0.95);
  });
});
