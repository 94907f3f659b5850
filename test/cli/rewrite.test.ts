import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { captureInput } from '../../src/capture/capture-file.js';
import { DEVICE, synth, synthJson, workFolder } from '../support/cli.js';
import { readPackets } from '../support/read.js';

const cwd = workFolder();
const read = (name: string) => readFileSync(join(cwd, name));
const packetsOf = async (name: string) => (await readPackets(captureInput(join(cwd, name)))).packets;

describe('rewrite', () => {
  test('from standard input to standard output, compressed or not, is the same file', async () => {
    for (const stdin of [read('capture.pcap'), gzipSync(read('capture.pcap'))]) {
      const { code, stdout, stderr } = await synth(['rewrite', '-', '--out', '-'], { cwd, stdin });
      expect(code).toBe(0);
      // All but the snap length of the header.
      expect(stdout.subarray(24).equals(read('capture.pcap').subarray(24))).toBe(true);
      expect(stderr).toContain('7,603 of 7,603 packets');
    }
  });

  test('takes a negative shift', async () => {
    const [first] = await packetsOf('capture.pcap');
    await synthJson(['rewrite', 'capture.pcap', '--shift', '-30s', '--out', 'shifted.pcap'], { cwd });
    expect((await packetsOf('shifted.pcap'))[0]!.timeNs).toBe(first!.timeNs - 30_000_000_000n);
  });

  test('begins now, as fast as it is told', async () => {
    const before = BigInt(Math.floor(Date.now() / 1000)) * 1_000_000_000n;
    await synthJson(['rewrite', 'capture.pcap', '--start-time', 'now', '--speed', '10', '--out', 'now.pcapng'], {
      cwd,
    });
    const [was, is] = [await packetsOf('capture.pcap'), await packetsOf('now.pcapng')];
    expect(is[0]!.timeNs).toBeGreaterThanOrEqual(before);
    expect(is.at(-1)!.timeNs - is[0]!.timeNs).toBe((was.at(-1)!.timeNs - was[0]!.timeNs) / 10n);
  });

  test('says in --json what was written and what was read', async () => {
    const result = await synthJson(
      ['rewrite', 'capture.pcap', '--device', DEVICE, '--after', '5s', '--packets', '100', '--out', 'some.pcapng'],
      { cwd },
    );
    expect(result).toMatchObject({ out: 'some.pcapng', format: 'pcapng', packets: 100, timesCut: 0, warnings: [] });
    expect(await packetsOf('some.pcapng')).toHaveLength(100);
  });

  test.each([
    [['--out', 'x.csv'], 'SYNTH_USAGE'],
    [['--out', 'x.pcap', '--map', '10.0.0.1'], 'SYNTH_USAGE'],
    [['--out', 'x.pcap', '--map-port', 'http=8080'], 'SYNTH_USAGE'],
    [['--out', 'x.pcap', '--map-vlan', '1=4096'], 'SYNTH_USAGE'],
    [['--out', 'x.pcap', '--speed', '0'], 'SYNTH_USAGE'],
    [['--out', 'x.pcap', '--shift', '1h', '--start-time', 'now'], 'SYNTH_USAGE'],
    [['--out', 'x.pcap', '--vlan', '7', '--strip-vlan'], 'SYNTH_USAGE'],
    [['--out', 'x.pcap', '--keep-payload'], 'SYNTH_USAGE'],
    [['--out', 'x.pcap', '--anonymize', '--anonymize-key', 'k'], 'SYNTH_USAGE'],
    [['--out', 'x.pcap', '--after', 'yesterday'], 'SYNTH_USAGE'],
    [['--out', 'capture.pcap', '--force'], 'SYNTH_OUTPUT_EXISTS'],
  ])('%j is a mistake, and leaves no file', async (args, code) => {
    const { code: exitCode, stderr } = await synth(['rewrite', 'capture.pcap', ...args], { cwd });
    expect([exitCode, stderr.includes(code)]).toEqual([2, true]);
    expect(existsSync(join(cwd, 'x.pcap'))).toBe(false);
  });
});

describe('an anonymisation', () => {
  test('with a key that is thrown away tells no key, and is another one each time', async () => {
    for (const name of ['one.pcap', 'two.pcap']) {
      const { code, stderr } = await synth(['rewrite', 'capture.pcap', '--anonymize', '--out', name], { cwd });
      expect(code).toBe(0);
      expect(stderr).toContain('thrown away');
      expect(stderr).not.toMatch(/[0-9a-f]{16}/i);
    }
    expect(read('one.pcap').equals(read('two.pcap'))).toBe(false);
  });

  test('with a key is the same each time, from a file as from the command line, and the key is in no file', async () => {
    writeFileSync(join(cwd, 'key'), 'correct horse\n');
    await synthJson(['rewrite', 'capture.pcap', '--anonymize-key', 'correct horse', '--out', 'a.pcapng'], { cwd });
    await synthJson(['rewrite', 'capture.pcap', '--anonymize-key', 'key', '--out', 'c.pcapng'], { cwd });
    expect(read('a.pcapng').equals(read('c.pcapng'))).toBe(true);
    expect(read('a.pcapng').includes('correct horse')).toBe(false);
  });
});

describe('extract to a capture', () => {
  test('writes the frames of the target as they are', async () => {
    const result = await synthJson(['extract', 'capture.pcap', '--device', DEVICE, '--out', 'device.pcap'], { cwd });
    const expected = (await packetsOf('capture.pcap')).filter(
      ({ skip, macs }) => skip === 'decoded' && macs.includes(DEVICE),
    );
    expect(result).toMatchObject({ target: DEVICE, packets: expected.length });
    expect(await packetsOf('device.pcap')).toEqual(expected);
  });

  test('takes the busiest device, leaves out packets without payload, and goes to standard output', async () => {
    const args = ['extract', 'capture.pcap', '--payload-only', '--format', 'pcapng', '--out', '-'];
    const { code, stdout, stderr } = await synth(args, { cwd });
    expect(code).toBe(0);
    expect(stderr).toContain('busiest device');
    writeFileSync(join(cwd, 'busiest.pcapng'), stdout);
    const packets = await packetsOf('busiest.pcapng');
    expect(packets.length).toBeGreaterThan(1000);
    expect(packets.every(({ payloadLength }) => payloadLength > 0)).toBe(true);
  });

  test('maps and anonymises addresses', async () => {
    const args = ['extract', 'capture.pcap', '--device', DEVICE, '--map-mac', `${DEVICE}=02:11:22:33:44:55`];
    await synthJson([...args, '--anonymize', '--out', 'anonymous.pcap'], { cwd });
    const packets = await packetsOf('anonymous.pcap');
    expect(packets.every(({ macs }) => macs.includes('02:11:22:33:44:55'))).toBe(true);
    expect(packets.some(({ source }) => source.startsWith('10.77.'))).toBe(false);
  });

  test('a table has no addresses to anonymise', async () => {
    const { code, stderr } = await synth(['extract', 'capture.pcap', '--anonymize', '--out', 'x.csv'], { cwd });
    expect([code, stderr]).toEqual([2, expect.stringContaining('a table has no addresses')]);
  });
});
