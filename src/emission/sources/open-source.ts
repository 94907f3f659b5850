/**
 * @module
 * From what shall be sent, and through what, to the source that does it.
 */

import type { CaptureInput } from '../../capture/capture-file.js';
import type { TransportSpec } from '../../host/transport-spec.js';
import type { LoadedModel } from '../../model-files/model-file.js';
import { busiestDevice } from '../../series/load.js';
import type { Target } from '../../series/target.js';
import { FramePart } from './capture-frames.js';
import { IpPart } from './capture-packets.js';
import { PayloadPart, type SocketKind } from './capture-payloads.js';
import { CaptureSource } from './capture-source.js';
import { ModelFrames, type ModelFramesOptions } from './model-frames.js';
import { ModelMessages, type ModelMessagesOptions } from './model-messages.js';
import type { PacketPart } from './packet-part.js';
import type { Directions, PacketSource } from './source.js';

export interface ModelInput extends Omit<ModelFramesOptions, 'directions' | 'linkHeader'> {
  readonly kind: 'model';
  readonly file: LoadedModel;
  /** As in `ModelMessagesOptions`; frames are those of a generated capture, and not spread. */
  readonly spreadNs: ModelMessagesOptions['spreadNs'];
}

export interface CapturesInput {
  readonly kind: 'captures';
  /** Merged by time. */
  readonly inputs: readonly CaptureInput[];
  /** Undefined for all packets; or, where they need a direction or an end, for those of the busiest device. */
  readonly target: Target | undefined;
}

export interface SourceOptions {
  readonly transport: TransportSpec['kind'];
  /** Of the packets that a socket makes. */
  readonly ipVersion: 4 | 6;
  readonly directions: Directions;
  readonly signal?: AbortSignal | undefined;
}

export interface OpenedSource {
  readonly source: PacketSource;
  /** Whose packets are sent; undefined for all, and for models. */
  readonly target: Target | undefined;
  /** True if the target was not named, and the busiest device was taken. */
  readonly busiestTaken: boolean;
}

/** @throws SynthError as the sources do; `SYNTH_TARGET_NOT_FOUND` and what reading throws, where the busiest device is looked for */
export async function openSource(input: ModelInput | CapturesInput, options: SourceOptions): Promise<OpenedSource> {
  if (input.kind === 'model') return { source: openModel(input, options), target: undefined, busiestTaken: false };
  const { inputs } = input;
  const { transport, directions, signal } = options;
  const part = partFor(transport);
  const needsTarget = part instanceof PayloadPart || directions !== 'both';
  const target = input.target ?? (needsTarget ? await busiestDevice(inputs, { signal }) : undefined);
  const source = new CaptureSource(inputs, part, { target, directions });
  return { source, target, busiestTaken: target !== input.target };
}

function openModel(input: ModelInput, { transport, ipVersion, directions }: SourceOptions): PacketSource {
  const { file } = input;
  if (transport === 'frames' || transport === 'raw') {
    return new ModelFrames(file, { ...input, directions, linkHeader: transport === 'frames' });
  }
  return new ModelMessages(file, { ...input, directions, ipVersion, socket: socketOf(transport) });
}

function partFor(transport: TransportSpec['kind']): PacketPart {
  if (transport === 'frames') return new FramePart();
  return transport === 'raw' ? new IpPart() : new PayloadPart(socketOf(transport));
}

const socketOf = (transport: 'udp' | 'tcp' | 'tls' | 'unix'): SocketKind =>
  transport === 'udp' ? 'datagrams' : 'stream';
