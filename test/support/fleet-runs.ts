/** Runs of `synth fleet run` in processes of their own, so that several can run at the same time. */
import { join } from 'node:path';
import { expect } from 'vitest';
import { synthProcess } from './cli.js';
import { projectRoot } from './files.js';

export interface Summary {
  readonly seed: string;
  readonly verdict: string;
  readonly total: { readonly devices: number; readonly counts: Readonly<Record<string, number>> };
  readonly groups: readonly { readonly name: string; readonly counts: Readonly<Record<string, number>> }[];
  readonly thresholds: readonly { readonly passed: boolean }[];
}

type Environment = Readonly<Record<string, string>>;

/** A scenario that ships with the project. */
export const example = (name: string): string => join(projectRoot, 'examples', `${name}.yaml`);

/** What `--json` prints of a run that was no failure; on a busy machine it may be behind its plan, and then miss the fidelity that its scenario asks for. */
export async function runFleet(args: readonly string[], cwd: string, environment: Environment): Promise<Summary> {
  const { code, stdout, stderr } = await synthProcess(['fleet', 'run', ...args, '--json'], { cwd, environment });
  const summary = [0, 6, 99].includes(code ?? -1) ? (JSON.parse(stdout.toString()) as Summary) : undefined; // what the flag prints
  const isWhole = code !== 99 || summary?.verdict === 'generator-bound';
  if (summary === undefined || !isWhole) throw new Error(`it ended with ${code}: ${stderr}`);
  return summary;
}

export const runExample = (name: string, cwd: string, environment: Environment): Promise<Summary> =>
  runFleet([example(name), '--seed', '1'], cwd, environment);

/** Everything that was planned has come to a good end. */
export function expectWhole({ counts }: Summary['total']): void {
  expect(counts).toMatchObject({ failed: 0, dropped: 0, unfinished: 0, lost: 0, refused: 0, up: 0 });
  expect(counts['planned']).toBeGreaterThan(0);
  expect(counts['acknowledged']).toBe(counts['planned']);
  expect(counts['sent']).toBe(counts['planned']);
}
