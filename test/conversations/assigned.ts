/** Packets given to conversations that are nothing but numbers. */
import { AssignedPackets } from '../../src/conversations/assigned-packets.js';
import type { ConversationFactory, Opening } from '../../src/conversations/assigner.js';
import { learnConversations } from '../../src/conversations/learn.js';
import { Likelihoods } from '../../src/conversations/likelihoods.js';
import type { Conversations } from '../../src/conversations/records.js';
import { type PacketBlock, type PacketSeries, sliceBlock } from '../../src/packets/packet-series.js';
import { randomStream } from '../../src/random.js';
import type { Row } from '../models/blocks.js';

export interface Numbered extends Opening {
  readonly number: number;
}

/** Conversations that can carry whatever has an IP header; what has none is stray, which has the number -1. */
export class NumberFactory implements ConversationFactory<Numbered> {
  readonly opened: Numbered[] = [];

  open(opening: Opening): Numbered {
    const conversation = { ...opening, number: this.opened.length };
    this.opened.push(conversation);
    return conversation;
  }

  mayCarry(_conversation: Numbered, _outbound: number, sizeBytes: number): boolean {
    return sizeBytes >= 28 && sizeBytes <= 65_535;
  }

  mayOpen(_record: number, _outbound: number, sizeBytes: number): boolean {
    return this.mayCarry(this.stray(), 0, sizeBytes);
  }

  isOver(): boolean {
    return false;
  }

  stray(): Numbered {
    return { number: -1, record: -1, localPort: undefined, peerPort: undefined };
  }
}

export interface Assigned {
  /** The packets as they came. */
  readonly rows: readonly Row[];
  /** For each packet the number of its conversation, and its role. */
  readonly numbers: readonly number[];
  readonly roles: readonly number[];
  readonly opened: readonly Numbered[];
}

export const learnedOf = (series: readonly PacketSeries[]): Conversations =>
  learnConversations(series, { keepAddresses: false, keepPorts: false })!;

export interface AssignOptions {
  readonly seed?: string;
  readonly isSingle?: boolean;
  readonly factory?: NumberFactory;
}

/** Gives the packets of blocks to conversations like those that were learned. */
export function assign(
  blocks: Iterable<PacketBlock>,
  conversations: Conversations,
  { seed = '1', isSingle = false, factory = new NumberFactory() }: AssignOptions = {},
): Assigned {
  const likelihoods = new Likelihoods(conversations.counts);
  const random = randomStream(seed, 'conversations');
  const packets = new AssignedPackets(blocks, { conversations, likelihoods, factory, random, isSingle });
  const rows: Row[] = [];
  const numbers: number[] = [];
  const roles: number[] = [];
  while (packets.advance()) {
    rows.push([packets.timeNs, packets.sizeBytes, packets.outbound === 1 ? 1 : 0]);
    numbers.push(packets.conversation.number);
    roles.push(packets.role);
  }
  return { rows, numbers, roles, opened: factory.opened };
}

/** A block cut into blocks of these lengths, in turn, all in the same memory, as generators do it. */
export function* inBlocks(block: PacketBlock, lengths: readonly number[]): Generator<PacketBlock, void> {
  const most = Math.max(...lengths);
  const shared = {
    offsetsNs: new Float64Array(most),
    sizes: new Uint32Array(most),
    outbound: new Uint8Array(most),
  };
  for (let from = 0, turn = 0; from < block.length; turn++) {
    const part = sliceBlock(block, from, Math.min(block.length, from + lengths[turn % lengths.length]!));
    shared.offsetsNs.set(part.offsetsNs);
    shared.sizes.set(part.sizes);
    shared.outbound.set(part.outbound);
    yield { ...shared, length: part.length };
    from += part.length;
    shared.offsetsNs.fill(-1);
    shared.sizes.fill(0xffff);
  }
}
