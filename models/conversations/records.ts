/**
 * @module
 * What a device's conversations are: services, peers, and one record a connection. Made from series; saved in model files, without captured
 * addresses unless they are to be kept.
 */
import { z } from 'zod';

const port = z.int().min(0).max(65_535).nullable();
const syn = z.object({
  mss: z.int().min(0).max(65_535).nullable(),
  windowScale: z.int().min(0).max(14).nullable(),
  sackPermitted: z.boolean(),
  timestamps: z.boolean(),
});

/** Address of one end. */
export const endSchema = z.object({
  ipVersion: z.union([z.literal(4), z.literal(6)]),
  /**
   * `group` is a multicast address, which is no one's and is kept; `unspecified` is 0.0.0.0 or ::, of a host that has no address yet;
   * `linkLocal` is one of fe80::/10 or 169.254.0.0/16.
   */
  kind: z.enum(['host', 'linkLocal', 'unspecified', 'group', 'broadcast']),
  /** The captured address, for groups and where addresses are kept; else null. */
  address: z.string().nullable(),
});
export type End = z.infer<typeof endSchema>;

export const serviceSchema = z.object({
  ipVersion: z.union([z.literal(4), z.literal(6)]),
  /** IP protocol number. */
  protocol: z.int().min(0).max(255),
  /** Whether the target opens its connections: the peer is the server. */
  openedByLocal: z.boolean(),
  /** Of the server; null for protocols without ports and for services of rare ports, which are taken together. */
  port,
});
export type Service = z.infer<typeof serviceSchema>;

export const synPairSchema = z.object({ local: syn, peer: syn });
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
  /** Time from the first to the last packet, in ns. */
  readonly lifeNs: Float64Array;
  /** The first packet: its step (`stepOf`) and its size in bytes. */
  readonly firstStep: Uint32Array;
  readonly firstSize: Uint32Array;
  /** Bits of `RECORD_FLAG`. */
  readonly flags: Uint32Array;
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
    lifeNs: new Float64Array(length),
    firstStep: column(),
    firstSize: column(),
    flags: column(),
  };
}
