/**
 * @module
 * What a device's conversations are: services, peers, and one record a connection. Made from series; saved in model files, without captured
 * addresses unless they are to be kept.
 */
import { z } from 'zod';
import { type Address, parseAddress } from '../net/address.js';
import { requireModel, type Tensor, type TensorReader, vector } from '../tensors.js';
import { ConversationCounts } from './counts.js';
import { STEPS } from './role.js';

const port = z.int().min(0).max(65_535).nullable();
const syn = z.object({
  mss: z.int().min(0).max(65_535).nullable(),
  windowScale: z.int().min(0).max(14).nullable(),
  sackPermitted: z.boolean(),
  timestamps: z.boolean(),
});

function addressOf(text: string): Address | undefined {
  try {
    return parseAddress(text);
  } catch {
    return undefined;
  }
}

/** Address of one end. */
const endSchema = z
  .object({
    ipVersion: z.union([z.literal(4), z.literal(6)]),
    /**
     * `group` is a multicast address, which is no one's and is kept; `unspecified` is 0.0.0.0 or ::, of a host that has no address yet;
     * `linkLocal` is one of fe80::/10 or 169.254.0.0/16.
     */
    kind: z.enum(['host', 'linkLocal', 'unspecified', 'group', 'broadcast']),
    /** The captured address, for groups and where addresses are kept; else null. */
    address: z.string().nullable(),
  })
  .refine(({ ipVersion, kind, address }) =>
    address === null ? kind !== 'group' : addressOf(address)?.family === (ipVersion === 4 ? 'ipv4' : 'ipv6'),
  );
export type End = z.infer<typeof endSchema>;

const serviceSchema = z.object({
  ipVersion: z.union([z.literal(4), z.literal(6)]),
  /** IP protocol number. */
  protocol: z.int().min(0).max(255),
  /** Whether the target opens its connections: the peer is the server. */
  openedByLocal: z.boolean(),
  /** Of the server; null for protocols without ports and for services of rare ports, which are taken together. */
  port,
  /** Whether these are the connections that are much longer than the others to the same port. */
  long: z.boolean(),
  /** How many of its connections were open at a time, at most. */
  concurrent: z.int().positive(),
});
export type Service = z.infer<typeof serviceSchema>;

/** More would not be told apart. */
const MAX_SERVICES = 64;

const synPairSchema = z.object({ local: syn, peer: syn });
export type SynPair = z.infer<typeof synPairSchema>;

export const RECORD_FLAG = { midstream: 1, unfinished: 2 } as const;

/** Connections as columns of equal length. */
export interface ConnectionRecords {
  readonly length: number;
  /** Indices of services, of ends (local, peer) and of pairs of SYNs. */
  readonly service: Uint32Array;
  readonly local: Uint32Array;
  readonly peer: Uint32Array;
  readonly syn: Uint32Array;
  /** `NEW_PORT` where every connection has another one, `NO_PORT` for protocols without ports. */
  readonly localPort: Uint32Array;
  readonly peerPort: Uint32Array;
  readonly packets: Uint32Array;
  readonly closingPackets: Uint32Array;
  /** The first packet: its step (`stepOf`) and its size in bytes. */
  readonly firstStep: Uint32Array;
  readonly firstSize: Uint32Array;
  /** Bits of `RECORD_FLAG`. */
  readonly flags: Uint32Array;
}

/** The part of a model file that is JSON. */
export const conversationsSchema = z.object({
  services: z.array(serviceSchema).min(1).max(MAX_SERVICES),
  ends: z.array(endSchema).min(1),
  syns: z.array(synPairSchema).min(1),
});

/** What is learned of the conversations of a target. */
export interface Conversations {
  readonly services: readonly Service[];
  readonly ends: readonly End[];
  readonly syns: readonly SynPair[];
  readonly records: ConnectionRecords;
  readonly counts: ConversationCounts;
}

export const NEW_PORT = 0x1_0000;
export const NO_PORT = 0x1_0001;

export function emptyRecords(length: number): ConnectionRecords {
  const column = () => new Uint32Array(length);
  return {
    length,
    service: column(),
    local: column(),
    peer: column(),
    syn: column(),
    localPort: column(),
    peerPort: column(),
    packets: column(),
    closingPackets: column(),
    firstStep: column(),
    firstSize: column(),
    flags: column(),
  };
}

const PREFIX = 'conversations';

export function saveConversations({ services, ends, syns, records, counts }: Conversations): {
  readonly tensors: ReadonlyMap<string, Tensor>;
  readonly summary: z.infer<typeof conversationsSchema>;
} {
  const tensors = new Map<string, Tensor>();
  for (const name of RECORD_COLUMNS) tensors.set(`${PREFIX}.record.${name}`, vector(records[name]));
  counts.save(PREFIX, tensors);
  return { tensors, summary: { services: [...services], ends: [...ends], syns: [...syns] } };
}

const RECORD_COLUMNS = [
  'service',
  'local',
  'peer',
  'syn',
  'localPort',
  'peerPort',
  'packets',
  'closingPackets',
  'firstStep',
  'firstSize',
  'flags',
] as const;

/** @throws SynthError `SYNTH_MODEL_INVALID` */
export function loadConversations(
  { services, ends, syns }: z.infer<typeof conversationsSchema>,
  reader: TensorReader,
): Conversations {
  const length = reader.shape(`${PREFIX}.record.service`)?.[0] ?? 0;
  const column = (name: string) => reader.tensor(`${PREFIX}.record.${name}`, Uint32Array, [length]);
  const records: ConnectionRecords = {
    length,
    service: column('service'),
    local: column('local'),
    peer: column('peer'),
    syn: column('syn'),
    localPort: column('localPort'),
    peerPort: column('peerPort'),
    packets: column('packets'),
    closingPackets: column('closingPackets'),
    firstStep: column('firstStep'),
    firstSize: column('firstSize'),
    flags: column('flags'),
  };
  const below = (values: Uint32Array, bound: number) => values.every((value) => value < bound);
  const valid =
    below(records.service, services.length) &&
    services.every((_, service) => records.service.includes(service)) &&
    below(records.local, ends.length) &&
    below(records.peer, ends.length) &&
    below(records.syn, syns.length) &&
    below(records.localPort, NO_PORT + 1) &&
    below(records.peerPort, NO_PORT + 1) &&
    below(records.firstStep, STEPS) &&
    records.packets.every((packets, i) => packets > 0 && records.closingPackets[i]! <= packets) &&
    records.service.every((service, i) => {
      const { ipVersion } = services[service]!;
      return ends[records.local[i]!]!.ipVersion === ipVersion && ends[records.peer[i]!]!.ipVersion === ipVersion;
    });
  requireModel(valid, 'has conversations that contradict themselves');
  return { services, ends, syns, records, counts: ConversationCounts.load(PREFIX, services.length, reader) };
}
