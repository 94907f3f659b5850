/**
 * @module
 * Learns the conversations of a target from its series.
 */
import { formatAddress } from '../../src/capture/address.js';
import type { Conversation, PacketSeries, SynOptions } from '../../src/series/packet-series.js';
import { type Connection, connectionsOf, type SeriesConnections } from './connections.js';
import { ConversationCounts, contextsOf, hesitationOf, placeOf } from './counts.js';
import { endOf } from './ends.js';
import { FAR, markOf, serviceMarks, soonness } from './foresight.js';
import {
  type ConnectionRecords,
  type End,
  emptyRecords,
  NEW_PORT,
  NO_PORT,
  RECORD_FLAG,
  type Service,
  type SynPair,
} from './records.js';
import { NO_STEP, STEPS, stepOf } from './role.js';

/** What is learned; `ConversationModel` assigns packets by it. */
export interface Conversations {
  readonly services: readonly Service[];
  readonly ends: readonly End[];
  readonly syns: readonly SynPair[];
  readonly records: ConnectionRecords;
  readonly counts: ConversationCounts;
}

/** Services beyond this number, the ones with fewest packets, are taken together. */
const MAX_SERVICES = 64;
/** A service of its own has as many connections, or as many packets. */
const OWN_SERVICE = { connections: 2, packets: 32 };

/** @param series with conversations; those of tables have none, and give none */
export function learnConversations(series: readonly PacketSeries[], keepAddresses: boolean): Conversations | undefined {
  const parts = series
    .filter(({ conversations, length }) => conversations.length > 0 && length > 0)
    .map((whole) => ({ series: whole, ...connectionsOf(whole) }));
  const connections = parts.flatMap((part) => part.connections);
  if (connections.length === 0) return undefined;
  const { services, serviceOf } = groupServices(connections);
  const catalogue = new Catalogue(keepAddresses);
  const records = recordsOf(connections, serviceOf, catalogue);
  const counts = new ConversationCounts(services.length);
  const indexed = parts.map((part, i) => {
    const before = parts.slice(0, i).reduce((sum, { connections: { length } }) => sum + length, 0);
    return { ...part, service: serviceOf.subarray(before, before + part.connections.length), firstRecord: before };
  });
  // What tells services apart has to be known before the rest can be counted.
  for (const part of indexed) countSizes(part, counts, records);
  for (const part of indexed) countCourses(part, counts);
  return { services, ends: catalogue.ends, syns: catalogue.syns, records, counts };
}

const serverPort = ({ conversation, openedByLocal }: Connection): number | undefined =>
  openedByLocal ? conversation.peer.port : conversation.local.port;

function groupServices(connections: readonly Connection[]): {
  services: readonly Service[];
  serviceOf: Uint32Array;
} {
  interface Group {
    readonly service: Service;
    connections: number;
    packets: number;
  }
  const groups = new Map<string, Group>();
  const keyOf = ({ ipVersion, protocol, openedByLocal, port }: Service) =>
    `${ipVersion} ${protocol} ${openedByLocal} ${port}`;
  const own = connections.map((connection): Service => {
    const { ipVersion, protocol } = connection.conversation;
    return { ipVersion, protocol, openedByLocal: connection.openedByLocal, port: serverPort(connection) ?? null };
  });
  own.forEach((service, i) => {
    const key = keyOf(service);
    const group = groups.get(key) ?? { service, connections: 0, packets: 0 };
    groups.set(key, group);
    group.connections++;
    group.packets += connections[i]!.packets;
  });
  // At least half of the services stay free for what is taken together.
  const kept = [...groups.values()]
    .filter((group) => group.connections >= OWN_SERVICE.connections || group.packets >= OWN_SERVICE.packets)
    .sort((a, b) => b.packets - a.packets)
    .slice(0, MAX_SERVICES / 2)
    .map(({ service }) => keyOf(service));
  const isKept = new Set(kept);
  const indices = new Map<string, number>();
  const services: Service[] = [];
  const serviceOf = Uint32Array.from(own, (service) => {
    const shared = isKept.has(keyOf(service)) ? service : { ...service, port: null };
    const key = keyOf(shared);
    let index = indices.get(key);
    if (index === undefined) {
      index = services.push(shared) - 1;
      indices.set(key, index);
    }
    return index;
  });
  return { services, serviceOf };
}

/** Lists without repetition of what connections refer to. */
class Catalogue {
  readonly ends: End[] = [];
  readonly syns: SynPair[] = [];
  readonly #endIndices = new Map<string, number>();
  readonly #synIndices = new Map<string, number>();
  readonly #keepAddresses: boolean;

  constructor(keepAddresses: boolean) {
    this.#keepAddresses = keepAddresses;
  }

  end({ ipVersion, broadcast }: Conversation, { address }: Conversation['peer'], isPeer: boolean): number {
    const key = `${isPeer} ${formatAddress(address)}`;
    let index = this.#endIndices.get(key);
    if (index === undefined) {
      index = this.ends.push(endOf(ipVersion, address, isPeer && broadcast === true, this.#keepAddresses)) - 1;
      this.#endIndices.set(key, index);
    }
    return index;
  }

  syn(pair: SynPair): number {
    const key = JSON.stringify(pair);
    let index = this.#synIndices.get(key);
    if (index === undefined) {
      index = this.syns.push(pair) - 1;
      this.#synIndices.set(key, index);
    }
    return index;
  }
}

/** What is offered where no SYN was captured whole: what hosts offer today. */
const USUAL_SYN = { windowScale: 7, sackPermitted: true, timestamps: false } as const;
/** A packet of 1500 bytes less the headers (RFC 9293 §3.7.1). */
const usualMss = (ipVersion: 4 | 6): number => (ipVersion === 4 ? 1460 : 1440);

function synPairOf({ ipVersion, syn }: Conversation): SynPair {
  const usual: SynOptions = { mss: usualMss(ipVersion), ...USUAL_SYN };
  return { local: syn?.local ?? syn?.peer ?? usual, peer: syn?.peer ?? syn?.local ?? usual };
}

function recordsOf(
  connections: readonly Connection[],
  serviceOf: Uint32Array,
  catalogue: Catalogue,
): ConnectionRecords {
  const records = emptyRecords(connections.length);
  const isFixed = fixedPorts(connections, serviceOf);
  connections.forEach((connection, i) => {
    const { conversation, openedByLocal } = connection;
    const { local, peer } = conversation;
    records.service[i] = serviceOf[i]!;
    records.local[i] = catalogue.end(conversation, local, false);
    records.peer[i] = catalogue.end(conversation, peer, true);
    records.syn[i] = catalogue.syn(synPairOf(conversation));
    const opener = openedByLocal ? local.port : peer.port;
    const openerPort = opener === undefined ? NO_PORT : isFixed(serviceOf[i]!, opener) ? opener : NEW_PORT;
    const servicePort = (openedByLocal ? peer.port : local.port) ?? NO_PORT;
    records.localPort[i] = openedByLocal ? openerPort : servicePort;
    records.peerPort[i] = openedByLocal ? servicePort : openerPort;
    records.packets[i] = connection.packets;
    records.closingPackets[i] = connection.closingPackets;
    records.lifeNs[i] = connection.lastNs - connection.firstNs;
    records.flags[i] =
      (connection.midstream ? RECORD_FLAG.midstream : 0) | (connection.unfinished ? RECORD_FLAG.unfinished : 0);
  });
  return records;
}

/** Which ports openers of a service use again and again, or that are no ephemeral ports. */
function fixedPorts(
  connections: readonly Connection[],
  serviceOf: Uint32Array,
): (service: number, port: number) => boolean {
  const peers = new Map<string, Set<string>>();
  const keyOf = (service: number, port: number) => `${service} ${port}`;
  connections.forEach(({ conversation, openedByLocal }, i) => {
    const port = openedByLocal ? conversation.local.port : conversation.peer.port;
    if (port === undefined || conversation.protocol === IP_PROTOCOL_TCP) return;
    const key = keyOf(serviceOf[i]!, port);
    const others = peers.get(key) ?? new Set();
    peers.set(key, others);
    others.add(formatAddress((openedByLocal ? conversation.peer : conversation.local).address));
  });
  return (service, port) => port < FIRST_USER_PORT || (peers.get(keyOf(service, port))?.size ?? 0) > 1;
}

const IP_PROTOCOL_TCP = 6;
/** Below it are system ports (RFC 6335 §6), which nobody draws. */
const FIRST_USER_PORT = 1024;

/** A series with its connections, and what is known of them. */
interface Part extends SeriesConnections {
  readonly series: PacketSeries;
  /** Of each connection. */
  readonly service: Uint32Array;
  /** Index of the record of the first connection. */
  readonly firstRecord: number;
}

/** Tells where each packet stands: its place in the connection, and in the closing of the connection. */
function* positions({ series, connections, connection }: Part): Generator<{
  readonly packet: number;
  readonly index: number;
  readonly position: number;
  /** Index of the packet in the closing; negative before it. */
  readonly closing: number;
}> {
  const taken = new Uint32Array(connections.length);
  for (let packet = 0; packet < series.length; packet++) {
    const index = connection[packet]!;
    const position = taken[index]!++;
    const { packets, closingPackets } = connections[index]!;
    yield { packet, index, position, closing: closingPackets === 0 ? -packets : position - (packets - closingPackets) };
  }
}

/** Counts sizes, and fills in how the connections of the records begin. */
function countSizes(part: Part, counts: ConversationCounts, records: ConnectionRecords): void {
  const { series, service, roles, firstRecord } = part;
  for (const { packet, index, position, closing } of positions(part)) {
    const step = stepOf(series.outbound[packet]!, roles[packet]!);
    const sizeBytes = series.sizes[packet]!;
    counts.addSize(service[index]!, placeOf(position, closing), step, sizeBytes);
    if (position > 0) continue;
    records.firstStep[firstRecord + index] = step;
    records.firstSize[firstRecord + index] = sizeBytes;
  }
}

/** Counts what follows what, and how soon. */
function countCourses(part: Part, counts: ConversationCounts): void {
  const { series, connections, service, roles } = part;
  const soon = serviceMarks(counts.services, counts.sizes).map((marks) => marks && soonness(series, marks));
  const lastNs = new Float64Array(connections.length);
  const lastStep = new Uint8Array(connections.length).fill(NO_STEP);
  const lastMark = new Uint32Array(connections.length);
  const lastHesitation = new Uint32Array(connections.length);
  let context = contextsOf(counts.services) - 1;
  let previousNs = 0;
  for (const { packet, index, position, closing } of positions(part)) {
    const { packets, unfinished } = connections[index]!;
    const of = service[index]!;
    const timeNs = series.offsetsNs[packet]!;
    const waitNs = position === 0 ? 0 : timeNs - lastNs[index]!;
    const step = stepOf(series.outbound[packet]!, roles[packet]!);
    counts.addGap(context, timeNs - previousNs, position === 0 ? of : -1);
    counts.addStep(of, placeOf(position, closing), lastStep[index]!, step);
    if (position > 0) counts.addWait(of, lastStep[index]!, waitNs, closing === 0);
    if (position > 0 && closing <= 0) {
      counts.soon.add(of, soon[of]?.[packet] ?? FAR, closing === 0);
      counts.before.add(of, lastMark[index]!, closing === 0);
      counts.hesitation.add(of, lastHesitation[index]!, closing === 0);
    }
    // What went on when the capture ended has no end that anybody saw.
    const isLast = position + 1 === packets;
    if (!(isLast && unfinished)) {
      const next = isLast ? 'end' : closing === -1 ? 'closing' : 'more';
      counts.addLength(of, closing >= 0 ? 1 : 0, closing >= 0 ? closing + 1 : position + 1, next);
    }
    lastNs[index] = timeNs;
    lastStep[index] = step;
    lastMark[index] = markOf(series.outbound[packet]!, series.sizes[packet]!);
    lastHesitation[index] = hesitationOf(step, waitNs);
    previousNs = timeNs;
    context = of * STEPS + step;
  }
}
