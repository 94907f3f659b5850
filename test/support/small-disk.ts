/** A file system that fills up. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'vitest';

export interface SmallDisk {
  readonly folder: string;
  /** Makes room. */
  resize(size: string): void;
}

const mount = (...args: readonly string[]) => spawnSync('mount', args, { encoding: 'utf8' });

/** A test with a tmpfs of its own, `1m` for example; skipped where mounting is not permitted, which takes root on Linux. */
export function testWithSmallDisk(size: string, name: string, body: (disk: SmallDisk) => Promise<void>): void {
  test(name, async (context: TestContext) => {
    const folder = mkdtempSync(join(tmpdir(), 'synth-disk-'));
    const { status, stderr, error } = mount('-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', folder);
    try {
      if (status !== 0) {
        const reason = `no tmpfs can be mounted: ${error?.message ?? stderr.trim()}`;
        if (process.env['SYNTH_REQUIRE_PEERS']) throw new Error(reason);
        context.skip(reason);
      }
      await body({ folder, resize: (to) => void mount('-o', `remount,size=${to}`, folder) });
    } finally {
      if (status === 0) spawnSync('umount', [folder]);
      rmdirSync(folder);
    }
  });
}
