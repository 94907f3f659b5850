/**
 * @module
 * Series from tables, as `table-writer.ts` makes them or another program: CSV with the columns `time_s`, `direction` and
 * `size_bytes` in any order, or a JSON object with these keys on every line. Other columns are passed over; gaps follow from the
 * times. Plain, gzip or zstd.
 */
import type { CaptureInput } from '../capture/capture-file.js';
import { type OpenedFile, openDecompressed } from '../capture/compression.js';
import { SynthError } from '../errors.js';
import { MAX_SIZE_BYTES } from '../net/sizes.js';
import type { PacketSeries } from '../packets/packet-series.js';
import { SeriesBuilder } from '../packets/series-builder.js';
import { action, wording } from '../wording.js';

export type TableFormat = 'csv' | 'ndjson';

const REQUIRED = ['time_s', 'direction', 'size_bytes'] as const;
type Column = (typeof REQUIRED)[number];

/** A line longer than this is not a row of a table. */
export const MAX_LINE_LENGTH = 65_536;
/** An IP header (RFC 791 §3.1). */
const MIN_SIZE_BYTES = 20;

/** What a file that begins like this is, if it is a table; also one that lacks columns, so that these can be named. */
export function detectTable(head: Uint8Array): TableFormat | undefined {
  const text = new TextDecoder('latin1')
    .decode(head)
    .replace(/^\u00ef\u00bb\u00bf/, '')
    .trimStart();
  if (text.startsWith('{')) return 'ndjson';
  const [header = ''] = text.split(/\r?\n/, 1);
  const names = columnNames(header);
  const isTable = REQUIRED.some((column) => names.includes(column)) || /^"?(gap_s|[a-z_]+"?,)/i.test(header);
  return isTable ? 'csv' : undefined;
}

/** Rows that say nothing of a packet, and are left out. */
export interface TableWarning {
  readonly code: 'SYNTH_SERIES_ROWS_LEFT_OUT';
  readonly message: string;
}

/**
 * Reads a whole table. Rows whose time or size is missing or not a number, as other programs write what they do not know, are left out.
 *
 * @param warn told of such rows, once for all of them
 * @throws SynthError `SYNTH_SERIES_INVALID` with the line that is wrong, or if there are no rows
 */
export async function readTable(
  input: CaptureInput,
  format: TableFormat,
  warn: (warning: TableWarning) => void = () => {},
): Promise<PacketSeries> {
  const opened = await openDecompressed(input.name, await input.open());
  const builder = new SeriesBuilder();
  let number = 0;
  let leftOut = 0;
  let firstLeftOut: number | undefined;
  try {
    let parse: ((line: string, where: string) => Readonly<Record<Column, string>>) | undefined =
      format === 'ndjson' ? parseObject : undefined;
    for await (const line of lines(opened, input.name)) {
      number++;
      if (line.trim() === '') continue;
      const where = `${input.name}, line ${number}`;
      if (parse === undefined) {
        parse = csvParser(line, where);
        continue;
      }
      const row = parse(line, where);
      if (isUnknown(row.time_s) || isUnknown(row.size_bytes)) {
        leftOut++;
        firstLeftOut ??= number;
      } else appendRow(builder, row, where);
    }
  } finally {
    await opened.window.close();
  }
  if (leftOut > 0) {
    const rows = leftOut === 1 ? 'a row' : `${leftOut} rows, the first`;
    const message = `${input.name}: ${rows} in line ${firstLeftOut}, without a time or a size: left out`;
    warn({ code: 'SYNTH_SERIES_ROWS_LEFT_OUT', message });
  }
  if (builder.length === 0) throw invalid(`${input.name}: a table without packets`);
  return builder.build([]);
}

function invalid(message: string): SynthError {
  return new SynthError('SYNTH_SERIES_INVALID', message, {
    hint: wording`A series has the columns time_s (seconds), direction (out or in) and size_bytes, as ${action('extractTable')} gives them.`,
  });
}

async function* lines({ window, compressed }: OpenedFile, name: string): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8');
  const chunk = new Uint8Array(256 * 1024);
  let rest = '';
  for (;;) {
    const count = await window.read(chunk, 0, chunk.length);
    rest += decoder.decode(chunk.subarray(0, count), { stream: count > 0 });
    const complete = rest.split(/\r?\n/);
    rest = complete.pop() ?? '';
    if (rest.length > MAX_LINE_LENGTH) throw invalid(`${name}: a line of more than ${MAX_LINE_LENGTH} characters`);
    yield* complete;
    if (count === 0) break;
  }
  // Half a table is no series, where half a capture may be all there is.
  if (compressed?.problem) throw invalid(`${name}: ${compressed.problem}`);
  if (rest !== '') yield rest;
}

const unquote = (cell: string): string => cell.trim().replace(/^"(.*)"$/, '$1');

/** RFC 4180: a quoted cell may hold commas. By hand, because a pattern can take forever on a line that is no table. */
function splitCells(line: string): string[] {
  if (!line.includes('"')) return line.split(',');
  const cells = [''];
  let quoted = false;
  for (const character of line) {
    if (character === '"') quoted = !quoted;
    if (character === ',' && !quoted) cells.push('');
    else cells[cells.length - 1] += character;
  }
  return cells;
}

const columnNames = (header: string): string[] => splitCells(header).map((name) => unquote(name).toLowerCase());

function csvParser(header: string, where: string): (line: string) => Readonly<Record<Column, string>> {
  const names = columnNames(header);
  const [time, direction, size] = REQUIRED.map((column) => {
    const index = names.indexOf(column);
    if (index < 0) throw invalid(`${where}: the column “${column}” is missing`);
    return index;
  });
  return (line) => {
    const cells = splitCells(line);
    const cell = (index: number | undefined) => unquote(cells[index ?? -1] ?? '');
    return { time_s: cell(time), direction: cell(direction), size_bytes: cell(size) };
  };
}

/** By pattern, because a parsed number would lose the nanoseconds. */
function parseObject(line: string, where: string): Readonly<Record<Column, string>> {
  if (!/^\s*\{/.test(line)) throw invalid(`${where}: no object`);
  const value = (key: Column) => new RegExp(`"${key}"\\s*:\\s*"?([^",}]*)`).exec(line)?.[1]?.trim() ?? '';
  return { time_s: value('time_s'), direction: value('direction'), size_bytes: value('size_bytes') };
}

/** What programs write for a number that they do not have. */
const isUnknown = (cell: string): boolean => /^(|[+-]?nan|null|none|na|n\/a)$/i.test(cell);

function appendRow(builder: SeriesBuilder, row: Readonly<Record<Column, string>>, where: string): void {
  const { seconds, nanoseconds } = parseTime(row.time_s, where);
  const outbound = row.direction === 'out' || row.direction === 'outbound';
  if (!outbound && row.direction !== 'in' && row.direction !== 'inbound') {
    throw invalid(`${where}: direction “${row.direction}” is neither out nor in`);
  }
  const size = Number(row.size_bytes);
  if (row.size_bytes === '' || !Number.isInteger(size) || size < MIN_SIZE_BYTES || size > MAX_SIZE_BYTES) {
    throw invalid(
      `${where}: size_bytes “${row.size_bytes}” is not a whole number from ${MIN_SIZE_BYTES} to ${MAX_SIZE_BYTES}`,
    );
  }
  builder.append(seconds, nanoseconds, size, outbound, 0);
}

/** Decimal seconds to ns exactly; more digits than nine are cut. */
function parseTime(text: string, where: string): { seconds: number; nanoseconds: number } {
  const match = /^(\d{1,12})(?:\.(\d*))?$/.exec(text);
  if (match) return { seconds: Number(match[1]), nanoseconds: Number((match[2] ?? '').slice(0, 9).padEnd(9, '0')) };
  const value = text === '' ? Number.NaN : Number(text);
  if (!(value >= 0 && value < 1e12)) throw invalid(`${where}: time_s “${text}” is not a time in seconds`);
  const seconds = Math.floor(value);
  return { seconds, nanoseconds: Math.min(999_999_999, Math.round((value - seconds) * 1e9)) };
}
