// Whole sweeps as processes, ours on one and two threads, the peer's as it likes. The data are 4404 packets of the embedded capture,
// as many as the reference estimator was measured with, or of a table of `synth extract` given as SYNTH_BENCH_TABLE.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { measure, mebibytes, printTable, seconds, synth } from './measure.mjs';

const path = (relative) => fileURLToPath(new URL(relative, import.meta.url));
const PACKETS = 4404;

export async function sweepTable(kind, what, peerName) {
  const folder = mkdtempSync(join(tmpdir(), 'synth-bench-'));
  try {
    const table = join(folder, 'series.csv');
    const given = process.env.SYNTH_BENCH_TABLE;
    if (given === undefined) {
      const capture = path('../fixtures/doorbell/doorbell.pcap');
      await measure([[...synth, 'extract', capture, '--out', table, '--force']], 1);
    }
    const rows = readFileSync(given ?? table, 'utf8').split('\n');
    writeFileSync(table, `${rows.slice(0, PACKETS + 1).join('\n')}\n`);
    const ours = (threads) => [process.execPath, path('./sweep.mjs'), kind, table, String(threads)];
    const commands = [ours(1), ours(2)];
    // Debian's packages belong to Debian's Python, which is not always the first one.
    const peer = ['python3', '/usr/bin/python3']
      .map((python) => [python, path('./peers.py'), kind, table])
      .find(([python, ...args]) => spawnSync(python, [...args, '--check']).status === 0);
    if (peer) commands.push(peer);
    else console.error(`${peerName} is not installed: its row is missing`);
    const results = await measure(commands, peer ? 3 : 5);
    const names = ['synth, 1 thread', 'synth, 2 threads', peerName];
    const best = results[1].seconds;
    printTable(
      `${kind}: ${what}, ${PACKETS} packets`,
      ['', 'time', 'peak memory', 'times as long as synth on 2 threads'],
      results.map((result, i) => [
        names[i],
        seconds(result.seconds),
        mebibytes(result.peakBytes),
        (result.seconds / best).toFixed(2),
      ]),
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
}
