/**
 * @module
 * The entry of the command line: runs oclif, and turns what goes wrong into a message and an exit code.
 */
import { run } from '@oclif/core';
import { describeSystemError, SynthError } from '../errors.js';
import { isBrokenPipe } from '../output-file.js';
import { errorJson, exitCodeOf, isUsageError } from './base-command.js';
import { renderForCommandLine } from './option-flags.js';

/** Runs the command that the process was started with and sets its exit code. Called once in a process. */
export async function main(): Promise<void> {
  // A reader such as head may leave before everything is written: that ends the work, and is no mistake.
  // Before the listener of oclif, which throws.
  process.stdout.prependListener('error', (error) => {
    if (isBrokenPipe(error)) process.exit(0);
    const { code, exitCode } = new SynthError('SYNTH_OUTPUT_FAILED', '');
    process.stderr.write(`Error: standard output: cannot be written: ${describeSystemError(error)} [${code}]\n`);
    process.exit(exitCode);
  });
  // Without a reader of the messages the work goes on: nobody can be told, and nothing else is wrong.
  process.stderr.on('error', () => {});
  await runCommandLine(process.argv.slice(2));
}

/** Runs one command, reports its error and sets `process.exitCode`. A process may run several, one after the other. */
export async function runCommandLine(args: readonly string[]): Promise<void> {
  try {
    await run([...args], import.meta.url);
  } catch (error) {
    if (isBrokenPipe(error)) process.exit(0);
    process.exitCode = exitCodeOf(error);
    report(error, args);
  }
}

function report(error: unknown, args: readonly string[]): void {
  // A command answers --json itself; what comes here is from before there was one.
  const end = args.indexOf('--');
  if ((end < 0 ? args : args.slice(0, end)).includes('--json') && process.exitCode !== 0) {
    process.stdout.write(`${JSON.stringify(errorJson(error), null, 2)}\n`);
    return;
  }
  if (error instanceof SynthError) {
    const { message, hint } = renderForCommandLine(error);
    process.stderr.write(`Error: ${message} [${error.code}]\n`);
    if (hint) process.stderr.write(`  ${hint}\n`);
  } else if (isUsageError(error)) {
    process.stderr.write(`Error: ${(error as Error).message} [SYNTH_USAGE]\n`);
  } else if (process.exitCode !== 0) {
    const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
    process.stderr.write(
      `This is a bug in synth. Please report it with the command you ran and this text:\n${detail}\n`,
    );
  }
}
