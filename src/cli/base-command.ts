/**
 * @module
 * What all commands share: `--json` with a schema version, errors with their exit codes, Ctrl-C, notes on standard error.
 */
import { stripVTControlCharacters } from 'node:util';
import { Command } from '@oclif/core';
import { SynthError, throwIfInterrupted } from '../errors.js';
import { type OutputOptions, requireWritable, writeOutput } from '../output-file.js';
import { renderForCommandLine } from './option-flags.js';
import { type Progress, startProgress } from './progress.js';

/** Raised when a field of the `--json` output is renamed or removed. */
export const JSON_SCHEMA_VERSION = 1;

/** Ctrl-C, a polite kill, the end of the terminal. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export abstract class BaseCommand extends Command {
  static override enableJsonFlag = true;

  readonly #interrupt = new AbortController();
  readonly #onSignal = (): void => {
    // A second signal ends the process at once; what is temporary is removed at the exit.
    if (this.signal.aborted) process.exit(130);
    this.#interrupt.abort();
  };

  /** Aborted by Ctrl-C, SIGTERM and the end of the terminal. */
  protected get signal(): AbortSignal {
    return this.#interrupt.signal;
  }

  override async init(): Promise<void> {
    await super.init();
    for (const signal of SIGNALS) process.on(signal, this.#onSignal);
  }

  override async finally(error: Error | undefined): Promise<unknown> {
    for (const signal of SIGNALS) process.off(signal, this.#onSignal);
    return super.finally(error);
  }

  /** A line for people on standard error, where data never goes. */
  protected note(text: string): void {
    process.stderr.write(`${text}\n`);
  }

  /** Standard output takes either data or `--json`. @throws SynthError `SYNTH_USAGE` */
  protected requireOneStdout(out: string, flag = '--out'): void {
    if (out !== '-' || !this.jsonEnabled()) return;
    throw new SynthError('SYNTH_USAGE', `--json and ${flag} - both want standard output`, {
      hint: `Name a file with ${flag}.`,
    });
  }

  /** Asked before the work: nobody should wait and then hear that the file exists. @throws SynthError as `requireWritable` does */
  protected async requireReport(path: string | undefined, options: OutputOptions): Promise<void> {
    if (path === undefined) return;
    this.requireOneStdout(path, '--report');
    if (path !== '-') await requireWritable(path, options);
  }

  /** @throws SynthError `SYNTH_INTERRUPTED` if that came while the page was made, and as `writeOutput` does */
  protected async writeReport(path: string, page: string, options: OutputOptions): Promise<void> {
    throwIfInterrupted(this.signal, 'drawing the report');
    await writeOutput(path, new TextEncoder().encode(page), options);
    if (path !== '-') this.note(`Report written to ${path}`);
  }

  protected progress(task: string): Progress {
    return startProgress(task, !this.jsonEnabled());
  }

  /** An end that is no success, such as a threshold that was not reached: the result is printed all the same. */
  protected failWithResult(error: SynthError): void {
    const { message, hint } = renderForCommandLine(error);
    this.note(`Error: ${message} [${error.code}]`);
    if (hint) this.note(`  ${hint}`);
    process.exitCode = error.exitCode;
  }

  /** Tells what the readers had to cope with. */
  protected noteWarnings({ warnings }: { readonly warnings: readonly { readonly message: string }[] }): void {
    for (const { message } of warnings) this.note(`Warning: ${message}`);
  }

  protected override toSuccessJson(result: unknown): unknown {
    return { schemaVersion: JSON_SCHEMA_VERSION, ...(result as object) };
  }

  protected override toErrorJson(error: unknown): unknown {
    return errorJson(error);
  }

  protected override async catch(error: Error & { exitCode?: number }): Promise<unknown> {
    if (!this.jsonEnabled()) throw error;
    process.exitCode = exitCodeOf(error);
    this.logJson(this.toErrorJson(error));
    return undefined;
  }
}

/** What `--json` gives in place of a result. */
export function errorJson(error: unknown) {
  const known = error instanceof SynthError;
  const { message, hint } = known
    ? renderForCommandLine(error)
    : { message: (error as Error).message, hint: undefined };
  return {
    schemaVersion: JSON_SCHEMA_VERSION,
    error: {
      code: known ? error.code : isUsageError(error) ? 'SYNTH_USAGE' : 'SYNTH_BUG',
      message: stripVTControlCharacters(message),
      hint,
    },
  };
}

interface OclifError {
  readonly oclif: { readonly exit?: number };
}

function isOclifError(error: unknown): error is OclifError {
  return typeof error === 'object' && error !== null && 'oclif' in error && typeof error.oclif === 'object';
}

/** A mistake on the command line that oclif found. */
export function isUsageError(error: unknown): boolean {
  return isOclifError(error) && error.oclif.exit !== 0;
}

/** See “Exit codes” in the README. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof SynthError) return error.exitCode;
  // Whatever number a plugin of oclif has for it (127 for an unknown command): a mistake on the command line.
  return isOclifError(error) ? (error.oclif.exit === 0 ? 0 : 2) : 1;
}
