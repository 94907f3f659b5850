/**
 * @module
 * From series to a model with all that goes into its file.
 */

import { modelKinds } from '../../models/registry.js';
import { resolveOptions } from '../../models/resolve-options.js';
import type { FitHooks, FitStart } from '../../models/traffic-model.js';
import { learnConversations } from '../conversations/learn.js';
import { SynthError } from '../errors.js';
import type { TargetProfile, TrainedModel } from '../model-files/model-file.js';
import { formatAddress } from '../net/address.js';
import { IP_PROTOCOL } from '../net/ip-protocol.js';
import { type Conversation, type PacketSeries, sliceSeries, spanNs } from '../packets/packet-series.js';
import type { Target } from '../series/target.js';

export interface TrainOptions {
  /** A kind of the registry. */
  readonly kind: string;
  /** Share of each series, its end, that is left out. */
  readonly holdout: number;
  /** Stores captured addresses in the model. */
  readonly keepAddresses: boolean;
  /** For the record. */
  readonly payloadOnly: boolean;
  /** Options of the kind. What is left out has its default. */
  readonly fit?: Readonly<Record<string, unknown>> | undefined;
  /** A model to start from, of the same kind. */
  readonly start?: FitStart | undefined;
}

/** What a table, which tells nothing of protocols, is generated as: UDP to the discard port (RFC 863). */
const TABLE_PROFILE: TargetProfile = {
  kind: 'series',
  ipVersion: 4,
  protocol: IP_PROTOCOL.udp,
  localPort: 49_152,
  peerPort: 9,
  addresses: null,
};

/**
 * Trains a model.
 *
 * @param target what the series belong to; undefined for tables
 * @throws SynthError `SYNTH_TRAINING_FAILED` if nothing is left to learn from, and as the kind of model does
 */
export async function train(
  series: readonly PacketSeries[],
  target: Target | undefined,
  options: TrainOptions,
  hooks: FitHooks = {},
): Promise<TrainedModel> {
  const kind = modelKinds.get(options.kind);
  if (kind === undefined) throw new SynthError('SYNTH_USAGE', `there is no model “${options.kind}”`);
  const fitOptions = resolveOptions(kind, options.fit, options.start?.how);
  const parts = series
    .map((whole) => sliceSeries(whole, 0, Math.floor(whole.length * (1 - options.holdout))))
    .filter(({ length }) => length > 0);
  if (parts.length === 0) {
    throw new SynthError('SYNTH_TRAINING_FAILED', 'no packets are left to learn from', {
      hint: 'Hold out a smaller share, or give a longer capture.',
    });
  }
  const model = await (options.start && kind.fitFrom
    ? kind.fitFrom(options.start, parts, fitOptions, hooks)
    : kind.fit(parts, fitOptions, hooks));
  const packets = parts.reduce((sum, { length }) => sum + length, 0);
  return {
    model,
    profile: profileOf(series, target, options.keepAddresses),
    conversations:
      target && learnConversations(parts, { keepAddresses: options.keepAddresses, keepPorts: target.kind === 'flow' }),
    training: {
      series: parts.length,
      packets,
      outboundPackets: parts.reduce((sum, { outbound }) => sum + outbound.reduce((count, one) => count + one, 0), 0),
      spanSeconds: parts.reduce((sum, part) => sum + spanNs(part), 0) / 1e9,
      holdout: options.holdout,
      payloadOnly: options.payloadOnly,
    },
  };
}

/** The busiest conversation stands for all of them. */
function profileOf(series: readonly PacketSeries[], target: Target | undefined, keepAddresses: boolean): TargetProfile {
  const conversations = series.flatMap(({ conversations }) => conversations);
  if (target === undefined || conversations.length === 0) return TABLE_PROFILE;
  const { ipVersion, protocol, local, peer } = conversations.reduce((a: Conversation, b) =>
    b.packets > a.packets ? b : a,
  );
  const isMac = target.kind === 'device' && target.address.family === 'mac';
  return {
    kind: target.kind,
    ipVersion,
    protocol,
    localPort: local.port ?? null,
    peerPort: peer.port ?? null,
    addresses: keepAddresses
      ? {
          local: formatAddress(local.address),
          peer: formatAddress(peer.address),
          localMac: isMac ? formatAddress(target.address) : null,
        }
      : null,
  };
}
