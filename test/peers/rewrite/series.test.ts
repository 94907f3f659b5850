import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { jumping, rewriteSeries, temporaryFolder } from '../../rewrite/rewriting.js';
import { pcap } from '../../support/frames.js';
import { runPeer, testWithPeers } from '../../support/peers.js';

const file = temporaryFolder();

describe('times that go backwards', () => {
  testWithPeers(['editcap', 'capinfos'], 'are divided as editcap divides them', async () => {
    // A walk back and forth; at a border itself, editcap would leave a packet in the file before.
    const walk = Array.from({ length: 400 }, (_, i) => i / 4 + 9 * Math.sin(i * i) + 0.0005 + (i === 0 ? 9 : 0));
    const { files } = await rewriteSeries(file, pcap(jumping(walk)), 'walk.pcap', { intervalNs: 7e9 });
    mkdirSync(file('editcap'));
    runPeer('editcap', ['-i', '7', file('in'), file('editcap/part.pcap')]);
    const names = readdirSync(file('editcap')).sort();
    const rows = runPeer('capinfos', ['-Trmc', ...names.map((name) => join(file('editcap'), name))]).trim();
    const counts = rows.split('\n').map((row) => Number(row.split(',')[1]));
    expect(files.length).toBeGreaterThan(10);
    expect(files.map(({ packets }) => packets)).toEqual(counts.filter((count) => count > 0));
  });
});
