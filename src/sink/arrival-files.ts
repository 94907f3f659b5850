/**
 * @module
 * Where a sink writes down what arrives: one file for all sources, or one for each, numbered by device or by order of arrival.
 */
import { readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { SynthError } from '../errors.js';
import { uncompressedName } from '../output/output-name.js';
import { requireWritable } from '../output-file.js';
import { option, wording } from '../wording.js';
import type { Arrival } from './arrival.js';
import { ArrivalFile, type ArrivalFileOptions } from './arrival-file.js';
import type { Source } from './source.js';

export interface ArrivalFilesOptions extends ArrivalFileOptions {
  readonly path: string;
  readonly perSource: boolean;
  /** Whether files are numbered by the device that stamps tell. */
  readonly byDevice: boolean;
}

/** Stable: it is printed as JSON. */
export interface ArrivalFileReport {
  readonly path: string;
  readonly packets: number;
  /** Device of the stamps, from 0; null where files are not numbered by it. */
  readonly device: number | null;
  /** Remote ends of what is in it; null for a file of all sources. */
  readonly sources: readonly string[] | null;
}

/** Memory for what the disk has not taken yet. */
const MAX_BACKLOG_BYTES = 64 * 2 ** 20;
/** Packets that wait for a source to tell its device. */
const MAX_HELD = 4096;
/** What stands behind the last dot of a name. */
const ENDING = /(?<=[^/\\])\.[^./\\]+$/;

interface SourceFile {
  readonly file: ArrivalFile;
  readonly device: number | null;
  readonly sources: Set<Source>;
}

/** `folder/out.csv.gz` and 1 give `folder/out-1.csv.gz`. */
export function sourceFileName(path: string, number: number): string {
  const plain = uncompressedName(path);
  const stem = plain.slice(0, ENDING.exec(plain)?.index);
  return `${stem}-${number}${path.slice(stem.length)}`;
}

/**
 * Looks at what would be written over, before anything arrives.
 *
 * @throws SynthError `SYNTH_OUTPUT_EXISTS`, `SYNTH_OUTPUT_FAILED`, `SYNTH_USAGE` for many files on standard output
 */
export async function requireArrivalFiles(options: ArrivalFilesOptions): Promise<void> {
  const { path, perSource, force } = options;
  if (!perSource) {
    if (path !== '-') await requireWritable(path, options);
    return;
  }
  if (path === '-' || path.startsWith('/dev/')) {
    throw new SynthError('SYNTH_USAGE', wording`${path} is one stream, and ${option('output.perSource')} makes many`, {
      hint: wording`Name a file with ${option('out')}; the files of the sources get numbers behind its name.`,
    });
  }
  await requireWritable(sourceFileName(path, 1), options);
  const [before = '', behind = ''] = basename(sourceFileName(path, 0)).split(/0(?=[^0]*$)/);
  const isNumbered = (name: string) =>
    name.startsWith(before) &&
    name.endsWith(behind) &&
    /^\d+$/.test(name.slice(before.length, name.length - behind.length));
  const existing = force ? undefined : (await readdir(dirname(path))).find(isNumbered);
  if (existing === undefined) return;
  throw new SynthError('SYNTH_OUTPUT_EXISTS', `${join(dirname(path), existing)}: already exists`, {
    hint: wording`Use ${option('force', true)} to replace it.`,
  });
}

const copyOf = (arrival: Arrival): Arrival => ({
  ...arrival,
  bytes: arrival.bytes.slice(arrival.at, arrival.at + arrival.length),
  at: 0,
});

export class ArrivalFiles {
  readonly #options: ArrivalFilesOptions;
  /** By number; 0 for that of all sources. */
  readonly #files = new Map<number, SourceFile>();
  readonly #bySource = new Map<Source, SourceFile>();
  readonly #held = new Map<Source, Arrival[]>();
  #nextNumber = 1;
  /** Packets of sources that have no file: those beyond the ones that are told apart. */
  unwritten = 0;

  constructor(options: ArrivalFilesOptions) {
    this.#options = options;
    if (!options.perSource) this.#open(0, null);
  }

  /** @param arrival copied where it has to wait */
  write(source: Source, arrival: Arrival): void {
    const file = this.#fileOf(source);
    if (file !== undefined) file.write(source, arrival);
    else if (source.isOthers) this.unwritten++;
    else this.#hold(source, copyOf(arrival));
  }

  endOf(source: Source, sinceNs: number): void {
    this.#fileOf(source)?.endOf(source, sinceNs);
  }

  #fileOf(source: Source): ArrivalFile | undefined {
    const known = this.#bySource.get(source);
    if (known !== undefined) return known.file;
    const { perSource, byDevice, format } = this.#options;
    // No frame can say that it is of many.
    if (source.isOthers && (perSource || !['csv', 'ndjson'].includes(format))) return undefined;
    if (!perSource) return this.#assign(source, this.#files.get(0)!);
    if (!byDevice) return this.#assign(source, this.#open(this.#nextNumber++, null));
    return source.device === undefined ? undefined : this.#ofDevice(source, source.device.device);
  }

  #ofDevice(source: Source, device: number): ArrivalFile {
    const file = this.#assign(source, this.#files.get(device + 1) ?? this.#open(device + 1, device));
    this.#release(source, file);
    return file;
  }

  #assign(source: Source, sourceFile: SourceFile): ArrivalFile {
    this.#bySource.set(source, sourceFile);
    sourceFile.sources.add(source);
    return sourceFile.file;
  }

  #open(number: number, device: number | null): SourceFile {
    const { path } = this.#options;
    const name = number === 0 ? path : sourceFileName(path, number);
    const opened = { file: new ArrivalFile(name, this.#options), device, sources: new Set<Source>() };
    this.#files.set(number, opened);
    return opened;
  }

  #hold(source: Source, arrival: Arrival): void {
    const held = this.#held.get(source) ?? [];
    this.#held.set(source, held);
    held.push(arrival);
    // It has said nothing of its device for long: its file comes behind those of the devices.
    if (held.length >= MAX_HELD) this.#openUnnamed(source);
  }

  #openUnnamed(source: Source): void {
    let number = 1;
    for (const taken of this.#files.keys()) number = Math.max(number, taken + 1);
    this.#release(source, this.#assign(source, this.#open(number, null)));
  }

  #release(source: Source, file: ArrivalFile): void {
    for (const arrival of this.#held.get(source) ?? []) file.write(source, arrival);
    this.#held.delete(source);
  }

  get isBehind(): boolean {
    if (!this.#options.perSource) return this.#files.get(0)!.file.backlog > MAX_BACKLOG_BYTES;
    let backlog = 0;
    for (const { file } of this.#files.values()) backlog += file.backlog;
    return backlog > MAX_BACKLOG_BYTES;
  }

  async caughtUp(): Promise<void> {
    for (const { file } of this.#files.values()) await file.settled();
  }

  /** @throws SynthError `SYNTH_OUTPUT_EXISTS`, `SYNTH_OUTPUT_FAILED` */
  async finish(): Promise<readonly ArrivalFileReport[]> {
    for (const source of [...this.#held.keys()]) this.#openUnnamed(source);
    const files = [...this.#files].sort(([a], [b]) => a - b).map(([, file]) => file);
    for (const { file } of files) await file.finish();
    const { perSource } = this.#options;
    return files.map(({ file, device, sources }) => ({
      path: file.path,
      packets: file.packets,
      device,
      sources: perSource ? [...sources].map(({ name }) => name) : null,
    }));
  }

  async discard(): Promise<void> {
    for (const { file } of this.#files.values()) await file.discard();
  }
}
