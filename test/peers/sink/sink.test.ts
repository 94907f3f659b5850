/** What a sink writes, as others read it. */
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import {
  message,
  outputTo,
  payloadsOf,
  SIZES,
  sendDatagrams,
  sendStream,
  startSink,
  temporaryFolder,
} from '../../sink/sinking.js';
import { runPeer, testWithPeers } from '../../support/peers.js';

const folder = temporaryFolder();
const file = (name: string) => join(folder, name);

describe('captures', () => {
  testWithPeers(['tshark'], 'tshark finds nothing wrong in them', async () => {
    const output = outputTo(file('all.pcap'), { format: 'nsecpcap' });
    const listen = `udp://127.0.0.1:0,tcp://127.0.0.1:0,tcp://[::1]:0,unix://${file('all.sock')}`;
    const sizes = [...SIZES, 300_000, 64_236, 31_996, ...Array.from({ length: 50 }, (_, i) => 100 * i)];
    const messages = payloadsOf(sizes).map(message);
    const packets = SIZES.length + 3 * messages.length;
    const sink = await startSink(listen, { output, limit: { packets } });
    await sendDatagrams(sink.ports[0]!, payloadsOf(SIZES));
    await sendStream({ port: sink.ports[1]!, host: '127.0.0.1' }, messages);
    await sendStream({ port: sink.ports[2]!, host: '::1' }, messages);
    await sendStream({ path: file('all.sock') }, messages);
    await sink.report;
    const checks = ['ip', 'tcp', 'udp'].flatMap((protocol) => ['-o', `${protocol}.check_checksum:TRUE`]);
    // Severities from warning on; notes and chats tell of the beginning and the end of connections.
    const wrong = runPeer('tshark', ['-r', output.path, ...checks, '-Y', '_ws.expert.severity >= "Warning"']);
    expect(wrong).toBe('');
    const analysis = runPeer('tshark', ['-r', output.path, '-Y', 'tcp.analysis.flags && !tcp.analysis.initial_rtt']);
    expect(analysis).toBe('');
    // The stream is what was sent, byte for byte.
    const raw = runPeer('tshark', ['-r', output.path, '-q', '-z', 'follow,tcp,raw,0']);
    const lines = raw.split('\n').filter((line) => /^[0-9a-f]+$/.test(line));
    expect(lines.join('')).toBe(Buffer.concat(messages).toString('hex'));
  });
});
