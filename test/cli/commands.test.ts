import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, test } from 'vitest';
import { DEVICE, sha256, synth, synthJson, workFolder } from '../support/cli.js';
import { fixture } from '../support/files.js';
import { arpCapture } from '../support/frames.js';

const MAC = '02:aa:bb:cc:dd:ee';
const cwd = workFolder();
const read = (name: string) => readFileSync(join(cwd, name));

beforeAll(async () => {
  await synthJson(['train', 'capture.pcap', '--device', DEVICE, '--out', 'model.safetensors'], { cwd });
});

describe('inspect', () => {
  test('lists devices and flows with their traffic', async () => {
    const { code, stdout } = await synth(['inspect', 'capture.pcap', '--limit', '3'], { cwd });
    expect(code).toBe(0);
    expect(stdout.toString()).toContain(DEVICE);
    expect(stdout.toString()).toMatch(/… and \d+ more/);
  });

  test('counts as many packets as the records of the file', async () => {
    const survey = await synthJson(['inspect', 'capture.pcap'], { cwd });
    // capinfos -c fixtures/doorbell/doorbell.pcap
    expect(survey).toMatchObject({ schemaVersion: 1, packets: 7603 });
  });

  test('sorts by bytes, and shows all with --limit 0', async () => {
    const { flows, flowCount } = await synthJson(['inspect', 'capture.pcap', '--limit', '0', '--sort', 'bytes'], {
      cwd,
    });
    const bytes = (flows as { bytes: number }[]).map((flow) => flow.bytes);
    expect(bytes).toHaveLength(flowCount as number);
    expect(bytes).toEqual([...bytes].sort((a, b) => b - a));
  });

  test('reads a capture from standard input, compressed or not', async () => {
    for (const stdin of [read('capture.pcap'), gzipSync(read('capture.pcap'))]) {
      const { code, stdout } = await synth(['inspect', '-', '--json'], { cwd, stdin });
      expect(code).toBe(0);
      expect(JSON.parse(stdout.toString())).toMatchObject({ packets: 7603 });
    }
  });

  test('shows what a capture without IP holds', async () => {
    writeFileSync(join(cwd, 'arp.pcap'), arpCapture());
    const survey = await synthJson(['inspect', 'arp.pcap'], { cwd });
    expect(survey).toMatchObject({ packets: 1, ipPackets: 0, skipped: [{ reason: 'ARP', packets: 1 }] });
  });
});

describe('extract', () => {
  test('writes a row per packet, with an empty gap for the first of each direction', async () => {
    const { code, stdout } = await synth(['extract', 'capture.pcap', '--device', DEVICE, '--out', '-'], { cwd });
    const [header, ...rows] = stdout.toString().trimEnd().split('\n');
    expect(code).toBe(0);
    expect(header).toBe('time_s,direction,size_bytes,gap_s');
    expect(rows.filter((row) => row.endsWith(','))).toHaveLength(2);
    expect(rows.every((row) => /^\d{10}\.\d{9},(in|out),\d+,(\d+\.\d{9})?$/.test(row))).toBe(true);
  });

  test('keeps standard output for data: notes go to standard error', async () => {
    const { stdout, stderr } = await synth(['extract', 'capture.pcap', '--out', '-'], { cwd });
    expect(stdout.toString().startsWith('time_s,')).toBe(true);
    expect(stderr).toContain('busiest device');
  });

  test('leaves out packets without payload', async () => {
    const all = await synthJson(['extract', 'capture.pcap', '--device', DEVICE, '--out', 'all.csv', '--force'], {
      cwd,
    });
    const some = await synthJson(
      ['extract', 'capture.pcap', '--device', DEVICE, '--payload-only', '--out', 'some.csv', '--force'],
      { cwd },
    );
    expect(some['packets']).toBeLessThan(all['packets'] as number);
  });

  test('a table trains the same chain as the capture it was made from', async () => {
    await synthJson(['extract', 'capture.pcap', '--device', DEVICE, '--out', 'series.csv', '--force'], { cwd });
    const fromTable = await synthJson(['train', 'series.csv', '--out', 'table.safetensors', '--force'], { cwd });
    const fromCapture = await synthJson(
      ['train', 'capture.pcap', '--device', DEVICE, '--out', 'x.safetensors', '--force'],
      { cwd },
    );
    expect(fromTable['summary']).toEqual(fromCapture['summary']);
  });
});

describe('train and generate', () => {
  test('without any flag: train, then generate, just works', async () => {
    const folder = join(cwd, 'plain');
    mkdirSync(folder);
    writeFileSync(join(folder, 'capture.pcap'), read('capture.pcap'));
    expect(await synth(['train', 'capture.pcap'], { cwd: folder })).toMatchObject({ code: 0 });
    const { code, stderr } = await synth(['generate', '--out', 'fake.pcap'], { cwd: folder });
    expect(code).toBe(0);
    expect(stderr).toMatch(/seed \d+/);
  });

  test('the same capture gives the same model file', async () => {
    await synthJson(['train', 'capture.pcap', '--device', DEVICE, '--out', 'again.safetensors', '--force'], { cwd });
    expect(sha256(read('again.safetensors'))).toBe(sha256(read('model.safetensors')));
  });

  // Made on Node.js 20.20 by this test. A change of models, random numbers or frames changes them, and is a line in the changelog.
  test.each([
    ['markov', 'be441d71f80f352860a6b3470f181cbde579931a66f69958230a12f0586d1267'],
    ['hmm', '12d63b403f60f9cd1c7e6499c7912fc00885c55e9f20d349f942327175baa254'],
  ])('%s: the same capture and seed give the same bytes, on every version of Node.js', async (kind, hash) => {
    const model = `golden-${kind}.safetensors`;
    await synthJson(['train', 'capture.pcap', '--device', DEVICE, '--model', kind, '--out', model], { cwd });
    for (const name of ['a.pcap', 'b.pcap']) {
      await synthJson(
        ['generate', model, '--packets', '5000', '--seed', '42', '--payload', 'random', '--out', name, '--force'],
        { cwd },
      );
    }
    expect(sha256(read('a.pcap'))).toBe(sha256(read('b.pcap')));
    expect(sha256(read('a.pcap'))).toBe(hash);
  });

  test('a model is the same file on one thread and on four', async () => {
    for (const threads of ['1', '4']) {
      const out = `threads-${threads}.safetensors`;
      await synthJson(['train', 'capture.pcap', '--model', 'hmm', '--threads', threads, '--out', out], { cwd });
    }
    expect(sha256(read('threads-1.safetensors'))).toBe(sha256(read('threads-4.safetensors')));
  });

  test('a model is read from standard input', async () => {
    const stdin = read('model.safetensors');
    const info = await synth(['model', 'info', '-', '--json'], { cwd, stdin });
    expect(JSON.parse(info.stdout.toString())).toMatchObject({ kind: 'markov', hash: sha256(stdin) });
    const generated = ['generate', '--packets', '50', '--seed', '1', '--format', 'csv', '--out', '-'];
    const { code, stdout } = await synth([...generated, '-'], { cwd, stdin });
    expect(code).toBe(0);
    expect(stdout).toEqual((await synth([...generated, 'model.safetensors'], { cwd })).stdout);
  });

  test('flags of Gaussian models are refused where there is none', async () => {
    const given = ['train', 'capture.pcap', '--out', 'refused.safetensors'];
    for (const flags of [
      ['--model', 'hmm', '--quantizer', 'gmm'],
      ['--quantizer', 'empirical', '--components', '3'],
      ['--quantizer', 'empirical', '--seed', '3'],
      ['--model', 'hmm', '--components', '5..3'],
      ['--model', 'hmm', '--tolerance', '0'],
    ]) {
      const { code, stderr } = await synth([...given, ...flags], { cwd });
      expect([flags, code, stderr.includes('SYNTH_USAGE')]).toEqual([flags, 2, true]);
    }
    expect(readdirSync(cwd)).not.toContain('refused.safetensors');
  });

  test('model info tells what was compared and what was learned', async () => {
    await synthJson(
      ['train', 'capture.pcap', '--model', 'hmm', '--components', '2..6:2', '--out', 'info.safetensors'],
      {
        cwd,
      },
    );
    const info = (await synthJson(['model', 'info', 'info.safetensors'], { cwd })) as {
      kind: string;
      hash: string;
      summary: { outbound: { states: number; candidates: { components: number; bic: number }[] } };
      components: { outbound: boolean; share: number; stay: number; meanSizeBytes: number }[];
    };
    expect(info).toMatchObject({ kind: 'hmm', hash: sha256(read('info.safetensors')) });
    const { states, candidates } = info.summary.outbound;
    expect(candidates.map(({ components }) => components)).toEqual([2, 4, 6]);
    const least = candidates.reduce((a, b) => (b.bic < a.bic ? b : a));
    expect(states).toBe(least.components);
    const outbound = info.components.filter((one) => one.outbound);
    expect(outbound).toHaveLength(states);
    expect(outbound.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 9);
    const { stdout } = await synth(['model', 'info', 'info.safetensors', '--limit', '1'], { cwd });
    const few = (await synthJson(['model', 'info', 'info.safetensors', '--limit', '1'], { cwd })) as typeof info;
    expect(few).toMatchObject({ componentCount: info.components.length, components: { length: 2 } });
    expect(stdout.toString()).toMatch(/← least/);
    expect(stdout.toString()).toMatch(/… and \d+ more \(--limit 0 shows all\)/);
    expect(await synth(['model', 'info', 'capture.pcap'], { cwd })).toMatchObject({ code: 4 });
  });

  test('model info tells the services of a device', async () => {
    const { services } = await synthJson(['model', 'info', 'model.safetensors'], { cwd });
    // The doorbell talks MQTT to its broker all the time (fixtures/doorbell/device.mjs).
    expect(services).toContainEqual(expect.objectContaining({ protocol: 'TCP', port: 1883, openedBy: 'target' }));
    const { stdout } = await synth(['model', 'info', 'model.safetensors'], { cwd });
    expect(stdout.toString()).toMatch(/TCP 1883 over IPv4/);
  });

  test('another seed gives other bytes', async () => {
    await synthJson(
      ['generate', '--packets', '5000', '--seed', '43', '--payload', 'random', '--out', 'c.pcap', '--force'],
      { cwd },
    );
    expect(sha256(read('c.pcap'))).not.toBe(sha256(read('a.pcap')));
  });

  test('a duration is refused where no time passes, and only there', async () => {
    const rows = Array.from({ length: 40 }, (_, i) => `1700000000.0,${i % 2 === 0 ? 'out' : 'in'},${60 + i}`);
    writeFileSync(join(cwd, 'instant.csv'), ['time_s,direction,size_bytes', ...rows, ''].join('\n'));
    const run = async (kind: string) => {
      const model = `instant-${kind}.safetensors`;
      await synthJson(['train', 'instant.csv', '--model', kind, '--out', model], { cwd });
      return synth(['generate', model, '--duration', '5s', '--seed', '1', '--out', `instant-${kind}.csv`], { cwd });
    };
    expect(await run('markov')).toMatchObject({ code: 2, stderr: expect.stringContaining('--packets') });
    // An HMM takes what came at one instant to come once a second.
    expect(await run('hmm')).toMatchObject({ code: 0 });
  });

  test('--packets and --duration end the series, whichever comes first', async () => {
    const byPackets = await synthJson(
      ['generate', '--packets', '100', '--duration', '1h', '--out', 'n.csv', '--force'],
      { cwd },
    );
    expect(byPackets['packets']).toBe(100);
    const byTime = await synthJson(['generate', '--duration', '10s', '--seed', '1', '--out', 'd.csv', '--force'], {
      cwd,
    });
    expect(byTime['spanSeconds']).toBeLessThanOrEqual(10);
    expect(byTime['packets']).toBeGreaterThan(10);
  });

  test('--start-time is the time of the first packet', async () => {
    await synthJson(['generate', '-n', '1', '--start-time', '2024-02-29T12:00:00.5Z', '--out', 't.csv', '--force'], {
      cwd,
    });
    // date -u -d 2024-02-29T12:00:00 +%s
    expect(read('t.csv').toString().split('\n')[1]).toMatch(/^1709208000\.500000000,/);
  });

  test('every format holds the same packets', async () => {
    const series: string[] = [];
    for (const [name, ...more] of [['f.pcap'], ['f.pcapng'], ['ns', '--format', 'nsecpcap']] as const) {
      const frames = ['--strict-sizes', '--force', ...more];
      await synthJson(['generate', '-n', '2000', '--seed', '7', '--out', name, ...frames], { cwd });
      const { stdout } = await synth(['extract', name, '--device', '00:00:5e:00:53:01', '--out', '-'], { cwd });
      series.push(stdout.toString());
    }
    await synthJson(['generate', '-n', '2000', '--seed', '7', '--out', 'f.csv', '--force'], { cwd });
    expect(series[1]).toBe(read('f.csv').toString());
    expect(series[2]).toBe(series[1]);
    // pcap has µs: the same but for the last three digits of each time.
    const toMicroseconds = (table: string) =>
      table.split('\n').map((row) => row.replace(/^(\d+\.\d{6})\d{3}(,\w+,\d+),.*$/, '$1$2'));
    expect(toMicroseconds(series[0]!)).toEqual(toMicroseconds(series[1]!));
  });

  test('writes a capture to standard output, and reads one from there', async () => {
    const { stdout } = await synth(['generate', '-n', '500', '--seed', '1', '--strict-sizes', '--out', '-'], { cwd });
    const survey = await synth(['inspect', '-', '--json'], { cwd, stdin: stdout });
    expect(JSON.parse(survey.stdout.toString())).toMatchObject({ packets: 500 });
  });

  test('a model holds no captured address, unless they are kept', async () => {
    const model = read('model.safetensors').toString('latin1');
    expect(model).not.toContain('10.77.0');
    expect(model).not.toContain('02:00:00');
    await synthJson(
      ['train', 'capture.pcap', '--device', DEVICE, '--keep-addresses', '--out', 'kept.safetensors', '--force'],
      { cwd },
    );
    await synthJson(['generate', 'kept.safetensors', '-n', '10', '--out', 'kept.pcap', '--force'], { cwd });
    const { devices } = await synthJson(['inspect', 'kept.pcap'], { cwd });
    expect((devices as { id: string }[]).map(({ id }) => id)).toEqual(
      expect.arrayContaining([DEVICE, '10.77.0.17', '10.77.0.1']),
    );
  });

  test('addresses and ports of a flow can be chosen', async () => {
    const flow = ['--flow', 'UDP 10.77.0.17:40004 10.77.0.1:5004'];
    await synthJson(['train', 'capture.pcap', ...flow, '--out', 'call.safetensors', '--force'], { cwd });
    const chosen = [
      '--client-ip',
      '10.9.8.7',
      '--server-ip',
      '10.1.1.1',
      '--client-port',
      '1234',
      '--server-port',
      '80',
    ];
    await synthJson(
      ['generate', 'call.safetensors', '-n', '50', '--out', 'id.pcap', '--force', ...chosen, '--client-mac', MAC],
      { cwd },
    );
    const survey = await synthJson(['inspect', 'id.pcap', '--limit', '0'], { cwd });
    const ids = (survey['devices'] as { id: string }[]).map(({ id }) => id);
    expect(ids).toEqual(expect.arrayContaining([MAC, '10.9.8.7', '10.1.1.1']));
    expect((survey['flows'] as { id: string }[]).some(({ id }) => id.includes('10.9.8.7:1234'))).toBe(true);
  });

  test('ports of a device cannot be chosen: it has many', async () => {
    const { code, stderr } = await synth(['generate', '--out', 'ports.pcap', '--server-port', '80'], { cwd });
    expect([code, stderr.includes('synth rewrite --map-port')]).toEqual([2, true]);
  });

  test('several captures are merged by time into one series', async () => {
    const merged = await synthJson(
      ['train', 'capture.pcap', 'capture.pcap', '--device', DEVICE, '--out', 'two.safetensors', '--force'],
      { cwd },
    );
    const once = await synthJson(['train', 'capture.pcap', '--device', DEVICE, '--out', 'x.safetensors', '--force'], {
      cwd,
    });
    const packets = (result: Record<string, unknown>) => result['training'] as { packets: number; series: number };
    expect(packets(merged).packets).toBe(2 * packets(once).packets);
    expect(packets(merged).series).toBe(1);
  });
});

describe('mistakes', () => {
  const failures: readonly (readonly [what: string, args: readonly string[], code: number, text: string])[] = [
    ['a missing file', ['inspect', 'missing.pcap'], 3, 'SYNTH_FILE_UNREADABLE'],
    ['a folder', ['inspect', '.'], 3, 'is a directory'],
    ['a file that is no capture', ['inspect', 'noise.bin'], 3, 'SYNTH_CAPTURE_FORMAT'],
    ['an empty file', ['train', 'empty.pcap', '--out', 'y.safetensors'], 3, 'SYNTH_CAPTURE_EMPTY'],
    ['a device that is not there', ['extract', 'capture.pcap', '--device', '1.2.3.4'], 3, 'SYNTH_TARGET_NOT_FOUND'],
    ['a misspelled device', ['extract', 'capture.pcap', '--device', '1.2.3'], 2, 'SYNTH_TARGET_INVALID'],
    [
      'both kinds of target',
      ['train', 'capture.pcap', '--device', DEVICE, '--flow', 'UDP 1.1.1.1:1 2.2.2.2:2'],
      2,
      'SYNTH_USAGE',
    ],
    ['an unknown flag', ['inspect', 'capture.pcap', '--nonsense'], 2, 'SYNTH_USAGE'],
    ['an unknown command', ['inspekt'], 2, 'is not a synth command'],
    ['an unknown model', ['train', 'capture.pcap', '--model', 'nonsense'], 2, 'markov'],
    ['an existing output', ['train', 'capture.pcap', '--out', 'model.safetensors'], 2, 'SYNTH_OUTPUT_EXISTS'],
    ['the input as output', ['train', 'capture.pcap', '--out', 'capture.pcap', '--force'], 2, 'is the input'],
    ['a model that is none', ['generate', 'capture.pcap', '--out', 'y.pcap'], 4, 'SYNTH_MODEL_INVALID'],
    ['a missing model', ['generate', 'nowhere.safetensors', '--out', 'y.pcap'], 3, 'synth train'],
    ['an output without a format', ['generate', '--out', 'y.xyz'], 2, '--format'],
    ['a duration that is none', ['generate', '--duration', 'soon', '--out', 'y.pcap'], 2, '500ms'],
    ['a folder that is not there', ['generate', '--out', 'no/such/y.pcap'], 5, 'SYNTH_OUTPUT_FAILED'],
    ['standard input twice', ['evaluate', '-', '-'], 2, 'only once'],
    ['a full disk', ['generate', '--out', '/dev/full'], 5, 'no space left'],
    ['a table with a wrong number', ['train', 'wrong.csv', '--out', 'y.safetensors'], 3, 'line 3'],
    ['a target for a table', ['train', 'series.csv', '--device', DEVICE, '--out', 'y.safetensors'], 2, 'SYNTH_USAGE'],
    [
      'a target for a real table',
      ['evaluate', 'series.csv', 'model.safetensors', '--device', DEVICE],
      2,
      'SYNTH_USAGE',
    ],
    ['a seed without end', ['generate', '--seed', 'x'.repeat(1025), '--out', 'y.pcap'], 2, 'at most 1024 characters'],
    [
      'more packets than can be counted',
      ['generate', '-n', '99999999999999999999', '--out', 'y.pcap'],
      2,
      'SYNTH_USAGE',
    ],
    ['a table in place of a capture', ['inspect', 'series.csv'], 3, 'synth train and synth evaluate read tables'],
    ['a table to extract from', ['extract', 'series.csv'], 3, 'is a table, not a capture'],
    ['a model in place of a capture', ['inspect', 'model.safetensors'], 3, 'synth generate model.safetensors'],
    ['the files of an earlier demo', ['demo', '--out-dir', '.'], 2, 'SYNTH_OUTPUT_EXISTS'],
    ['json and data on one stream', ['generate', '--out', '-', '--json'], 2, 'standard output'],
  ];

  test.each(failures)('%s: a code, an exit code, no stack', async (_, args, code, text) => {
    writeFileSync(join(cwd, 'noise.bin'), Buffer.from('certainly not a capture'));
    writeFileSync(join(cwd, 'empty.pcap'), '');
    writeFileSync(join(cwd, 'wrong.csv'), 'time_s,direction,size_bytes\n1.0,out,100\n1.5,out,1e9\n');
    const result = await synth(args, { cwd });
    const output = result.stderr + result.stdout.toString();
    expect(output).toContain(text);
    expect(output).not.toMatch(/\n\s+at /);
    expect(result.code).toBe(code);
  });

  test('with --json an error is an object with a code', async () => {
    const { code, stdout } = await synth(['inspect', 'missing.pcap', '--json'], { cwd });
    expect(code).toBe(3);
    expect(JSON.parse(stdout.toString())).toMatchObject({ schemaVersion: 1, error: { code: 'SYNTH_FILE_UNREADABLE' } });
  });

  test('with --json an unknown command is one, too', async () => {
    const { code, stdout } = await synth(['inspekt', '--json'], { cwd });
    expect(code).toBe(2);
    expect(JSON.parse(stdout.toString())).toMatchObject({ schemaVersion: 1, error: { code: 'SYNTH_USAGE' } });
    expect((await synth(['inspekt', '--', '--json'], { cwd })).stdout.toString()).toBe('');
  });

  test('standard input has that name in messages', async () => {
    const refused = await synth(['train', '-', '--out', 'y.safetensors'], { cwd, stdin: Buffer.from('no capture') });
    expect([refused.code, refused.stderr]).toEqual([
      3,
      expect.stringMatching(/^Error: standard input: is not a capture/),
    ]);
    const model = await synth(['evaluate', 'capture.pcap', '-'], {
      cwd,
      stdin: read('model.safetensors').subarray(0, 99),
    });
    expect([model.code, model.stderr]).toEqual([4, expect.stringMatching(/^Error: standard input: /)]);
    const cut = await synth(['extract', '-', '--out', '-'], { cwd, stdin: read('capture.pcap').subarray(0, 100_000) });
    expect(cut.stderr).toMatch(/^Warning: standard input: cut short/);
  });

  test('a truncated capture gives the packets before the cut, a warning with the place, and exit 0', async () => {
    writeFileSync(join(cwd, 'cut.pcap'), read('capture.pcap').subarray(0, 100_000));
    const { code, stdout, stderr } = await synth(['inspect', 'cut.pcap', '--json'], { cwd });
    expect(code).toBe(0);
    expect((JSON.parse(stdout.toString()) as { packets: number }).packets).toBeGreaterThan(900);
    expect(stderr).toMatch(/cut short in the middle of a packet at byte \d+/);
  });

  test('a file without permission is named', async () => {
    const path = join(cwd, 'secret.pcap');
    writeFileSync(path, read('capture.pcap'));
    chmodSync(path, 0);
    const { code, stderr } = await synth(['inspect', 'secret.pcap'], { cwd });
    // root may read everything
    if (process.getuid?.() === 0) expect(code).toBe(0);
    else expect([code, stderr]).toEqual([3, expect.stringContaining('permission denied')]);
  });
});

describe('help', () => {
  test('every command has a summary, a description and two examples or more', async () => {
    const manifest = JSON.parse(readFileSync(join(fixture('..'), 'oclif.manifest.json'), 'utf8')) as {
      commands: Record<string, { summary?: string; description?: string; examples?: string[] }>;
    };
    for (const [name, { summary, description, examples }] of Object.entries(manifest.commands)) {
      expect([name, Boolean(summary), Boolean(description), (examples?.length ?? 0) >= 2]).toEqual([
        name,
        true,
        true,
        true,
      ]);
    }
    expect(Object.keys(manifest.commands).sort()).toEqual([
      'demo',
      'emit',
      'evaluate',
      'extract',
      'fleet:dashboard',
      'fleet:plan',
      'fleet:run',
      'fleet:schema',
      'generate',
      'inspect',
      'model:info',
      'rewrite',
      'sink',
      'train',
    ]);
  });
});
