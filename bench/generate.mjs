// A million packets into a capture, with TCP state and checksums; beside it tcprewrite recomputing the checksums of the same file, and
// scapy making packets of the same sizes. And a hundred devices, to see that memory does not grow with what is written.
import { spawnSync } from 'node:child_process';
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
      generate(PACKETS, 'pattern.pcap', '--payload', 'pattern'),
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
    const [pcap, pattern, random, ng, table, peer] = await measure(commands);
    row('synth generate, pcap', PACKETS, file('pcap.pcap'), pcap);
    row('synth generate --payload pattern, pcap', PACKETS, file('pattern.pcap'), pattern);
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
    await scapyRow(file, rows, pcap);
    const [devices] = await measure([generate(PACKETS / 10, 'devices.pcap', '--devices', '100')], 1);
    row('synth generate --devices 100, 0.1 M packets each', 10 * PACKETS, file('devices.pcap'), devices);
    const [long] = await measure([generate(10 * PACKETS, 'long.pcap')], 1);
    row('synth generate, pcap', 10 * PACKETS, file('long.pcap'), long);
    printTable('generate', ['', 'M packets', 'file', 'time', 'packets/s', 'peak memory', 'synth is faster by'], rows);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const SCAPY_PACKETS = 20_000;
/** TCP packets of 40 to 1500 bytes, checksums computed by scapy, into a pcap. */
const SCAPY = `
import sys
from scapy.all import Ether, IP, TCP, Raw
from scapy.utils import PcapWriter
writer = PcapWriter(sys.argv[1], sync=False)
sequence = 1
for i in range(${SCAPY_PACKETS}):
    payload = bytes((i * 97) % 200)
    packet = Ether(src="00:00:5e:00:53:01", dst="00:00:5e:00:53:02") / IP(src="192.0.2.1", dst="198.51.100.1") / TCP(sport=49152, dport=80, flags="PA", seq=sequence, ack=1) / Raw(payload)
    packet.time = i * 0.001
    writer.write(packet)
    sequence += len(payload)
writer.close()
`;

async function scapyRow(file, rows, synthResult) {
  const python = ['python3', '/usr/bin/python3'].find(
    (program) => spawnSync(program, ['-c', 'import scapy.all'], { stdio: 'ignore' }).status === 0,
  );
  if (python === undefined) {
    console.error('scapy is not installed: its row is missing');
    return;
  }
  const [scapy] = await measure([[python, '-c', SCAPY, file('scapy.pcap')]], 1);
  const perPacket = (packets, { seconds: time }) => time / packets;
  rows.push([
    'scapy, pcap',
    (SCAPY_PACKETS / 1e6).toFixed(2),
    mebibytes(statSync(file('scapy.pcap')).size),
    seconds(scapy.seconds),
    rate(SCAPY_PACKETS, scapy.seconds),
    mebibytes(scapy.peakBytes),
    (perPacket(SCAPY_PACKETS, scapy) / perPacket(PACKETS, synthResult)).toFixed(0),
  ]);
}
