import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import type { Output } from '../../src/output-file.js';
import type { PacketSeries } from '../../src/packets/packet-series.js';
import { SeriesBuilder } from '../../src/packets/series-builder.js';
import { detectTable, readTable, type TableFormat, type TableWarning } from '../../src/series/table-reader.js';
import { TableWriter } from '../../src/series/table-writer.js';
import { writePackets } from '../../src/synthesis/write-packets.js';
import fc from '../support/fast-check.js';
import { memoryInput, zstdFrame } from '../support/frames.js';
import { expectSynthError } from '../support/read.js';

const utf8 = (text: string) => new TextEncoder().encode(text);
const parse = (text: string, format: TableFormat = 'csv', chunkBytes?: number) =>
  readTable(memoryInput(utf8(text), chunkBytes, 'table'), format);

function memory(): { output: Output; text: () => string } {
  let all = '';
  const write = async (bytes: Uint8Array) => {
    all += new TextDecoder().decode(bytes);
  };
  return { output: { name: 'memory', write, finish: async () => {}, discard: async () => {} }, text: () => all };
}

async function write(series: PacketSeries, format: TableFormat): Promise<string> {
  const { output, text } = memory();
  await writePackets([series], new TableWriter(output, format), { startNs: series.startNs });
  return text();
}

const columns = ({ length, startNs, offsetsNs, sizes, outbound }: PacketSeries) => ({
  length,
  startNs,
  offsetsNs: [...offsetsNs],
  sizes: [...sizes],
  outbound: [...outbound],
});

function build(
  packets: readonly (readonly [seconds: number, nanoseconds: number, size: number, outbound: boolean])[],
): PacketSeries {
  const builder = new SeriesBuilder();
  for (const [seconds, nanoseconds, size, outbound] of packets) builder.append(seconds, nanoseconds, size, outbound, 0);
  return builder.build([]);
}

const THREE = build([
  [1_700_000_000, 999_999_999, 93, true],
  [1_700_000_001, 1, 1500, false],
  [1_700_000_001, 500_000_000, 20, true],
]);

describe('a written table', () => {
  test('is CSV with a header, and gaps by direction', async () => {
    expect(await write(THREE, 'csv')).toBe(
      [
        'time_s,direction,size_bytes,gap_s',
        '1700000000.999999999,out,93,',
        '1700000001.000000001,in,1500,',
        '1700000001.500000000,out,20,0.500000001',
        '',
      ].join('\n'),
    );
  });

  test('is an object a line as NDJSON', async () => {
    const lines = (await write(THREE, 'ndjson')).trimEnd().split('\n');
    expect(lines[0]).toBe('{"time_s":1700000000.999999999,"direction":"out","size_bytes":93,"gap_s":null}');
    expect(lines.map((line) => JSON.parse(line)['gap_s'])).toEqual([null, null, 0.500000001]);
  });

  test('says by a sign that time went back', async () => {
    const { output, text } = memory();
    const writer = new TableWriter(output, 'csv');
    writer.write(10, 0, 60, 1);
    writer.write(9, 999_999_999, 60, 1);
    await writer.flush();
    expect(text()).toBe('10.000000000,out,60,\n9.999999999,out,60,-0.000000001\n');
  });

  test.each<TableFormat>(['csv', 'ndjson'])(
    'comes back to the nanosecond as %s, in chunks of any size',
    async (format) => {
      const packet = fc.tuple(
        fc.integer({ min: 1_600_000_000, max: 1_600_900_000 }),
        fc.integer({ min: 0, max: 999_999_999 }),
        fc.integer({ min: 20, max: 262_130 }),
        fc.boolean(),
      );
      await fc.assert(
        fc.asyncProperty(
          fc.array(packet, { minLength: 1, maxLength: 30 }),
          fc.constantFrom(1, 2, 7, 1000),
          async (packets, chunkBytes) => {
            const series = build(packets);
            const text = await write(series, format);
            expect(detectTable(utf8(text).subarray(0, 64))).toBe(format);
            expect(columns(await parse(text, format, chunkBytes))).toEqual(columns(series));
          },
        ),
        { numRuns: 100 },
      );
    },
  );
});

describe('a table from elsewhere', () => {
  const expected = columns(THREE);

  test.each<[string, TableFormat, string]>([
    [
      'columns in another order, and others between them',
      'csv',
      'note,size_bytes,direction,x,time_s\na,93,out,1,1700000000.999999999\nb,1500,in,2,1700000001.000000001\n,20,out,,1700000001.5\n',
    ],
    [
      'quotes, spaces and capitals in the header',
      'csv',
      '"Time_s", "Direction" ,"SIZE_BYTES"\n"1700000000.999999999","out","93"\n1700000001.000000001, in , 1500\n1700000001.5,"outbound",20',
    ],
    [
      'a byte order mark and lines that end in CRLF',
      'csv',
      '\ufefftime_s,direction,size_bytes\r\n1700000000.999999999,out,93\r\n1700000001.000000001,inbound,1500\r\n1700000001.5,out,20\r\n',
    ],
    [
      'empty lines',
      'csv',
      'time_s,direction,size_bytes\n\n1700000000.999999999,out,93\n  \n1700000001.000000001,in,1500\n1700000001.5,out,20\n\n',
    ],
    [
      'rows out of order',
      'csv',
      'time_s,direction,size_bytes\n1700000001.5,out,20\n1700000000.999999999,out,93\n1700000001.000000001,in,1500\n',
    ],
    [
      'NDJSON with spaces, strings and keys in another order',
      'ndjson',
      '{"size_bytes": 93, "direction": "out", "time_s": "1700000000.999999999"}\r\n{ "time_s" : 1700000001.000000001 , "x":null, "direction" : "in" , "size_bytes" : 1500 }\n{"time_s":1700000001.5,"direction":"out","size_bytes":20}',
    ],
  ])('with %s is read', async (_, format, text) => {
    for (const chunkBytes of [undefined, 1, 3])
      expect(columns(await parse(text, format, chunkBytes))).toEqual(expected);
  });

  test.each([
    ['gzip', gzipSync],
    ['zstd', (text: Uint8Array) => zstdFrame(text)],
  ] as const)('compressed with %s is read, and refused when it is cut', async (_, compress) => {
    const text = `time_s,direction,size_bytes\n${Array.from({ length: 9000 }, (_, i) => `${i}.${i * 7919},out,${60 + (i % 900)}\n`).join('')}`;
    const file = compress(utf8(text));
    for (const chunkBytes of [undefined, 100]) {
      expect((await readTable(memoryInput(file, chunkBytes, 'table'), 'csv')).length).toBe(9000);
    }
    const cut = memoryInput(file.subarray(0, file.length / 2), undefined, 'table');
    const error = await expectSynthError(readTable(cut, 'csv'), 'SYNTH_SERIES_INVALID');
    expect(error.message).toMatch(/^table: the \w+ stream is cut or damaged/);
  });

  test('has digits beyond the nanosecond cut', async () => {
    const series = await parse('time_s,direction,size_bytes\n0.1234567899,out,60\n');
    expect(series.startNs).toBe(123_456_789n);
  });

  test('may count time from anywhere', async () => {
    const series = await parse('time_s,direction,size_bytes\n0,out,60\n1e-3,in,60\n.5,in,60\n2.,out,60\n');
    expect([...series.offsetsNs]).toEqual([0, 1e6, 5e8, 2e9]);
  });
});

describe('a wrong table is refused, and the line is named', () => {
  const row = (line: string) => `time_s,direction,size_bytes\n0,out,60\n${line}\n3,out,60\n`;

  test.each<[string, TableFormat, string, RegExp]>([
    ['an infinite time', 'csv', row('Infinity,out,60'), /line 3: time_s/],
    ['a time that no one will see', 'csv', row('1e12,out,60'), /line 3: time_s/],
    ['a date', 'csv', row('2025-01-31,out,60'), /line 3: time_s/],
    ['a size of zero', 'csv', row('1,out,0'), /line 3: size_bytes “0”/],
    ['a negative size', 'csv', row('1,out,-60'), /line 3: size_bytes/],
    ['a size below an IP header', 'csv', row('1,out,19'), /line 3: size_bytes “19” is not a whole number from 20/],
    ['a fractional size', 'csv', row('1,out,60.5'), /line 3: size_bytes/],
    ['a size above the largest packet', 'csv', row('1,out,262145'), /line 3: size_bytes/],
    ['an unknown direction', 'csv', row('1,up,60'), /line 3: direction “up”/],
    ['no direction', 'csv', row('1,,60'), /line 3: direction “”/],
    ['a missing column', 'csv', 'time_s,size_bytes\n1,60\n', /line 1: the column “direction” is missing/],
    [
      'a line that is no object',
      'ndjson',
      '{"time_s":1,"direction":"in","size_bytes":60}\n[1,2]\n',
      /line 2: no object/,
    ],
    ['nothing but rows without a number', 'csv', 'time_s,direction,size_bytes\nNaN,out,60\n1,in,\n', /without packets/],
    ['a header and no rows', 'csv', 'time_s,direction,size_bytes\n', /without packets/],
    ['nothing', 'csv', '', /without packets/],
    ['empty lines only', 'ndjson', '\n\n', /without packets/],
  ])('%s', async (_, format, text, message) => {
    const error = await expectSynthError(parse(text, format), 'SYNTH_SERIES_INVALID');
    expect(error.message).toMatch(message);
    expect(error.message).toMatch(/^table/);
    expect(error.hint).toContain('time_s');
  });

  test('a line without end', async () => {
    const error = await expectSynthError(
      parse(`time_s,direction,size_bytes\n${'1'.repeat(3_000_000)}`),
      'SYNTH_SERIES_INVALID',
    );
    // Refused at the first chunk above the limit, so that memory does not grow with the file.
    expect(error.message).toContain('more than 65536 characters');
  });
});

describe('rows that say nothing of a packet', () => {
  /** A table that has such rows after its first one, and what is told of them. */
  async function readWith(rows: readonly string[], format: TableFormat = 'csv') {
    const [first, last] = ['0,out,60', '3,in,90'];
    const lines =
      format === 'csv' ? ['time_s,direction,size_bytes', first, ...rows, last] : [object(first), ...rows, object(last)];
    const warnings: TableWarning[] = [];
    const series = await readTable(memoryInput(utf8(lines.join('\n')), undefined, 'table'), format, (warning) =>
      warnings.push(warning),
    );
    return { series: columns(series), messages: warnings.map(({ message }) => message), warnings };
  }
  const object = (row: string) => {
    const [time, direction, size] = row.split(',');
    return `{"time_s":${time},"direction":"${direction}","size_bytes":${size}}`;
  };
  const PLAIN = { length: 2, startNs: 0n, offsetsNs: [0, 3e9], sizes: [60, 90], outbound: [1, 0] };

  test.each([
    ['a time that is NaN', 'NaN,out,60'],
    ['an empty time', ',out,60'],
    ['a time of nan with a sign', '-nan,in,60'],
    ['a size that is NaN', '1,out,NaN'],
    ['a quoted size that is NaN', '1,out,"nan"'],
    ['an empty size', '1,out, '],
    ['no size', '1,out'],
    ['nulls', 'null,out,NULL'],
    ['what pandas and R have for it', 'NA,out,None'],
    ['neither time nor direction', ',,60'],
  ])('for %s, are left out, and the table says so', async (_, row) => {
    const { series, warnings } = await readWith([row]);
    expect(series).toEqual(PLAIN);
    expect(warnings).toEqual([
      {
        code: 'SYNTH_SERIES_ROWS_LEFT_OUT',
        message: 'table: a row in line 3, without a time or a size: left out',
      },
    ]);
  });

  test.each([
    ['null', '{"time_s":null,"direction":"out","size_bytes":60}'],
    ['NaN, which JSON does not have', '{"time_s":1,"direction":"out","size_bytes":NaN}'],
    ['an empty text', '{"time_s":"","direction":"out","size_bytes":60}'],
    ['a key that is missing', '{"time_s":1,"direction":"out"}'],
  ])('are left out of NDJSON as well: %s', async (_, row) => {
    const { series, messages } = await readWith([row], 'ndjson');
    expect(series).toEqual(PLAIN);
    expect(messages).toEqual(['table: a row in line 2, without a time or a size: left out']);
  });

  test('are told of once', async () => {
    const { series, messages } = await readWith(['', 'NaN,out,60', '1,in,', ',,', '2,in,NaN']);
    expect(series).toEqual(PLAIN);
    expect(messages).toEqual(['table: 4 rows, the first in line 4, without a time or a size: left out']);
  });

  test('do not exist in most tables, of which nothing is told', async () => {
    expect((await readWith([])).warnings).toEqual([]);
  });

  test.each([
    ['an infinite time', 'inf,out,60'],
    ['a word for a size', '1,out,big'],
    ['a size of 0', '1,out,0'],
    ['an unknown direction', '1,up,60'],
    ['no direction', '1,,60'],
  ])('are not those that are wrong: %s', async (_, row) => {
    const error = await expectSynthError(readWith(['NaN,out,60', row]), 'SYNTH_SERIES_INVALID');
    expect(error.message).toMatch(/^table, line 4: /);
  });
});

test.each<[string, TableFormat | undefined]>([
  ['time_s,direction,size_bytes\n', 'csv'],
  ['\ufeff"size_bytes",time_s', 'csv'],
  ['  {"time_s":1', 'ndjson'],
  ['note,time_s,direction', 'csv'],
  ['\u00d4\u00c3\u00b2\u00a1', undefined],
  ['', undefined],
  ['# a comment', undefined],
  ['"note",time_s,direction,size_bytes\n', 'csv'],
  ['frame.number,"time_s",direction,size_bytes\n1,2,out,60\n', 'csv'],
  ['"a, b", SIZE_BYTES ,x', 'csv'],
  [`${'column.1,'.repeat(500)}time_s`, 'csv'],
  ['One two\ntime_s,direction,size_bytes\n', undefined],
  [`x${' '.repeat(60_000)}"`, undefined],
])('%j is recognised as %s', (text, format) => {
  expect(detectTable(utf8(text))).toBe(format);
});
