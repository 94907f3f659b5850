/**
 * @module
 * Series from whatever holds them: captures or tables, told apart by content. What `train` and `evaluate` read with.
 */
import { type CaptureInput, type CaptureWarning, captureInput, type NamedPath } from '../capture/capture-file.js';
import { openDecompressed } from '../capture/compression.js';
import type { CaptureReport } from '../capture/read-captures.js';
import { SynthError } from '../errors.js';
import type { PacketSeries } from '../packets/packet-series.js';
import { option, wording } from '../wording.js';
import { type ExtractOptions, extractSeries } from './extract.js';
import { surveyCaptures } from './survey.js';
import { detectTable, MAX_LINE_LENGTH, readTable, type TableFormat, type TableWarning } from './table-reader.js';
import type { Target } from './target.js';

export interface LoadedSeries {
  /** One of all captures together, merged by time; then one of each table. */
  readonly series: readonly PacketSeries[];
  /** Undefined where there are only tables. */
  readonly target: Target | undefined;
  /** True if the target was not named, and the busiest device was taken. */
  readonly busiestTaken: boolean;
  readonly report: CaptureReport | undefined;
  /** Of all files. */
  readonly warnings: readonly (CaptureWarning | TableWarning)[];
  readonly orphanFragments: number;
}

/** Enough to see what a file is: the header of a table has as much room as any of its lines. */
const HEAD_BYTES = MAX_LINE_LENGTH;

/** The first bytes of a file, decompressed. @throws SynthError `SYNTH_FILE_UNREADABLE`, `SYNTH_CAPTURE_COMPRESSION` */
export async function readHead(input: CaptureInput): Promise<Uint8Array> {
  const { window } = await openDecompressed(input.name, await input.open(), HEAD_BYTES);
  try {
    await window.fill(HEAD_BYTES);
    return window.bytes.slice(window.start, Math.min(window.end, window.start + HEAD_BYTES));
  } finally {
    await window.close();
  }
}

/**
 * Reads series from files, which must be readable more than once (no pipes).
 *
 * @param target whose packets to take from captures; undefined for the busiest device
 * @throws SynthError as `extractSeries` and `readTable` do
 */
export async function loadSeries(
  files: readonly NamedPath[],
  target: Target | undefined,
  options: ExtractOptions = {},
): Promise<LoadedSeries> {
  const captures: CaptureInput[] = [];
  const tables: { input: CaptureInput; format: TableFormat }[] = [];
  const inputs = files.map(captureInput);
  for (const input of inputs) {
    const format = detectTable(await readHead(input));
    if (format) tables.push({ input, format });
    else captures.push(input);
  }
  const series: PacketSeries[] = [];
  let chosen = target;
  let report: CaptureReport | undefined;
  let orphanFragments = 0;
  if (captures.length > 0) {
    chosen ??= await busiestDevice(captures, options);
    const extraction = await extractSeries(captures, chosen, options);
    series.push(extraction.series);
    report = extraction.report;
    orphanFragments = extraction.orphanFragments;
  } else if (target !== undefined || options.payloadOnly) {
    const message = `${inputs.map(({ name }) => name).join(', ')}: a table is one series already; it has no devices, flows or payloads to choose by`;
    throw new SynthError('SYNTH_USAGE', message, {
      hint: wording`Leave out ${option('target')} and ${option('payloadOnly')}.`,
    });
  }
  const warnings: (CaptureWarning | TableWarning)[] = [...(report?.warnings ?? [])];
  for (const { input, format } of tables) series.push(await readTable(input, format, (one) => warnings.push(one)));
  return { series, target: chosen, busiestTaken: chosen !== target, report, warnings, orphanFragments };
}

/** The busiest device of captures, as a target. @throws SynthError `SYNTH_TARGET_NOT_FOUND` if there is none */
export async function busiestDevice(captures: readonly CaptureInput[], options: ExtractOptions): Promise<Target> {
  const { devices, report } = await surveyCaptures(captures, options);
  const [busiest] = devices;
  if (busiest) return busiest.target;
  const names = captures.map(({ name }) => name).join(', ');
  const kinds = report.skipped.map(({ reason, packets }) => `${packets} × ${reason}`).join(', ');
  throw new SynthError('SYNTH_TARGET_NOT_FOUND', `${names}: no IP packet of any device (${kinds || 'multicast only'})`);
}
