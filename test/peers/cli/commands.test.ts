import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect } from 'vitest';
import { DEVICE, sha256, synthJson, workFolder } from '../../support/cli.js';
import { runPeer, testWithPeers } from '../../support/peers.js';

const cwd = workFolder();
const read = (name: string) => readFileSync(join(cwd, name));

beforeAll(async () => {
  await synthJson(['train', 'capture.pcap', '--device', DEVICE, '--out', 'model.safetensors'], { cwd });
});

describe('extract', () => {
  testWithPeers(['tshark'], 'agrees with tshark packet by packet', async () => {
    await synthJson(['extract', 'capture.pcap', '--device', DEVICE, '--out', 'tshark.csv', '--force'], { cwd });
    const rows = read('tshark.csv').toString().trimEnd().split('\n').slice(1);
    const fields = ['frame.time_epoch', 'eth.src', 'ip.len', 'ipv6.plen'].flatMap((field) => ['-e', field]);
    const filter = `eth.addr==${DEVICE} && (ip || ipv6)`;
    const expected = runPeer('tshark', [
      '-r',
      join(cwd, 'capture.pcap'),
      '-Y',
      filter,
      '-T',
      'fields',
      '-E',
      'separator=,',
      '-E',
      'occurrence=f',
      ...fields,
    ])
      .trimEnd()
      .split('\n')
      .map((line) => {
        const [time, source, ipv4Length, ipv6Payload] = line.split(',');
        return `${time},${source === DEVICE ? 'out' : 'in'},${ipv4Length || Number(ipv6Payload) + 40}`;
      });
    expect(rows.map((row) => row.split(',').slice(0, 3).join(','))).toEqual(expected);
  });
});

describe('train and generate', () => {
  testWithPeers(['tshark', 'capinfos'], 'tshark finds nothing malformed and no bad checksum', async () => {
    const bad = ['_ws.malformed', 'ip.checksum.status==0', 'tcp.checksum.status==0', 'udp.checksum.status==0'].join(
      ' || ',
    );
    const check = ['ip', 'tcp', 'udp'].flatMap((protocol) => ['-o', `${protocol}.check_checksum:TRUE`]);
    for (const name of ['tshark.pcap', 'tshark.pcapng']) {
      await synthJson(['generate', '--seed', '3', '--out', name, '--force'], { cwd });
      const path = join(cwd, name);
      expect(runPeer('tshark', ['-r', path, ...check, '-Y', bad])).toBe('');
      expect(runPeer('capinfos', ['-o', '-M', path])).toMatch(/Strict time order:\s+True/);
    }
    expect(runPeer('capinfos', ['-k', join(cwd, 'tshark.pcapng')])).toContain(
      `model sha256:${sha256(read('model.safetensors'))} seed:3`,
    );
  });
});
