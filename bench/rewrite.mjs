// Rewriting a large capture, beside tcprewrite and editcap doing the same to the same file.
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeCapture } from './make-capture.mjs';
import { isInstalled, measure, mebibytes, printTable, rate, seconds, synth } from './measure.mjs';

const PACKETS = 5_000_000;

/** What is asked of synth, and of the peer: its program, then its arguments between those for the files. */
const TASKS = [
  { name: 'shift times by an hour', synth: ['--shift', '1h'], editcap: ['-F', 'pcap', '-t', '3600'] },
  { name: 'convert to pcapng', synth: ['--format', 'pcapng'], editcap: ['-F', 'pcapng'] },
  {
    name: 'map a network',
    synth: ['--map', '10.0.0.0/8=192.168.0.0/16'],
    tcprewrite: ['--pnat=10.0.0.0/8:192.168.0.0/16'],
  },
  { name: 'fix checksums', synth: ['--fix-checksums'], tcprewrite: ['--fixcsum'] },
  {
    name: 'add a VLAN tag',
    synth: ['--vlan', '12'],
    tcprewrite: ['--enet-vlan=add', '--enet-vlan-tag=12', '--enet-vlan-cfi=0', '--enet-vlan-pri=0'],
  },
  { name: 'anonymise', synth: ['--anonymize-key', 'secret'], tcprewrite: ['--seed=423'] },
];

const peerCommand = ({ editcap, tcprewrite }, from, to) =>
  editcap ? ['editcap', ...editcap, from, to] : ['tcprewrite', ...tcprewrite, `--infile=${from}`, `--outfile=${to}`];

export async function run() {
  const folder = mkdtempSync(join(tmpdir(), 'synth-bench-'));
  const file = (name) => join(folder, name);
  try {
    const from = file('large.pcap');
    makeCapture(from, PACKETS);
    const size = mebibytes(statSync(from).size);
    const rows = [];
    for (const task of TASKS) {
      const peer = task.editcap ? 'editcap' : 'tcprewrite';
      const commands = [[...synth, 'rewrite', from, ...task.synth, '--force', '--out', file('synth.pcap')]];
      if (isInstalled(peer)) commands.push(peerCommand(task, from, file('peer.pcap')));
      else console.error(`${peer} is not installed: its row is missing`);
      const [ours, theirs] = await measure(commands, 3);
      const row = (name, result, ratio) =>
        rows.push([
          name,
          size,
          seconds(result.seconds),
          rate(PACKETS, result.seconds),
          mebibytes(result.peakBytes),
          ratio,
        ]);
      row(`synth rewrite, ${task.name}`, ours, '');
      if (theirs) row(`${peer}, ${task.name}`, theirs, (theirs.seconds / ours.seconds).toFixed(2));
    }
    printTable('rewrite', ['', 'file', 'time', 'packets/s', 'peak memory', 'synth is faster by'], rows);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
