/**
 * @module
 * From captures to a table on disk, streamed: the packets of the target are never held in memory.
 */
import { captureInput, type NamedPath, withName } from '../capture/capture-file.js';
import { SynthError } from '../errors.js';
import { uncompressedName } from '../output/output-name.js';
import { type Rotation, type WrittenSeries, writeSeries } from '../output/output-series.js';
import { option, wording } from '../wording.js';
import { type Extraction, type ExtractOptions, streamTarget } from './extract.js';
import { busiestDevice } from './load.js';
import type { TableFormat } from './table-reader.js';
import { TableWriter } from './table-writer.js';
import type { Target } from './target.js';

export interface ExtractToTableOptions extends ExtractOptions {
  readonly out: string;
  /** Undefined to go by the name of `out`. */
  readonly format: TableFormat | undefined;
  readonly force: boolean;
  /** A series of files in place of one. */
  readonly rotation?: Rotation | undefined;
}

export interface ExtractedTable extends Extraction, WrittenSeries {
  readonly target: Target;
  readonly busiestTaken: boolean;
}

/** @throws SynthError `SYNTH_USAGE`, and as `streamTarget` and `writeSeries` do */
export async function extractToTable(
  files: readonly NamedPath[],
  target: Target | undefined,
  options: ExtractToTableOptions,
): Promise<ExtractedTable> {
  const { out, force, rotation } = options;
  const format = options.format ?? tableFormatOf(out);
  const captures = files.map(captureInput);
  const chosen = target ?? (await busiestDevice(captures, options));
  const inputs = files.map((file) => withName(file).path);
  const { result, ...series } = await writeSeries(out, { force, inputs, rotation }, async (output) => {
    const writer = new TableWriter(output, format);
    await writer.begin();
    const extraction = await streamTarget(
      captures,
      chosen,
      ({ packet: { seconds, nanoseconds, sizeBytes }, outbound }) => {
        if (!writer.hasRoom()) writer.grow();
        writer.write(seconds, nanoseconds, sizeBytes, outbound ? 1 : 0);
      },
      { ...options, drain: () => writer.flush() },
    );
    await writer.end();
    return extraction;
  });
  return { ...result, ...series, target: chosen, busiestTaken: target === undefined };
}

function tableFormatOf(path: string): TableFormat {
  const name = uncompressedName(path);
  if (path === '-' || name.endsWith('.csv')) return 'csv';
  if (/\.(ndjson|jsonl)$/.test(name)) return 'ndjson';
  // A device or a pipe has no ending to go by.
  if (path.startsWith('/dev/')) return 'csv';
  throw new SynthError('SYNTH_USAGE', `${path}: the name does not tell the format`, {
    hint: wording`End it in .csv or .ndjson, with .gz behind it to compress, or give ${option('format')}.`,
  });
}
