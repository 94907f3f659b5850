/**
 * @module
 * One file of what has arrived: written into memory at once, and from there to the disk while more arrives.
 */
import { CaptureWriter } from '../capture/capture-writer.js';
import { LINK_TYPE } from '../net/link-type.js';
import { openNamedOutput } from '../output/gzip-output.js';
import type { Output, OutputOptions } from '../output-file.js';
import { TableWriter } from '../series/table-writer.js';
import type { OutputFormat } from '../synthesis/generate.js';
import { packageVersion } from '../version.js';
import type { Arrival } from './arrival.js';
import type { ArrivalFrames } from './arrival-frames.js';
import type { SinkTime } from './sink-time.js';
import type { Source } from './source.js';

/** So much is gathered before it is handed on; more where the disk is behind. */
const FLUSH_BYTES = 64 * 1024;
/** About what a line takes. */
const LINE_BYTES = 64;

export interface ArrivalFileOptions extends OutputOptions {
  readonly format: OutputFormat;
  readonly time: SinkTime;
  readonly frames: ArrivalFrames;
  /** Told of the first failure. */
  readonly onFailure: (error: unknown) => void;
}

/** An output that opens while it is already being written to. */
class OpeningOutput implements Output {
  readonly name: string;
  readonly #opening: Promise<Output>;

  constructor(path: string, options: OutputOptions) {
    this.name = path;
    this.#opening = openNamedOutput(path, options);
    // Whoever writes is told.
    this.#opening.catch(() => {});
  }

  async write(bytes: Uint8Array): Promise<void> {
    await (await this.#opening).write(bytes);
  }

  async finish(): Promise<void> {
    await (await this.#opening).finish();
  }

  async discard(): Promise<void> {
    await this.#opening.then((output) => output.discard()).catch(() => {});
  }
}

export class ArrivalFile {
  readonly path: string;
  packets = 0;
  readonly #options: ArrivalFileOptions;
  readonly #output: Output;
  readonly #writer: TableWriter | CaptureWriter;
  /** Bytes since the last flush began, about; and those that it hands on. */
  #gathered = 0;
  #handedOn = 0;
  #flushing: Promise<void> | undefined;

  constructor(path: string, options: ArrivalFileOptions) {
    const { format } = options;
    this.path = path;
    this.#options = options;
    this.#output = new OpeningOutput(path, options);
    this.#writer =
      format === 'csv' || format === 'ndjson'
        ? new TableWriter(this.#output, format)
        : new CaptureWriter(this.#output, {
            format,
            linkType: LINK_TYPE.ethernet,
            application: `synth ${packageVersion}`,
            comment: 'What arrived at synth sink. Ethernet addresses are made up.',
          });
    // There is room in an empty buffer, so this is done before the first packet.
    this.#writer.begin().catch(options.onFailure);
  }

  /** Bytes that are in memory, about. */
  get backlog(): number {
    return this.#gathered + this.#handedOn;
  }

  write(source: Source, arrival: Arrival): void {
    const { time, frames } = this.#options;
    const { sizeBytes, sinceNs, outbound } = arrival;
    const writer = this.#writer;
    this.packets++;
    if (writer instanceof TableWriter) {
      if (!writer.hasRoom()) writer.grow();
      writer.write(time.secondsOf(sinceNs), time.nanosecondsOf(sinceNs), sizeBytes, outbound);
      this.#gather(LINE_BYTES);
    } else {
      this.#gather(frames.write(writer, source, arrival));
    }
  }

  /** A connection has ended. */
  endOf(source: Source, sinceNs: number): void {
    if (this.#writer instanceof CaptureWriter) {
      this.#gather(this.#options.frames.end(this.#writer, source, sinceNs));
    }
  }

  #gather(bytes: number): void {
    this.#gathered += bytes;
    if (this.#gathered < FLUSH_BYTES || this.#flushing !== undefined) return;
    this.#flushing = this.#flush().catch(this.#options.onFailure);
  }

  /** The buffer hands on without waiting; a second flush would wait for the first. */
  async #flush(): Promise<void> {
    this.#handedOn = this.#gathered;
    this.#gathered = 0;
    await this.#writer.flush();
    await this.#writer.flush();
    this.#handedOn = 0;
    this.#flushing = undefined;
    if (this.#gathered >= FLUSH_BYTES) this.#gather(0);
  }

  /** Resolves when what was in memory is on its way. */
  async settled(): Promise<void> {
    await this.#flushing;
  }

  /** @throws SynthError `SYNTH_OUTPUT_EXISTS`, `SYNTH_OUTPUT_FAILED` */
  async finish(): Promise<void> {
    await this.#flushing;
    await this.#writer.end();
    await this.#output.finish();
  }

  async discard(): Promise<void> {
    await this.#flushing?.catch(() => {});
    await this.#output.discard();
  }
}
