/**
 * @module
 * The one error of the project. Every mistake that a user can make, or meet in a file, is a `SynthError` with a stable code;
 * anything else that reaches the command line is a bug. Messages and hints name options as the API does; src/cli makes flags of them.
 */
import { apiText, type OptionName, optionsIn, type Wording } from './wording.js';

/** Every error code and the exit code of the command that ends with it. */
const EXIT_CODES = {
  SYNTH_USAGE: 2,
  SYNTH_TARGET_INVALID: 2,
  SYNTH_OUTPUT_EXISTS: 2,
  SYNTH_TARGET_NOT_ALLOWED: 2,
  SYNTH_SCENARIO_INVALID: 2,
  SYNTH_FILE_UNREADABLE: 3,
  SYNTH_CAPTURE_FORMAT: 3,
  SYNTH_CAPTURE_TRUNCATED: 3,
  SYNTH_CAPTURE_DAMAGED: 3,
  SYNTH_CAPTURE_LINK_TYPE: 3,
  SYNTH_CAPTURE_COMPRESSION: 3,
  SYNTH_CAPTURE_EMPTY: 3,
  SYNTH_SERIES_INVALID: 3,
  SYNTH_TARGET_NOT_FOUND: 3,
  SYNTH_NOTHING_TO_SEND: 3,
  SYNTH_EVALUATION_IMPOSSIBLE: 3,
  SYNTH_MODEL_INVALID: 4,
  SYNTH_TRAINING_FAILED: 4,
  SYNTH_OUTPUT_FAILED: 5,
  SYNTH_TARGET_UNREACHABLE: 5,
  SYNTH_SYSTEM_LIMIT: 5,
  SYNTH_DELIVERY_FAILED: 5,
  SYNTH_NOTHING_RECEIVED: 5,
  SYNTH_GENERATOR_BOUND: 6,
  SYNTH_THRESHOLD_FAILED: 99,
  SYNTH_INTERRUPTED: 130,
} as const;

export type SynthErrorCode = keyof typeof EXIT_CODES;

export interface SynthErrorOptions {
  /** What the user can do about it: one sentence. */
  readonly hint?: Wording;
  readonly cause?: unknown;
}

export class SynthError extends Error {
  override readonly name = 'SynthError';
  readonly code: SynthErrorCode;
  readonly exitCode: number;
  readonly hint: string | undefined;
  // Private, so that a printed error does not show its text twice.
  readonly #wording: Wording;
  readonly #hintWording: Wording | undefined;

  /**
   * @param code stable name of the kind of error
   * @param message what is wrong, and where (file, offset, field)
   */
  constructor(code: SynthErrorCode, message: Wording, options: SynthErrorOptions = {}) {
    super(apiText(message), options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.exitCode = EXIT_CODES[code];
    this.hint = options.hint && apiText(options.hint);
    this.#wording = message;
    this.#hintWording = options.hint;
  }

  /** `message` with the options that it names kept apart from its text; for errors made of this one, and for the command line. */
  get wording(): Wording {
    return this.#wording;
  }

  /** The same of `hint`. */
  get hintWording(): Wording | undefined {
    return this.#hintWording;
  }

  /** API names of the options that message and hint name, in order. */
  get options(): readonly OptionName[] {
    return [...new Set([this.#wording, this.#hintWording ?? []].flatMap(optionsIn))];
  }
}

/** @param what was being done, for the message. @throws SynthError `SYNTH_INTERRUPTED` once the signal is aborted */
export function throwIfInterrupted(signal: AbortSignal | undefined, what: string): void {
  if (signal?.aborted) throw new SynthError('SYNTH_INTERRUPTED', `interrupted while ${what}`);
}

const SYSTEM_REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'no such file or directory',
  EACCES: 'permission denied',
  EPERM: 'operation not permitted',
  EISDIR: 'is a directory',
  ENOTDIR: 'a part of the path is not a directory',
  ENOSPC: 'no space left on the device',
  EDQUOT: 'disk quota exceeded',
  EROFS: 'the file system is read-only',
  EMFILE: 'too many open files',
  EFBIG: 'file too large',
  EPIPE: 'the reader has gone',
};

/** The `code` of a Node.js system error (`ENOENT` …), or undefined for any other value. */
export function systemErrorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

/** A system error in plain words, for use inside a message. */
export function describeSystemError(error: unknown): string {
  const code = systemErrorCode(error);
  return (code && SYSTEM_REASONS[code]) || (error instanceof Error ? error.message : String(error));
}
