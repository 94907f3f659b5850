/**
 * @module
 * Sends captures: reads them, picks a target's packets where there is one, and plans the part of each that is to be sent. One
 * reading is a round; a capture that is small enough is kept and not read again.
 *
 * Packets come while a part of a file is in memory, when nobody can wait: those that have no room in the ring are stored, and planned
 * before the next part is read. So no more than one part of each file is ever held.
 */
import type { CaptureInput, CaptureWarning } from '../../capture/capture-file.js';
import type { Packet } from '../../capture/packet.js';
import { readCaptures } from '../../capture/read-captures.js';
import { SynthError } from '../../errors.js';
import { createSelector, type Selector } from '../../series/select.js';
import { formatTarget, type Target } from '../../series/target.js';
import { action, option, wording } from '../../wording.js';
import type { ScheduledOutput } from '../scheduled-output.js';
import type { PacketPart } from './packet-part.js';
import { PacketStore, put } from './packet-store.js';
import { type Directions, isWanted, type PacketSource, requirePackets, SourceCounts } from './source.js';

/** Captures whose packets take no more than this are kept. */
const MAX_KEPT_BYTES = 64 * 2 ** 20;
/** Beside the bytes of a packet: its time, place and lengths. */
const KEPT_COLUMN_BYTES = 20;

export interface CaptureSelection {
  /** Undefined for all packets, which have no direction then. */
  readonly target: Target | undefined;
  readonly directions: Directions;
}

export class CaptureSource implements PacketSource {
  readonly channels = 1;
  readonly maxBytes = undefined;
  readonly counts = new SourceCounts();
  warnings: readonly CaptureWarning[] = [];
  readonly #inputs: readonly CaptureInput[];
  readonly #part: PacketPart;
  readonly #selection: CaptureSelection;
  readonly #maxKeptBytes: number;
  readonly #stored = new PacketStore();
  /** Name of an input that can be read only once. */
  #pipe: string | undefined;
  /** The packets of a round; undefined where they are not needed again, or too many. */
  #kept: PacketStore | undefined;
  #output!: ScheduledOutput;
  /** Where the first round is counted, and then nobody looks. */
  #roundCounts = this.counts;
  /** Of the first packet of the round. */
  #startSeconds = -1;
  #startNanoseconds = 0;
  /** Of the latest one, since then. */
  #endNs = 0;

  /** @param maxKeptBytes captures up to this size are kept in memory between rounds */
  constructor(
    inputs: readonly CaptureInput[],
    part: PacketPart,
    selection: CaptureSelection,
    maxKeptBytes = MAX_KEPT_BYTES,
  ) {
    this.#inputs = inputs.map((input) => ({ name: input.name, open: () => this.#open(input) }));
    this.#part = part;
    this.#selection = selection;
    this.#maxKeptBytes = maxKeptBytes;
  }

  async #open(input: CaptureInput): ReturnType<CaptureInput['open']> {
    const source = await input.open();
    if (source.size === undefined) this.#pipe ??= input.name;
    return source;
  }

  /** @throws SynthError also `SYNTH_TARGET_NOT_FOUND`, and `SYNTH_USAGE` for a long pipe in several rounds */
  async produce(output: ScheduledOutput, signal?: AbortSignal): Promise<void> {
    this.#output = output;
    if (output.rounds !== 1) this.#kept = new PacketStore();
    await this.#read(signal);
    requirePackets(output, this.counts);
    this.#roundCounts = new SourceCounts();
    while (!output.ended && output.nextRound(this.#endNs)) {
      if (this.#kept === undefined) await this.#read(signal);
      else await this.#kept.putInto(output, signal);
    }
  }

  async #read(signal: AbortSignal | undefined): Promise<void> {
    const output = this.#output;
    const { target } = this.#selection;
    const selector = target && this.#selectorOf(target);
    this.#startSeconds = -1;
    this.#endNs = 0;
    const onPacket = selector
      ? (packet: Packet) => selector.take(packet)
      : (packet: Packet) => this.#take(packet, true);
    const report = await readCaptures(this.#inputs, onPacket, {
      signal,
      mayMatter: selector && ((packet) => selector.mayMatter(packet)),
      drain: () => this.#drain(signal),
      enough: () => output.ended,
    });
    selector?.finish();
    await this.#drain(signal);
    this.warnings = report.warnings;
    if (target !== undefined && this.#startSeconds < 0) throw notFound(this.#inputs, target, report.packets);
  }

  #selectorOf(target: Target): Selector {
    return createSelector(target, { payloadOnly: false }, ({ packet, outbound }) => this.#take(packet, outbound));
  }

  #take(packet: Packet, outbound: boolean): void {
    const output = this.#output;
    if (output.ended) return;
    const { seconds, nanoseconds } = packet;
    if (this.#startSeconds < 0) {
      this.#startSeconds = seconds;
      this.#startNanoseconds = nanoseconds;
    }
    const timeNs = (seconds - this.#startSeconds) * 1e9 + nanoseconds - this.#startNanoseconds;
    if (timeNs > this.#endNs) this.#endNs = timeNs;
    const part = this.#part;
    if (!isWanted(this.#selection.directions, outbound)) {
      this.#roundCounts.otherDirection++;
      output.skip(timeNs);
    } else if (part.find(packet, this.#roundCounts)) {
      this.#plan(timeNs, packet, part);
    } else {
      output.skip(timeNs);
    }
  }

  #plan(timeNs: number, packet: Packet, { at, capturedBytes, length }: PacketPart): void {
    if (this.#kept !== undefined) this.#keep(timeNs, packet, at, capturedBytes, length);
    const output = this.#output;
    const stored = this.#stored;
    if (stored.length === 0 && output.hasRoom(length)) put(output, timeNs, packet, at, capturedBytes, length);
    else stored.append(timeNs, packet, at, capturedBytes, length);
  }

  #keep(timeNs: number, packet: Packet, at: number, capturedBytes: number, length: number): void {
    const kept = this.#kept!;
    const most = this.#maxKeptBytes;
    if (kept.usedBytes + capturedBytes + (kept.length + 1) * KEPT_COLUMN_BYTES <= most) {
      kept.append(timeNs, packet, at, capturedBytes, length);
      return;
    }
    this.#kept = undefined;
    if (this.#pipe === undefined) return;
    throw new SynthError('SYNTH_USAGE', `${this.#pipe}: a pipe of this length cannot be sent more than once`, {
      hint: wording`Write it to a file first, or leave out ${option('schedule.rounds')}.`,
    });
  }

  async #drain(signal: AbortSignal | undefined): Promise<void> {
    if (this.#stored.length === 0) return;
    await this.#stored.putInto(this.#output, signal);
    this.#stored.clear();
  }
}

function notFound(inputs: readonly CaptureInput[], target: Target, packets: number): SynthError {
  const names = inputs.map(({ name }) => name).join(', ');
  const message = `${names}: no packet of ${target.kind} ${formatTarget(target)} among ${packets} packets`;
  return new SynthError('SYNTH_TARGET_NOT_FOUND', message, {
    hint: wording`List what is there with: ${action('inspectCapture')}`,
  });
}
