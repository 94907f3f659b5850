/**
 * @module
 * Packets of a model with their conversations, one after the other. It reads ahead, since how a packet ends one connection shows in how soon
 * the next one begins.
 */
import type { PacketBlock } from '../packets/packet-series.js';
import { type AssignerOptions, ConversationAssigner } from './assigner.js';
import { FAR, MAX_AHEAD, soonness } from './foresight.js';
import type { Likelihoods } from './likelihoods.js';

export class AssignedPackets<C> {
  // The packet that `advance` came to.
  timeNs = 0;
  sizeBytes = 0;
  outbound = 0;
  readonly #assigner: ConversationAssigner<C>;
  readonly #likelihoods: Likelihoods;
  readonly #blocks: Iterator<PacketBlock>;
  // Packets that have been read: from `#next` on they have not been handed out.
  #offsetsNs = new Float64Array(MAX_AHEAD);
  #sizes = new Uint32Array(MAX_AHEAD);
  #outbound = new Uint8Array(MAX_AHEAD);
  #length = 0;
  #next = 0;
  #done = false;
  /** For each service, of the packets that have been read. */
  #soon: readonly (Uint8Array | undefined)[] = [];
  readonly #soonOf = (service: number): number => this.#soon[service]?.[this.#next] ?? FAR;

  constructor(blocks: Iterable<PacketBlock>, options: AssignerOptions<C>) {
    this.#blocks = blocks[Symbol.iterator]();
    this.#likelihoods = options.likelihoods;
    this.#assigner = new ConversationAssigner(options);
  }

  get conversation(): C {
    return this.#assigner.conversation;
  }

  /** Of `ROLE`. */
  get role(): number {
    return this.#assigner.role;
  }

  /** Goes to the next packet. @returns false if there is none */
  advance(): boolean {
    while (!this.#done && this.#length - this.#next <= MAX_AHEAD) this.#read();
    const next = this.#next;
    if (next === this.#length) return false;
    this.timeNs = this.#offsetsNs[next]!;
    this.sizeBytes = this.#sizes[next]!;
    this.outbound = this.#outbound[next]!;
    this.#assigner.assign(this.timeNs, this.sizeBytes, this.outbound, this.#soonOf);
    this.#next++;
    return true;
  }

  /** Puts the next block behind what has not been handed out. */
  #read(): void {
    const { done, value } = this.#blocks.next();
    if (done) {
      this.#done = true;
      return;
    }
    const kept = this.#length - this.#next;
    const length = kept + value.length;
    this.#offsetsNs = moved(this.#offsetsNs, this.#next, this.#length, length);
    this.#sizes = moved(this.#sizes, this.#next, this.#length, length);
    this.#outbound = moved(this.#outbound, this.#next, this.#length, length);
    this.#offsetsNs.set(value.offsetsNs.subarray(0, value.length), kept);
    this.#sizes.set(value.sizes.subarray(0, value.length), kept);
    this.#outbound.set(value.outbound.subarray(0, value.length), kept);
    this.#length = length;
    this.#next = 0;
    const packets = { length, sizes: this.#sizes, outbound: this.#outbound };
    this.#soon = this.#likelihoods.marks.map((marks) => marks && soonness(packets, marks));
  }
}

/** The numbers from `from` up to `to` at the front of a column that has room for `length`. */
function moved<T extends Float64Array | Uint32Array | Uint8Array>(
  column: T,
  from: number,
  to: number,
  length: number,
): T {
  if (length <= column.length) {
    column.copyWithin(0, from, to);
    return column;
  }
  const larger = new (column.constructor as new (length: number) => T)(length); // of the same type as before
  larger.set(column.subarray(from, to));
  return larger;
}
