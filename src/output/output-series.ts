/**
 * @module
 * The output of a command that writes many packets: one file, or one after the other under numbered names, each complete before it
 * appears. What ends the work in the middle leaves the files that are complete, and tells how to go on.
 */
import { SynthError, type SynthErrorCode } from '../errors.js';
import { formatCounted, isoTime } from '../format.js';
import {
  type Output,
  type OutputOptions,
  requireWritable,
  type SerialOutput,
  statOrUndefined,
} from '../output-file.js';
import { option, type Wording, wording } from '../wording.js';
import { openNamedOutput } from './gzip-output.js';
import { openKeptFile } from './kept-file.js';
import { numberedName } from './output-name.js';
import { type FileContent, NO_LIMITS, RotationAccount, type RotationLimits } from './rotation.js';

export interface Rotation extends RotationLimits {
  /** Files that are there stay, if they hold exactly what would be written; the others are written. */
  readonly resume: boolean;
  /** What goes on with a series that ends early, for messages; undefined where no other run gives the same bytes. */
  readonly resumeCommand: string | undefined;
}

export interface SeriesOptions extends OutputOptions {
  /** Undefined for a single file. */
  readonly rotation: Rotation | undefined;
}

export interface WrittenFile extends FileContent {
  readonly path: string;
  /** On disk: after compression. */
  readonly fileBytes: number;
  /** Whether it was there, as `resume` asks for. */
  readonly kept: boolean;
}

export interface WrittenSeries {
  readonly files: readonly WrittenFile[];
  /** The file behind the last one, if an earlier and longer series has left one: it would be taken for a part of this one. */
  readonly leftover: string | undefined;
}

/**
 * Opens an output, has it written and finishes it. The first name is checked before the work, the others of a series when they come up.
 *
 * @param write writes everything
 * @throws SynthError `SYNTH_USAGE` for a stream or a device that shall be rotated, as `openOutput` does, and what `write` throws; of a series with what
 *   is complete and how to go on
 */
export async function writeSeries<T>(
  path: string,
  options: SeriesOptions,
  write: (output: SerialOutput) => Promise<T>,
): Promise<WrittenSeries & { readonly result: T }> {
  if (options.rotation) await requireRotatable(path);
  const series = new OutputSeries(path, options);
  try {
    await series.open();
    const result = await write(series);
    await series.finish();
    const { files } = series;
    const following = options.rotation && numberedName(path, files.length + 1);
    const isLeft = following !== undefined && (await statOrUndefined(following)) !== undefined;
    return { result, files, leftover: isLeft ? following : undefined };
  } catch (error) {
    await series.discard();
    throw series.explain(error);
  }
}

async function requireRotatable(path: string): Promise<void> {
  const existing = await statOrUndefined(path);
  if (path !== '-' && !path.startsWith('/dev/') && (existing === undefined || existing.isFile())) return;
  throw new SynthError('SYNTH_USAGE', `${path === '-' ? 'standard output' : path}: cannot be rotated`, {
    hint: wording`Name a file with ${option('out')}; the files of the series get numbers behind its name.`,
  });
}

/** Ends of the work that say nothing against the files that are complete. */
const RESUMABLE: ReadonlySet<SynthErrorCode> = new Set(['SYNTH_OUTPUT_FAILED', 'SYNTH_INTERRUPTED']);

class OutputSeries implements SerialOutput {
  readonly name: string;
  readonly #options: SeriesOptions;
  readonly #account: RotationAccount;
  readonly #files: WrittenFile[] = [];
  #current: { readonly path: string; readonly output: Output; readonly kept: boolean } | undefined;
  /** Bytes of the current file, before compression. */
  #bytes = 0;
  /** What is being done: nothing can be discarded before it ends. */
  #work: Promise<void> = Promise.resolve();
  #discarded = false;

  constructor(path: string, options: SeriesOptions) {
    this.name = path;
    this.#options = options;
    this.#account = new RotationAccount(options.rotation ?? NO_LIMITS);
  }

  /** Those that are complete. */
  get files(): readonly WrittenFile[] {
    return this.#files;
  }

  open(): Promise<void> {
    return this.#do(() => this.#open());
  }

  startsFile(seconds: number, nanoseconds: number, fileBytes: number, recordBytes: number): boolean {
    return this.#account.add(seconds, nanoseconds, fileBytes, recordBytes);
  }

  write(bytes: Uint8Array): Promise<void> {
    this.#bytes += bytes.length;
    return this.#do(() => this.#current!.output.write(bytes)); // between `open` and the end there is one
  }

  next(): Promise<void> {
    return this.#do(async () => {
      await this.#complete();
      await this.#open();
    });
  }

  finish(): Promise<void> {
    return this.#do(() => this.#complete());
  }

  async discard(): Promise<void> {
    this.#discarded = true;
    await this.#work.catch(() => {});
    await this.#current?.output.discard();
    this.#current = undefined;
  }

  /** The error with what is left of the work. */
  explain(error: unknown): unknown {
    if (!(error instanceof SynthError)) return error;
    const { rotation } = this.#options;
    if (rotation === undefined) {
      return error.code === 'SYNTH_INTERRUPTED' ? withMore(error, 'no file was left', error.hintWording) : error;
    }
    const resumable = RESUMABLE.has(error.code);
    if (!resumable && this.#files.length === 0) return error;
    const hint =
      resumable && this.#files.length > 0 ? howToGoOn(error.code, rotation.resumeCommand) : error.hintWording;
    return withMore(error, describeFiles(this.#files), hint);
  }

  #do(work: () => Promise<void>): Promise<void> {
    if (this.#discarded) return Promise.reject(new SynthError('SYNTH_INTERRUPTED', 'the output is discarded'));
    this.#work = work();
    return this.#work;
  }

  async #open(): Promise<void> {
    const { rotation, force, inputs } = this.#options;
    const path = rotation === undefined ? this.name : numberedName(this.name, this.#files.length + 1);
    const resume = rotation?.resume ?? false;
    const existing = resume ? await requireWritable(path, { force: true, inputs }) : undefined;
    const kept = existing?.isFile() ?? false;
    const output = kept ? await openKeptFile(path) : await openNamedOutput(path, { force, inputs });
    this.#bytes = 0;
    this.#current = { path, output, kept };
  }

  async #complete(): Promise<void> {
    const { path, output, kept } = this.#current!;
    await output.finish();
    this.#current = undefined;
    const written = path === '-' ? undefined : await statOrUndefined(path);
    const fileBytes = written?.isFile() ? written.size : this.#bytes;
    this.#files.push({ path, ...this.#account.take(), fileBytes, kept });
  }
}

function howToGoOn(code: SynthErrorCode, command: string | undefined): Wording {
  if (command === undefined) {
    return wording`No other run gives the same bytes: write all files again, with ${option('force', true)}.`;
  }
  return `${code === 'SYNTH_OUTPUT_FAILED' ? 'When that is mended, go' : 'Go'} on with: ${command}`;
}

function describeFiles(files: readonly WrittenFile[]): string {
  const last = files.at(-1);
  if (last === undefined) return 'no file is complete';
  const packets = files.reduce((sum, file) => sum + file.packets, 0);
  const until = last.lastNs === undefined ? '' : `, ${formatCounted(packets, 'packet')} up to ${isoTime(last.lastNs)}`;
  return `${formatCounted(files.length, 'file')} complete, the last is ${last.path}${until}`;
}

function withMore(error: SynthError, more: string, hint: Wording | undefined): SynthError {
  const { code, cause } = error;
  return new SynthError(code, wording`${error.wording}; ${more}`, { cause, ...(hint !== undefined && { hint }) });
}
