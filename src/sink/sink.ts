/**
 * @module
 * A sink: listens, keeps the account of what arrives, writes it down, answers, and says in the end what has come.
 */

import { build, type Histogram } from 'hdr-histogram-js';
import { type Clock, systemClock } from '../clock.js';
import { StampReader } from '../emission/stamp.js';
import { SynthError } from '../errors.js';
import { type Linux, openLinux } from '../host/native/linux.js';
import type { Framing } from '../host/transport-spec.js';
import { runStream } from '../packets/streams.js';
import type { OutputFormat } from '../synthesis/generate.js';
import { action, wording } from '../wording.js';
import { ArrivalFiles, type ArrivalFilesOptions, requireArrivalFiles } from './arrival-files.js';
import { ArrivalFrames } from './arrival-frames.js';
import { DatagramListener } from './datagram-listener.js';
import { Dialogue, type DialogueOptions } from './dialogue.js';
import type { ListenAddress } from './listen-address.js';
import type { ArrivalHandler, Listener } from './listener.js';
import { type EndReason, type SinkReport, sinkReport } from './sink-report.js';
import { SinkTime } from './sink-time.js';
import type { Source } from './source.js';
import type { SourceOrigin } from './source-origin.js';
import { SourceTable } from './source-table.js';
import { StampAccount } from './stamp-account.js';
import { StreamListener, type StreamServerOptions } from './stream-listener.js';
import { UdpListener } from './udp-listener.js';
import { UdpReceiver } from './udp-receiver.js';

export interface SinkOutput {
  /** A path; `-` is standard output. */
  readonly path: string;
  readonly format: OutputFormat;
  readonly force: boolean;
  /** One file for each source. */
  readonly perSource: boolean;
  /** Files that must not be written over. */
  readonly inputs: readonly string[];
}

export interface SinkOptions {
  readonly listen: readonly ListenAddress[];
  readonly framing: Framing;
  /** For tls. */
  readonly identity: StreamServerOptions['identity'];
  /** Whether payloads begin with sequence and time. */
  readonly stamp: boolean;
  readonly output: SinkOutput | undefined;
  readonly dialogue: DialogueOptions | undefined;
  /** What ends the sink, whichever comes first; may be infinite. `idleNs` counts from the last packet. */
  readonly limit: { readonly durationNs: number; readonly packets: number; readonly idleNs: number };
  /** Also ends it. */
  readonly signal?: AbortSignal | undefined;
  /** Told of each address as soon as it listens. */
  readonly onListening?: ((url: string) => void) | undefined;
  /** Told every second. */
  readonly onProgress?: ((packets: number, bytes: number, seconds: number) => void) | undefined;
  /** False to receive UDP by Node.js alone, as where there are no such system calls. */
  readonly native?: boolean;
  readonly clock?: Clock;
}

const PROGRESS_MS = 1000;
/** How often is looked whether time is up, in ms. */
const LOOK_MS = 10;
const MAX_DELAY_NS = 2 ** 47 - 1;
/** Whom stamps can name; beyond that, packets count as those without a stamp. */
const MAX_DEVICES = 100_000;

/**
 * Receives until a limit is reached or the signal is aborted.
 *
 * @throws SynthError `SYNTH_SYSTEM_LIMIT` for an address that cannot be listened on, `SYNTH_NOTHING_RECEIVED`, `SYNTH_OUTPUT_EXISTS`,
 *   `SYNTH_OUTPUT_FAILED`, `SYNTH_USAGE`
 */
export async function runSink(options: SinkOptions): Promise<SinkReport> {
  const linux = options.native === false ? undefined : await openLinux();
  const sink = new Sink(options, linux);
  try {
    await sink.open();
    await sink.run();
    return await sink.finish();
  } finally {
    await sink.close();
  }
}

class Sink implements ArrivalHandler {
  readonly #options: SinkOptions;
  readonly #linux: Linux | undefined;
  readonly #time: SinkTime;
  readonly #table = new SourceTable();
  readonly #listeners: Listener[] = [];
  /** Those of them that are to be closed. */
  readonly #open: Listener[] = [];
  readonly #problems = new Map<string, number>();
  readonly #stampReader: StampReader;
  readonly #devices = new Map<number, StampAccount>();
  readonly #delays: Histogram;
  readonly #dialogue: Dialogue | undefined;
  #files: ArrivalFiles | undefined;
  #receiver: UdpReceiver | undefined;
  #receiving: Promise<void> = Promise.resolve();
  #replying: Promise<void> = Promise.resolve();
  #packets = 0;
  #bytes = 0;
  #lastNs = 0;
  #urls: readonly string[] = [];
  #endedBy: EndReason | undefined;
  #isFull = false;
  #failure: unknown;
  #wake: () => void = () => {};

  constructor(options: SinkOptions, linux: Linux | undefined) {
    this.#options = options;
    this.#linux = linux;
    this.#time = new SinkTime(options.clock ?? systemClock);
    this.#stampReader = new StampReader(this.#time.startWallNs);
    this.#delays = build({ highestTrackableValue: MAX_DELAY_NS, numberOfSignificantValueDigits: 3 });
    this.#dialogue =
      options.dialogue &&
      new Dialogue(options.dialogue, this.#time, (source, bytes, at, length) => {
        this.#replied(source, bytes, at, length);
      });
  }

  async open(): Promise<void> {
    const { output, onListening, stamp } = this.#options;
    const openers = this.#options.listen.map((address) => this.#opener(address));
    if (output !== undefined) await this.#openFiles({ ...output, byDevice: stamp });
    for (const opener of openers) {
      const listener = await opener();
      this.#listeners.push(listener);
      this.#open.push(listener);
    }
    this.#urls = this.#listeners.map(({ url }) => url);
    for (const url of this.#urls) onListening?.(url);
  }

  async #openFiles(output: SinkOutput & { readonly byDevice: boolean }): Promise<void> {
    const options: ArrivalFilesOptions = {
      ...output,
      time: this.#time,
      frames: new ArrivalFrames(runStream('sink', 'headers'), this.#time),
      onFailure: (error) => this.#fail(error),
    };
    await requireArrivalFiles(options);
    this.#files = new ArrivalFiles(options);
  }

  /** @returns a function that begins to listen @throws SynthError `SYNTH_USAGE` for a certificate that is missing or none, before anything listens */
  #opener(address: ListenAddress): () => Promise<Listener> {
    const { framing, identity } = this.#options;
    const linux = this.#linux;
    if (address.kind === 'udp' && linux !== undefined) {
      return async () => new UdpListener(linux, address.endpoint, this, this.#time);
    }
    const listener =
      address.kind === 'udp'
        ? new DatagramListener(address.endpoint, this, this.#time)
        : new StreamListener(address, { framing, identity }, this, this.#time);
    return async () => {
      await listener.open();
      return listener;
    };
  }

  /** Resolves at the end. @throws what a listener or an output has thrown */
  async run(): Promise<void> {
    const { signal } = this.#options;
    const fail = (error: unknown) => this.#fail(error);
    if (this.#linux !== undefined) {
      const sockets = this.#listeners.filter((listener) => listener instanceof UdpListener);
      this.#receiver = new UdpReceiver(this.#linux, sockets, this);
      this.#receiving = this.#receiver.run().catch(fail);
    }
    this.#replying = this.#dialogue?.run().catch(fail) ?? this.#replying;
    const onAbort = () => this.#end('signal');
    signal?.addEventListener('abort', onAbort);
    if (signal?.aborted) onAbort();
    const look = setInterval(() => this.#look(), LOOK_MS);
    const progress = setInterval(() => this.#tellProgress(), PROGRESS_MS);
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      if (this.#endedBy !== undefined) resolve();
    });
    clearInterval(look);
    clearInterval(progress);
    signal?.removeEventListener('abort', onAbort);
    if (this.#failure !== undefined) throw this.#failure;
  }

  #look(): void {
    const { durationNs, idleNs } = this.#options.limit;
    const now = this.#time.now();
    if (now >= durationNs) this.#end('duration');
    // By our own clock: that of the kernel may be stepped.
    else if (this.#packets > 0 && now - this.#lastNs >= idleNs) this.#end('idle');
  }

  #tellProgress(): void {
    this.#options.onProgress?.(this.#packets, this.#bytes, this.#time.now() / 1e9);
  }

  #end(reason: EndReason): void {
    this.#endedBy ??= reason;
    if (reason === 'packets' || reason === 'failure') this.#isFull = true;
    this.#wake();
  }

  #fail(error: unknown): void {
    this.#failure ??= error;
    this.#end('failure');
  }

  /** @throws SynthError `SYNTH_NOTHING_RECEIVED`, and of the outputs */
  async finish(): Promise<SinkReport> {
    await this.#stop();
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#packets === 0) throw this.#nothingReceived();
    const files = (await this.#files?.finish()) ?? [];
    const unwritten = this.#files?.unwritten ?? 0;
    this.#files = undefined;
    let dropped = 0;
    for (const listener of this.#listeners) dropped += listener.dropped;
    return sinkReport({
      listeners: this.#urls,
      endedBy: this.#endedBy ?? 'signal',
      sources: this.#table.sources,
      others: this.#table.others,
      time: this.#time,
      stamp: this.#options.stamp ? { devices: [...this.#devices.values()], delays: this.#delays } : undefined,
      replies: this.#dialogue?.report(),
      problems: this.#problems,
      dropped,
      files,
      unwritten,
    });
  }

  #nothingReceived(): SynthError {
    const counted = [...this.#problems].map(([name, count]) => `${count} × ${name}`).join(', ');
    const message = `nothing has arrived at ${this.#urls.join(', ')}${counted === '' ? '' : ` (${counted})`}`;
    return new SynthError('SYNTH_NOTHING_RECEIVED', message, {
      hint: wording`Send to these addresses, with: ${action('sendModel')}`,
    });
  }

  async #stop(): Promise<void> {
    this.#endedBy ??= 'failure';
    this.#dialogue?.stop();
    this.#receiver?.stop();
    await this.#replying;
    await this.#receiving;
    // What had arrived before the end still counts.
    if (!this.#isFull) this.#receiver?.drain();
    this.#isFull = true;
    // A connection tells of its end as it closes.
    for (const listener of this.#open.splice(0)) await listener.close();
  }

  /** Leaves nothing open; after a success there is nothing to do. */
  async close(): Promise<void> {
    await this.#stop();
    await this.#files?.discard();
  }

  get isFull(): boolean {
    return this.#isFull;
  }

  get isBehind(): boolean {
    return this.#files?.isBehind ?? false;
  }

  async caughtUp(): Promise<void> {
    await this.#files?.caughtUp();
  }

  openSource(origin: SourceOrigin): Source {
    return this.#table.open(origin);
  }

  arrived(source: Source, bytes: Uint8Array, at: number, length: number, sinceNs: number): void {
    const sizeBytes = source.count(length, sinceNs);
    this.#packets++;
    this.#bytes += sizeBytes;
    this.#lastNs = this.#time.now();
    if (this.#options.stamp) this.#countStamp(source, bytes, at, length, sinceNs);
    if (this.#dialogue !== undefined) this.#meet(source);
    this.#files?.write(source, { sizeBytes, bytes, at, length, sinceNs, outbound: 1 });
    if (this.#packets >= this.#options.limit.packets) this.#end('packets');
  }

  #countStamp(source: Source, bytes: Uint8Array, at: number, length: number, sinceNs: number): void {
    const stamp = this.#stampReader;
    if (!stamp.read(bytes, at, length)) {
      if (source.device === undefined) source.unassigned++;
      else source.device.received++;
      return;
    }
    const account = this.#accountOf(stamp.device);
    if (account === undefined) return;
    if (source.device === undefined) account.received += source.unassigned;
    source.unassigned = 0;
    source.device = account;
    account.count(stamp.sequence);
    this.#delays.recordValue(Math.min(Math.max(0, sinceNs - stamp.plannedNs), MAX_DELAY_NS));
  }

  #accountOf(device: number): StampAccount | undefined {
    const known = this.#devices.get(device);
    if (known !== undefined || this.#devices.size >= MAX_DEVICES) return known;
    const account = new StampAccount(device);
    this.#devices.set(device, account);
    return account;
  }

  /** With stamps a source takes part in the dialogue once it has said which device it is. */
  #meet(source: Source): void {
    if (source.isOthers) return;
    const device = this.#options.stamp ? source.device?.device : source.index;
    if (device !== undefined && device !== source.partner) this.#dialogue?.meet(device, source);
  }

  #replied(source: Source, bytes: Uint8Array, at: number, length: number): void {
    source.replies++;
    // With framing the payload is shorter by the count before it.
    const payloadBytes = Math.max(0, length - source.origin.framingBytes);
    const sizeBytes = source.overheadBytes + payloadBytes;
    this.#files?.write(source, {
      sizeBytes,
      bytes,
      at,
      length: payloadBytes,
      sinceNs: this.#time.now(),
      outbound: 0,
    });
  }

  disconnected(source: Source, sinceNs: number): void {
    this.#files?.endOf(source, sinceNs);
  }

  problem(name: string): void {
    this.#problems.set(name, (this.#problems.get(name) ?? 0) + 1);
  }
}
