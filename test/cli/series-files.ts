/** Commands that write one file or a series of files, and what stands in their folder. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { synthJson, workFolder } from '../support/cli.js';

export interface ListedFile {
  readonly path: string;
  readonly packets: number;
  readonly fileBytes: number;
  readonly firstTime: string;
  readonly lastTime: string;
  readonly kept: boolean;
}

export interface WrittenFiles {
  readonly packets: number;
  readonly leftover?: string;
  readonly files: readonly ListedFile[];
}

/** A folder with the embedded capture, for the tests of a file. */
export function filesFolder() {
  const cwd = workFolder();
  return {
    cwd,
    read: (name: string) => readFileSync(join(cwd, name)),
    named: (pattern: RegExp) =>
      readdirSync(cwd)
        .filter((name) => pattern.test(name))
        .sort(),
    run: async (...args: readonly string[]) => (await synthJson(args, { cwd })) as unknown as WrittenFiles,
  };
}

export const GENERATE = ['generate', '-n', '20000', '--seed', '42'];

/** The packets that `GENERATE` asks for, and what TCP needs beside them. */
export const framesOf = ({ packets, forcedFrames }: Record<string, unknown>): number => {
  expect(packets).toBe(20_000);
  return 20_000 + Number(forcedFrames);
};
