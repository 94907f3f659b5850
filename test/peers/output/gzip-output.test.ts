import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished } from 'vitest';
import { openNamedOutput } from '../../../src/output/gzip-output.js';
import { CHUNKS, writeAll } from '../../output/chunks.js';
import { runPeerToExit, testWithPeers } from '../../support/peers.js';

describe('an output whose name ends in .gz', () => {
  testWithPeers(['gzip'], 'is a gzip file in which gzip finds no fault', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'synth-gzip-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const path = join(folder, 'out.gz');
    await writeAll(await openNamedOutput(path, { force: false, inputs: [] }), CHUNKS);
    expect(runPeerToExit('gzip', ['-t', path]).status).toBe(0);
  });
});
