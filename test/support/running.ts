/** Commands that are looked at, or ended, while they run. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type Finished, synthBin } from './cli.js';

export interface Running {
  /** Resolves when this has come on standard error. Rejects if the program ends without it. */
  said(what: RegExp): Promise<RegExpExecArray>;
  signal(name: NodeJS.Signals): void;
  readonly finished: Promise<Finished>;
  /** Ends it, if it still runs. */
  stop(): Promise<void>;
}

/** @param program with its arguments */
export function startProgram([program, ...args]: readonly [string, ...string[]], cwd: string): Running {
  const child = spawn(program, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  const stdout: Buffer[] = [];
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const finished = once(child, 'close').then(
    ([code]): Finished => ({ code: code as number | null, stdout: Buffer.concat(stdout), stderr }), // what 'close' tells
  );
  return {
    said: (what) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const found = what.exec(stderr);
          if (found === null) return;
          child.stderr.off('data', look);
          resolve(found);
        };
        child.stderr.on('data', look);
        finished.then(() => reject(new Error(`it has ended without ${what}: ${stderr}`)), reject);
        look();
      }),
    signal: (name) => void child.kill(name),
    finished,
    async stop() {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
      await finished;
    },
  };
}

export const startSynth = (args: readonly string[], cwd: string): Running =>
  startProgram([process.execPath, synthBin, ...args], cwd);
