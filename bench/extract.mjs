// Extraction of one flow, beside tcpdump doing the same into a capture, and dpkt counting it.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { benchFlow, makeCapture } from './make-capture.mjs';
import { isInstalled, measure, mebibytes, printTable, rate, seconds, synth } from './measure.mjs';

const DPKT = `
import dpkt, socket, sys
a, b = socket.inet_aton('10.0.0.7'), socket.inet_aton('10.1.0.7')
count = 0
for time, frame in dpkt.pcap.Reader(open(sys.argv[1], 'rb')):
    ip = dpkt.ethernet.Ethernet(frame).data
    if isinstance(ip, dpkt.ip.IP) and isinstance(ip.data, dpkt.udp.UDP) and {ip.src, ip.dst} == {a, b} and {ip.data.sport, ip.data.dport} == {40007, 5007}:
        count += 1
print(count)
`;

export async function run() {
  const folder = mkdtempSync(join(tmpdir(), 'synth-bench-'));
  const file = (name) => join(folder, name);
  const extract = (path) => [...synth, 'extract', path, '--flow', benchFlow.synth, '--out', '/dev/null'];
  const tcpdump = (path) => ['tcpdump', '-n', '-r', path, '-w', '/dev/null', ...benchFlow.tcpdump.split(' ')];
  try {
    writeFileSync(file('count.py'), DPKT);
    const rows = [];
    const row = (name, packets, bytes, result, other) => {
      const ratio = other === undefined ? '' : (result.seconds / other.seconds).toFixed(2);
      rows.push([
        name,
        mebibytes(bytes),
        (packets / 1e6).toFixed(1),
        seconds(result.seconds),
        rate(packets, result.seconds),
        mebibytes(result.peakBytes),
        ratio,
      ]);
    };
    const withTcpdump = isInstalled('tcpdump');
    if (!withTcpdump) console.error('tcpdump is not installed: its rows are missing');
    for (const [label, packets, onlyOne] of [
      ['one flow of 50', 20_000_000, false],
      ['one flow of 50', 2_000_000, false],
      ['all packets in the flow', 5_000_000, true],
    ]) {
      const path = file('large.pcap');
      makeCapture(path, packets, onlyOne);
      const { size } = statSync(path);
      const [ours, theirs] = await measure(withTcpdump ? [extract(path), tcpdump(path)] : [extract(path)]);
      row(`synth extract, ${label}`, packets, size, ours);
      if (theirs) row(`tcpdump -w /dev/null, ${label}`, packets, size, theirs, ours);
    }
    for (const packets of [1_000_000, 10_000_000]) {
      const path = file('memory.pcap');
      makeCapture(path, packets);
      const [ours] = await measure([extract(path)], 3);
      row('synth extract, memory', packets, statSync(path).size, ours);
    }
    const python = ['python3', '/usr/bin/python3'].find(
      (program) => spawnSync(program, ['-c', 'import dpkt'], { stdio: 'ignore' }).status === 0,
    );
    if (python) {
      const path = file('small.pcap');
      makeCapture(path, 500_000);
      const [ours, theirs] = await measure([extract(path), [python, file('count.py'), path]], 3);
      row('synth extract, small', 500_000, statSync(path).size, ours);
      row('dpkt loop, small', 500_000, statSync(path).size, theirs, ours);
    } else {
      console.error('no python3 with dpkt: its row is missing');
    }
    printTable('extract', ['', 'file', 'M packets', 'time', 'packets/s', 'peak memory', 'synth is faster by'], rows);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
