/**
 * @module
 * What is said about a conversation before its first frame is made, and what a packet can be in it. The words between what assigns
 * packets to conversations and what makes frames of them.
 */
import type { SynOptions } from '../net/syn-options.js';

export interface ConversationEnd {
  readonly mac: Uint8Array;
  /** 4 or 16 bytes, as the IP version of the conversation has them. */
  readonly address: Uint8Array;
  /** Ignored by protocols without ports. */
  readonly port: number;
}

export interface ConversationSpec {
  readonly ipVersion: 4 | 6;
  /** IP protocol number. */
  readonly protocol: number;
  readonly local: ConversationEnd;
  readonly peer: ConversationEnd;
  readonly openedByLocal: boolean;
  /** TCP: already open when the capture begins, so that no handshake is expected or forced. */
  readonly midstream: boolean;
  /** TCP: what the SYNs offer. What both ends of a midstream connection offer is in use. */
  readonly syn: { readonly local: SynOptions; readonly peer: SynOptions };
}

/** A SYN without options. */
export const NO_SYN_OPTIONS: SynOptions = { mss: null, windowScale: null, sackPermitted: false, timestamps: false };
