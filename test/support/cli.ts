/**
 * Runs the built command as a user does. `npm test` builds it first.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { fixture, projectRoot } from './peers.js';

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
  /** Standard input stays open, like a pipe into which nobody writes any more. */
  readonly idleStdin?: boolean;
  readonly environment?: Readonly<Record<string, string>>;
  /** Sends the signals, at once, when the time has passed. */
  readonly signalAfterMs?: number;
  /** Sends the signals, at once, when this has come on standard error. */
  readonly signalOn?: RegExp;
  /** Default: one SIGINT. */
  readonly signals?: readonly NodeJS.Signals[];
}

/** Runs any program to its end. */
export function runProgram(program: string, args: readonly string[], options: RunOptions): Promise<Finished> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd: options.cwd, env: { ...process.env, ...options.environment } });
    const stdout: Buffer[] = [];
    let stderr = '';
    child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
    const { signalAfterMs, signalOn, signals = ['SIGINT'] } = options;
    const send = () => {
      for (const signal of signals) child.kill(signal);
    };
    let awaited = signalOn;
    child.stderr.on('data', (chunk: Buffer) => {
      stderr += chunk.toString();
      if (!awaited?.test(stderr)) return;
      awaited = undefined;
      send();
    });
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout: Buffer.concat(stdout), stderr }));
    child.stdin.on('error', () => {});
    child.stdin.write(options.stdin ?? new Uint8Array(0));
    if (!options.idleStdin) child.stdin.end();
    if (signalAfterMs !== undefined) setTimeout(send, signalAfterMs);
  });
}

export const synth = (args: readonly string[], options: RunOptions): Promise<Finished> =>
  runProgram(process.execPath, [synthBin, ...args], options);

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
