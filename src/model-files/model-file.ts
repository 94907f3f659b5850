/**
 * @module
 * A model as a file: the tensors of its kind, and as JSON in the metadata everything else. docs/model-format.md describes it.
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { modelKinds } from '../../models/registry.js';
import type { TrafficModel } from '../../models/traffic-model.js';
import {
  type Conversations,
  conversationsSchema,
  loadConversations,
  saveConversations,
} from '../conversations/records.js';
import { SynthError } from '../errors.js';
import { decodeSafetensors, encodeSafetensors, requireModel, TensorReader } from '../tensors.js';
import { packageVersion } from '../version.js';
import { action, wording } from '../wording.js';

export const MODEL_FORMAT = 'synth-model';
export const MODEL_FORMAT_VERSION = 1;

const port = z.int().min(0).max(65_535).nullable();

/** What was modelled, as far as generated packets need to know. */
const profileSchema = z.object({
  kind: z.enum(['device', 'flow', 'series']),
  ipVersion: z.union([z.literal(4), z.literal(6)]),
  /** IP protocol number of its busiest conversation. */
  protocol: z.int().min(0).max(255),
  localPort: port,
  peerPort: port,
  /** Captured addresses; null unless the user asked to keep them. */
  addresses: z.object({ local: z.string(), peer: z.string(), localMac: z.string().nullable() }).nullable(),
});
export type TargetProfile = z.infer<typeof profileSchema>;

const trainingSchema = z.object({
  series: z.int().positive(),
  packets: z.int().positive(),
  outboundPackets: z.int().nonnegative(),
  spanSeconds: z.number().nonnegative(),
  /** Share of each series, its end, that was left out of training altogether. */
  holdout: z.number().min(0).lt(1),
  payloadOnly: z.boolean(),
});
export type TrainingRecord = z.infer<typeof trainingSchema>;

export interface TrainedModel {
  readonly model: TrafficModel;
  readonly profile: TargetProfile;
  readonly training: TrainingRecord;
  /** Undefined where nothing is known of them: the series came from tables. */
  readonly conversations: Conversations | undefined;
}

export interface LoadedModel extends TrainedModel {
  /** SHA-256 of the file, in hex. */
  readonly hash: string;
  /** Of the synth that made it. */
  readonly packageVersion: string;
}

export function encodeModelFile({ model, profile, training, conversations }: TrainedModel): Uint8Array {
  const { tensors, summary } = model.save();
  const learned = conversations && saveConversations(conversations);
  return encodeSafetensors(new Map([...tensors, ...(learned?.tensors ?? [])]), {
    format: MODEL_FORMAT,
    format_version: String(MODEL_FORMAT_VERSION),
    kind: model.kind,
    package_version: packageVersion,
    profile: JSON.stringify(profile),
    training: JSON.stringify(training),
    summary: JSON.stringify(summary),
    ...(learned && { conversations: JSON.stringify(learned.summary) }),
  });
}

/**
 * @param name for messages
 * @throws SynthError `SYNTH_MODEL_INVALID` for anything that is not a whole and consistent model
 */
export async function decodeModelFile(name: string, file: Uint8Array): Promise<LoadedModel> {
  try {
    const { tensors, metadata } = decodeSafetensors(file);
    requireModel(metadata['format'] === MODEL_FORMAT, 'is a safetensors file, but not one of synth');
    const version = metadata['format_version'];
    requireModel(
      version === String(MODEL_FORMAT_VERSION),
      `has format version ${version}; this synth reads version ${MODEL_FORMAT_VERSION}`,
    );
    const profile = parseMetadata(metadata, 'profile', profileSchema);
    const training = parseMetadata(metadata, 'training', trainingSchema);
    const summary = parseMetadata(metadata, 'summary', z.record(z.string(), z.unknown()));
    const kind = modelKinds.get(metadata['kind'] ?? '');
    requireModel(kind !== undefined, `has the unknown kind “${metadata['kind']}”`);
    const model = await kind.load({ tensors, summary });
    const conversations =
      metadata['conversations'] === undefined
        ? undefined
        : loadConversations(parseMetadata(metadata, 'conversations', conversationsSchema), new TensorReader(tensors));
    return {
      model,
      profile,
      training,
      conversations,
      hash: createHash('sha256').update(file).digest('hex'),
      packageVersion: metadata['package_version'] ?? 'unknown',
    };
  } catch (error) {
    if (!(error instanceof SynthError)) throw error;
    throw new SynthError(error.code, `${name}: ${error.message}`, {
      cause: error.cause,
      hint: wording`Make a model with: ${action('trainModel')}`,
    });
  }
}

function parseMetadata<T>(metadata: Readonly<Record<string, string>>, key: string, schema: z.ZodType<T>): T {
  let value: unknown;
  try {
    value = JSON.parse(metadata[key] ?? '');
  } catch {
    value = undefined;
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const where = issue && issue.path.length > 0 ? ` (${issue.path.join('.')})` : '';
  throw new SynthError('SYNTH_MODEL_INVALID', `has unusable metadata “${key}”${where}`, { cause: parsed.error });
}
