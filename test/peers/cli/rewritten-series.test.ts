import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect } from 'vitest';
import { filesFolder } from '../../cli/series-files.js';
import { runPeer, runPeerToExit, testWithPeers } from '../../support/peers.js';

const { cwd, read, named, run } = filesFolder();

describe('a compressed capture', () => {
  testWithPeers(['gzip', 'capinfos', 'tshark'], 'is read by gzip, capinfos and tshark', async () => {
    const { packets } = await run('rewrite', 'capture.pcap', '--vlan', '12', '--out', 'peer.pcapng.gz');
    expect(runPeerToExit('gzip', ['-t', join(cwd, 'peer.pcapng.gz')]).status).toBe(0);
    expect(runPeer('capinfos', ['-TrMc', join(cwd, 'peer.pcapng.gz')])).toContain(`\t${packets}`);
    expect(runPeer('tshark', ['-r', join(cwd, 'peer.pcapng.gz'), '-Y', '!vlan || _ws.malformed'])).toBe('');
  });
});

describe('a series of files', () => {
  testWithPeers(['gzip', 'capinfos', 'mergecap', 'tshark'], 'is merged into the one capture', async () => {
    await run('rewrite', 'capture.pcap', '--speed', '2', '--out', 'one.pcap');
    const args = ['rewrite', 'capture.pcap', '--speed', '2', '--rotate', '50kB,20s', '--out', 'part.pcap.gz'];
    const { packets, files } = await run(...args);
    const names = named(/^part_\d{5}\.pcap\.gz$/);
    expect(files.map(({ path }) => path)).toEqual(names);
    const paths = names.map((name) => join(cwd, name));
    expect(runPeerToExit('gzip', ['-t', ...paths]).status).toBe(0);
    const rows = runPeer('capinfos', ['-TrmMc', ...paths])
      .trim()
      .split('\n');
    const counts = rows.map((row) => Number(row.split(',')[1]));
    expect(counts).toEqual(files.map((file) => file.packets));
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(packets);
    for (const { path, fileBytes, firstTime, lastTime } of files) {
      const content = read(path);
      expect(fileBytes).toBe(content.length);
      expect(gunzipSync(content).length).toBeLessThanOrEqual(50_000);
      expect(Date.parse(lastTime) - Date.parse(firstTime)).toBeLessThanOrEqual(20_000);
    }
    runPeer('mergecap', ['-a', '-F', 'pcap', '-w', join(cwd, 'merged.pcap'), ...paths]);
    expect(read('merged.pcap').equals(read('one.pcap'))).toBe(true);
    expect(runPeer('tshark', ['-r', paths[1]!, '-Y', '_ws.malformed'])).toBe('');
  });
});
