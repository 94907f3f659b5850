/** The examples in the help of the commands, as a user copies them. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { DEVICE, runProgram, synthBin, synthJson, synthLine, workFolder } from '../support/cli.js';
import { examplesOf } from '../support/examples.js';

describe('help', () => {
  test('every example of every command that needs no other host runs', async () => {
    const cwd = workFolder();
    // In the order in which one command needs what another made.
    for (const name of ['inspect', 'extract', 'rewrite', 'train', 'model:info', 'generate', 'evaluate', 'demo']) {
      for (const example of examplesOf(name)) {
        const repeated = example
          .replace('/tmp/doorbell', 'doorbell')
          .concat(/--out (?!-)/.test(example) || name === 'train' ? ' --force' : '');
        const { code, stderr } = await synthLine(repeated, { cwd });
        expect([repeated, code, stderr.includes('Error')]).toEqual([repeated, 0, false]);
      }
    }
    expect(statSync(join(cwd, 'fake.pcapng')).size).toBeGreaterThan(1000);
  });

  // Those with an interface run in test/peers/cli/wire.test.ts, where there is one.
  test('every example of emit with a socket runs', async () => {
    const cwd = workFolder();
    const socket = createSocket('udp4').bind(0, '127.0.0.1');
    await once(socket, 'listening');
    await synthJson(['train', 'capture.pcap', '--device', DEVICE], { cwd });
    for (const example of examplesOf('emit').filter((text) => text.includes('--to '))) {
      const line = example.replace(':8000', `:${socket.address().port}`);
      const { code, stderr } = await synthLine(line, { cwd });
      // A busy machine may be late.
      expect([0, 6], `${line}: ${stderr}`).toContain(code);
    }
    socket.close();
  });

  test('every example of sink listens', async () => {
    const cwd = workFolder();
    await synthJson(['train', 'capture.pcap', '--device', DEVICE], { cwd });
    for (const example of examplesOf('sink')) {
      const line = example.replace('synth', `exec "${process.execPath}" "${synthBin}"`).replaceAll(/:[89]000/g, ':0');
      const { code, stdout, stderr } = await runProgram('sh', ['-c', line], {
        cwd,
        signalWhen: ({ stderr }) => stderr.includes('Listening'),
      });
      // No packet is sent to it.
      expect([line, code, /nothing has arrived/.test(stderr + stdout)]).toEqual([line, 5, true]);
    }
  });
});
