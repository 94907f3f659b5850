/**
 * @module
 * The records of a model that has one conversation: a flow, or a series whose conversations are not known.
 */

import { ConversationCounts } from '../conversations/counts.js';
import { type Conversations, type End, emptyRecords, NO_PORT, RECORD_FLAG } from '../conversations/records.js';
import { IP_PROTOCOL } from '../net/ip-protocol.js';
import { NO_SYN_OPTIONS } from './conversation-spec.js';
import type { Identity } from './identity.js';

/**
 * The conversations of what has only one: a flow, or a series whose conversations are not known.
 *
 * @param learned what is known of the flow; undefined for a conversation that went on all the time
 */
export function singleConversation(learned: Conversations | undefined, identity: Identity): Conversations {
  const { ipVersion, protocol, client, server } = identity;
  const ends: End[] = Array.from({ length: 2 }, () => ({ ipVersion, kind: 'host', address: null }));
  const hasPorts = protocol === IP_PROTOCOL.tcp || protocol === IP_PROTOCOL.udp || protocol === IP_PROTOCOL.sctp;
  const port = (one: number) => Uint32Array.of(hasPorts ? one : NO_PORT);
  const services = (
    learned?.services ?? [{ protocol, openedByLocal: true, port: server.port, long: false, concurrent: 1 }]
  ).map((service) => ({ ...service, ipVersion }));
  const first = learned?.records;
  return {
    services,
    ends,
    syns: learned?.syns ?? [{ local: NO_SYN_OPTIONS, peer: NO_SYN_OPTIONS }],
    records: {
      ...emptyRecords(1),
      service: Uint32Array.of(first?.service[0] ?? 0),
      peer: Uint32Array.of(1),
      syn: Uint32Array.of(first?.syn[0] ?? 0),
      localPort: port(client.port),
      peerPort: port(server.port),
      packets: Uint32Array.of(first?.packets[0] ?? 1),
      firstStep: Uint32Array.of(first?.firstStep[0] ?? 0),
      firstSize: Uint32Array.of(first?.firstSize[0] ?? 0),
      flags: Uint32Array.of((first?.flags[0] ?? RECORD_FLAG.midstream) | RECORD_FLAG.unfinished),
    },
    counts: learned?.counts ?? new ConversationCounts(1),
  };
}
