/**
 * @module
 * Errors on their way from a thread to the main one, which no longer knows their classes.
 */
import { SynthError, type SynthErrorCode } from './errors.js';
import { apiText, type Wording } from './wording.js';

export interface ThreadError {
  readonly kind: 'error';
  readonly message: Wording;
  /** Of a SynthError; without one it is a bug, and `message` has its stack. */
  readonly code: SynthErrorCode | undefined;
  readonly hint: Wording | undefined;
}

/** In the thread. */
export function toThreadError(error: unknown): ThreadError {
  if (error instanceof SynthError) {
    return { kind: 'error', message: error.wording, code: error.code, hint: error.hintWording };
  }
  const { message, stack } = error as Error; // nothing else is thrown
  return { kind: 'error', message: stack ?? message, code: undefined, hint: undefined };
}

/** In the main one. */
export function fromThreadError({ message, code, hint }: ThreadError): Error {
  if (code === undefined) return new Error(apiText(message));
  return new SynthError(code, message, hint === undefined ? {} : { hint });
}
