import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { synthJson, workFolder } from '../../support/cli.js';
import { runPeer, testWithPeers } from '../../support/peers.js';

const cwd = workFolder();

describe('rewrite', () => {
  testWithPeers(['capinfos'], 'writes files that capinfos finds nothing wrong with', async () => {
    for (const name of ['a.pcap', 'b.pcapng']) {
      await synthJson(['rewrite', 'capture.pcap', '--vlan', '12', '--map-vlan', '12=13', '--out', name], { cwd });
      // Four bytes more for each of 7603 packets.
      const [was, is] = ['capture.pcap', name].map((one) =>
        Number(
          runPeer('capinfos', ['-d', '-M', '-T', '-r', join(cwd, one)])
            .trim()
            .split('\t')
            .at(-1),
        ),
      );
      expect(is! - was!).toBe(4 * 7603);
    }
  });
});
