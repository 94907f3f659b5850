/**
 * @module
 * Learns the conversations of a target from its series.
 */
import { formatAddress } from '../net/address.js';
import type { SynOptions } from '../net/syn-options.js';
import type { Conversation, PacketSeries } from '../packets/packet-series.js';
import { type Connection, connectionsOf, type SeriesConnections } from './connections.js';
import { ConversationCounts, contextsOf, hesitationOf, placeOf } from './counts.js';
import { endOf } from './ends.js';
import { FAR, markOf, serviceMarks, soonness } from './foresight.js';
import {
  type ConnectionRecords,
  type Conversations,
  type End,
  emptyRecords,
  NEW_PORT,
  NO_PORT,
  RECORD_FLAG,
  type Service,
  type SynPair,
} from './records.js';
import { NO_STEP, STEPS, stepOf } from './role.js';

/** Services of a port beyond this number, and services of a protocol, the ones with fewest packets, are taken together. */
const MAX_OF_PORTS = 32;
const MAX_OF_PROTOCOLS = 28;
/** A service of its own has as many connections, or as many packets. */
const LONG = { packets: 64, timesMedian: 20 } as const;
const OWN_SERVICE = { connections: 2, packets: 32 };

export interface LearnOptions {
  readonly keepAddresses: boolean;
  /** Every connection has the ports that it had; otherwise the ends that open have new ones. */
  readonly keepPorts: boolean;
}

/** @param series with conversations; those of tables have none, and give none */
export function learnConversations(
  series: readonly PacketSeries[],
  { keepAddresses, keepPorts }: LearnOptions,
): Conversations | undefined {
  const parts = series
    .filter(({ conversations, length }) => conversations.length > 0 && length > 0)
    .map((whole) => ({ series: whole, ...connectionsOf(whole) }));
  const connections = parts.flatMap((part) => part.connections);
  if (connections.length === 0) return undefined;
  const { services, serviceOf } = groupServices(connections);
  const catalogue = new Catalogue(keepAddresses);
  const records = recordsOf(connections, serviceOf, catalogue, keepPorts);
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

/** What connections of one service have in common. */
type ServiceKey = Omit<Service, 'concurrent'>;

interface ServiceGroup {
  readonly service: ServiceKey;
  readonly connections: Connection[];
}

/** Which connections are of one service: those to the same port, the long ones of them apart. */
function groupServices(connections: readonly Connection[]): {
  readonly services: readonly Service[];
  readonly serviceOf: Uint32Array;
} {
  const keyOf = ({ ipVersion, protocol, openedByLocal, port, long }: ServiceKey) =>
    `${ipVersion} ${protocol} ${openedByLocal} ${port} ${long}`;
  const groupBy = (serviceFor: (connection: Connection, index: number) => ServiceKey) => {
    const groups = new Map<string, ServiceGroup>();
    connections.forEach((connection, index) => {
      const service = serviceFor(connection, index);
      const group = groups.get(keyOf(service)) ?? { service, connections: [] };
      groups.set(keyOf(service), group);
      group.connections.push(connection);
    });
    return groups;
  };
  const byPort = (connection: Connection): ServiceKey => {
    const { ipVersion, protocol } = connection.conversation;
    const port = serverPort(connection) ?? null;
    return { ipVersion, protocol, openedByLocal: connection.openedByLocal, port, long: false };
  };
  const longFrom = new Map([...groupBy(byPort)].map(([key, group]) => [key, longConnections(group)]));
  const byLength = (connection: Connection): ServiceKey => {
    const service = byPort(connection);
    return { ...service, long: connection.packets >= longFrom.get(keyOf(service))! };
  };
  const packetsOf = (group: ServiceGroup) => group.connections.reduce((sum, { packets }) => sum + packets, 0);
  const busiest = (groups: Iterable<ServiceGroup>, count: number): ReadonlySet<string> =>
    new Set(
      [...groups]
        .sort((a, b) => packetsOf(b) - packetsOf(a))
        .slice(0, count)
        .map(({ service }) => keyOf(service)),
    );
  const isOwn = (group: ServiceGroup) =>
    group.connections.length >= OWN_SERVICE.connections || packetsOf(group) >= OWN_SERVICE.packets;
  const ofPorts = busiest([...groupBy(byLength).values()].filter(isOwn), MAX_OF_PORTS);
  const byProtocol = (connection: Connection): ServiceKey => {
    const service = byLength(connection);
    return ofPorts.has(keyOf(service)) ? service : { ...service, port: null, long: false };
  };
  const ofProtocols = busiest(
    [...groupBy(byProtocol).values()].filter(({ service }) => !ofPorts.has(keyOf(service))),
    MAX_OF_PROTOCOLS,
  );
  const shared = (connection: Connection): ServiceKey => {
    const service = byProtocol(connection);
    if (ofPorts.has(keyOf(service)) || ofProtocols.has(keyOf(service))) return service;
    return { ...service, protocol: IP_PROTOCOL_EXPERIMENT };
  };
  const groups = groupBy(shared);
  const indices = new Map([...groups.keys()].map((key, index) => [key, index]));
  return {
    services: [...groups.values()].map((group) => ({ ...group.service, concurrent: maxAtATime(group.connections) })),
    serviceOf: Uint32Array.from(connections, (connection) => indices.get(keyOf(shared(connection)))!),
  };
}

function maxAtATime(connections: readonly Connection[]): number {
  const changes = connections.flatMap(({ firstNs, lastNs }) => [
    { timeNs: firstNs, by: 1 },
    { timeNs: lastNs, by: -1 },
  ]);
  changes.sort((a, b) => a.timeNs - b.timeNs || b.by - a.by);
  let open = 0;
  let most = 1;
  for (const { by } of changes) {
    open += by;
    most = Math.max(most, open);
  }
  return most;
}

/** How many packets a connection of a service has that is unlike the others: it goes on where they end. */
function longConnections({ connections }: ServiceGroup): number {
  const sorted = connections.map(({ packets }) => packets).sort((a, b) => a - b);
  const median = sorted[sorted.length >> 1]!;
  return connections.length < 2 ? Number.POSITIVE_INFINITY : Math.max(LONG.packets, LONG.timesMedian * median);
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
  keepPorts: boolean,
): ConnectionRecords {
  const records = emptyRecords(connections.length);
  const isUsual = fixedPorts(connections, serviceOf);
  // Two TCP connections must not have the same ports one after the other.
  const isFixed = (service: number, port: number, protocol: number) =>
    keepPorts || (protocol !== IP_PROTOCOL_TCP && isUsual(service, port));
  connections.forEach((connection, i) => {
    const { conversation, openedByLocal } = connection;
    const { local, peer } = conversation;
    records.service[i] = serviceOf[i]!;
    records.local[i] = catalogue.end(conversation, local, false);
    records.peer[i] = catalogue.end(conversation, peer, true);
    records.syn[i] = catalogue.syn(synPairOf(conversation));
    const opener = openedByLocal ? local.port : peer.port;
    const openerPort =
      opener === undefined ? NO_PORT : isFixed(serviceOf[i]!, opener, conversation.protocol) ? opener : NEW_PORT;
    const servicePort = (openedByLocal ? peer.port : local.port) ?? NO_PORT;
    records.localPort[i] = openedByLocal ? openerPort : servicePort;
    records.peerPort[i] = openedByLocal ? servicePort : openerPort;
    records.packets[i] = connection.packets;
    records.closingPackets[i] = connection.closingPackets;
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
/** Stands for protocols that are hardly spoken (RFC 3692). */
const IP_PROTOCOL_EXPERIMENT = 253;
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
