/**
 * @module
 * What generated packets carry, by the name that users give it.
 */
import type { Random } from '../../random.js';
import type { PayloadSource } from '../payload-stream.js';
import { FilePayload, readPayloadFile } from './file-payload.js';
import { PATTERN_SOURCE, ZEROS_SOURCE } from './pattern.js';
import { ProtocolPayload } from './protocol-payload.js';
import { RandomPayload } from './random-payload.js';

export const PAYLOAD_KINDS = ['pattern', 'zeros', 'random', 'protocol'] as const;
export type PayloadKind = (typeof PAYLOAD_KINDS)[number];

/** One of the kinds, or the bytes of a file. */
export type PayloadChoice = PayloadKind | { readonly file: string };

export function createPayloadSource(kind: PayloadKind, random: Random): PayloadSource {
  switch (kind) {
    case 'pattern':
      return PATTERN_SOURCE;
    case 'zeros':
      return ZEROS_SOURCE;
    case 'random':
      return new RandomPayload(random);
    case 'protocol':
      return new ProtocolPayload(random);
  }
}

/** @throws SynthError `SYNTH_FILE_UNREADABLE` */
export async function openPayloadSource(choice: PayloadChoice, random: Random): Promise<PayloadSource> {
  if (typeof choice === 'string') return createPayloadSource(choice, random);
  return new FilePayload(await readPayloadFile(choice.file));
}
