/**
 * Runs the built command: in this process, which takes no time to start, or in one of its own, as a user does. The build is
 * that of the sources as they are: `build.ts` sees to it.
 */
import { spawn } from 'node:child_process';
import { Console } from 'node:console';
import { createHash } from 'node:crypto';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pathToFileURL } from 'node:url';
import { parse } from 'shell-quote';
import { afterAll } from 'vitest';
import { fixture, projectRoot } from './files.js';

/** The video doorbell of the embedded capture. */
export const DEVICE = '02:00:00:00:00:17';

export const synthBin = join(projectRoot, 'bin', 'synth.js');

export interface Finished {
  readonly code: number | null;
  readonly stdout: Buffer;
  readonly stderr: string;
}

export interface RunOptions {
  readonly cwd: string;
  readonly stdin?: Uint8Array;
  readonly environment?: Readonly<Record<string, string>>;
}

export interface ProcessOptions extends RunOptions {
  /** Standard input stays open after `stdin`, like a pipe into which nothing more is written. */
  readonly idleStdin?: boolean;
  /** Sends the signals, at once, when this becomes true. It is asked again and again, with what has come on standard error. */
  readonly signalWhen?: (progress: Progress) => boolean;
  /** Default: one SIGINT. */
  readonly signals?: readonly NodeJS.Signals[];
}

export interface Progress {
  readonly stderr: string;
  /** Bytes of `stdin` that are neither read nor in the buffer of the pipe. */
  readonly unreadBytes: number;
}

const LOOK_MS = 20;

/** Runs any program to its end. */
export function runProgram(program: string, args: readonly string[], options: ProcessOptions): Promise<Finished> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd: options.cwd, env: { ...process.env, ...options.environment } });
    const stdout: Buffer[] = [];
    let stderr = '';
    child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => {
      stderr += chunk.toString();
    });
    const { signalWhen, signals = ['SIGINT'] } = options;
    const look =
      signalWhen &&
      setInterval(() => {
        if (!signalWhen({ stderr, unreadBytes: child.stdin.writableLength })) return;
        clearInterval(look);
        for (const signal of signals) child.kill(signal);
      }, LOOK_MS);
    child.on('error', reject);
    child.on('close', (code) => {
      clearInterval(look);
      resolve({ code, stdout: Buffer.concat(stdout), stderr });
    });
    child.stdin.on('error', () => {});
    child.stdin.write(options.stdin ?? new Uint8Array(0));
    if (!options.idleStdin) child.stdin.end();
  });
}

/** Runs the command in a process of its own: for signals, standard input, the environment, and how a process ends. */
export const synthProcess = (args: readonly string[], options: ProcessOptions): Promise<Finished> =>
  runProgram(process.execPath, [synthBin, ...args], options);

let last: Promise<unknown> = Promise.resolve();

/** Runs the command in this process, as its main function does. One after the other: they share the folder and the streams. */
export function synth(args: readonly string[], options: RunOptions): Promise<Finished> {
  const run = last.then(() => runHere(args, options));
  last = run.catch(() => {});
  return run;
}

async function runHere(args: readonly string[], { cwd, stdin, environment = {} }: RunOptions): Promise<Finished> {
  const { runCommandLine } = (await import(
    pathToFileURL(join(projectRoot, 'dist/src/cli/main.js')).href
  )) as typeof import('../../src/cli/main.js'); // built from it
  const before = { cwd: process.cwd(), exitCode: process.exitCode, env: process.env, console: globalThis.console };
  const [stdout, stderr] = [capture(process.stdout), capture(process.stderr)];
  globalThis.console = new Console(process.stdout, process.stderr); // that of vitest writes elsewhere
  const realStdin = Object.getOwnPropertyDescriptor(process, 'stdin')!;
  Object.defineProperty(process, 'stdin', { value: Readable.from(stdin ? [stdin] : []), configurable: true });
  process.env = { ...before.env, ...environment };
  process.exitCode = undefined;
  process.chdir(cwd);
  try {
    await runCommandLine(args);
    return { code: Number(process.exitCode ?? 0), stdout: stdout.bytes(), stderr: stderr.bytes().toString() };
  } finally {
    process.chdir(before.cwd);
    process.exitCode = before.exitCode;
    process.env = before.env;
    globalThis.console = before.console;
    Object.defineProperty(process, 'stdin', realStdin);
    stdout.restore();
    stderr.restore();
  }
}

/** Runs a line that documents show: in this process where it is one synth command and nothing else, else in a shell. */
export function synthLine(line: string, options: RunOptions): Promise<Finished> {
  const [program, ...args] = parse(line);
  const isPlain = !line.includes('$') && args.every((one) => typeof one === 'string');
  if (program === 'synth' && isPlain) return synth(args, options);
  const command = line.replace(/\bsynth /g, `"${process.execPath}" "${synthBin}" `);
  return runProgram('sh', ['-c', command], options);
}

/** Takes what is written to a stream of the process in place of it. */
function capture(stream: NodeJS.WriteStream): { bytes(): Buffer; restore(): void } {
  const chunks: Buffer[] = [];
  const { write } = stream;
  stream.write = ((chunk: Uint8Array | string, ...rest: unknown[]) => {
    chunks.push(Buffer.from(chunk as Uint8Array)); // of a string too
    const done = rest.find((one) => typeof one === 'function') as (() => void) | undefined;
    if (done) queueMicrotask(done);
    return true;
  }) as typeof write;
  return {
    bytes: () => Buffer.concat(chunks),
    restore() {
      stream.write = write;
    },
  };
}

export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** A folder with the embedded capture as capture.pcap, gone after the tests of the file. */
export function workFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'synth-test-'));
  copyFileSync(fixture('doorbell/doorbell.pcap'), join(folder, 'capture.pcap'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** The `--json` output of a command that succeeds. */
export async function synthJson(args: readonly string[], options: RunOptions): Promise<Record<string, unknown>> {
  const { code, stdout, stderr } = await synth([...args, '--json'], options);
  if (code !== 0) throw new Error(`synth ${args.join(' ')} ended with ${code}: ${stderr}${stdout.toString()}`);
  return JSON.parse(stdout.toString()) as Record<string, unknown>;
}
