// A million packets into a capture, checksums included; tcprewrite recomputing the checksums of the same file beside it.
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isInstalled, measure, mebibytes, printTable, rate, seconds, synth } from './measure.mjs';

const capture = fileURLToPath(new URL('../fixtures/doorbell/doorbell.pcap', import.meta.url));
const PACKETS = 1_000_000;

export async function run() {
  const folder = mkdtempSync(join(tmpdir(), 'synth-bench-'));
  const file = (name) => join(folder, name);
  try {
    const model = file('model.safetensors');
    await measure([[...synth, 'train', capture, '--out', model, '--force']], 1);
    const generate = (packets, name, ...more) => [
      ...synth,
      'generate',
      model,
      '--packets',
      String(packets),
      '--seed',
      '1',
      '--force',
      '--out',
      file(name),
      ...more,
    ];
    const rows = [];
    const row = (name, packets, path, result, ratio = '') =>
      rows.push([
        name,
        (packets / 1e6).toFixed(0),
        mebibytes(statSync(path).size),
        seconds(result.seconds),
        rate(packets, result.seconds),
        mebibytes(result.peakBytes),
        ratio,
      ]);
    const [warm] = await measure([generate(PACKETS, 'warm.pcap')], 1);
    void warm;
    const commands = [
      generate(PACKETS, 'pcap.pcap'),
      generate(PACKETS, 'random.pcap', '--payload', 'random'),
      generate(PACKETS, 'ng.pcapng'),
      generate(PACKETS, 'table.csv'),
    ];
    const withPeer = isInstalled('tcprewrite');
    if (withPeer)
      commands.push([
        'tcprewrite',
        '--fixcsum',
        `--infile=${file('warm.pcap')}`,
        `--outfile=${file('rewritten.pcap')}`,
      ]);
    else console.error('tcprewrite is not installed: its row is missing');
    const [pcap, random, ng, table, peer] = await measure(commands);
    row('synth generate, pcap', PACKETS, file('pcap.pcap'), pcap);
    row('synth generate --payload random, pcap', PACKETS, file('random.pcap'), random);
    row('synth generate, pcapng', PACKETS, file('ng.pcapng'), ng);
    row('synth generate, CSV', PACKETS, file('table.csv'), table);
    if (peer)
      row(
        'tcprewrite --fixcsum of the same pcap',
        PACKETS,
        file('rewritten.pcap'),
        peer,
        (peer.seconds / pcap.seconds).toFixed(2),
      );
    const [long] = await measure([generate(10 * PACKETS, 'long.pcap')], 1);
    row('synth generate, pcap', 10 * PACKETS, file('long.pcap'), long);
    printTable('generate', ['', 'M packets', 'file', 'time', 'packets/s', 'peak memory', 'synth is faster by'], rows);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
