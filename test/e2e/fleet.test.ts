/** `synth fleet` as its users run it: examples, files, errors, the ends of a run. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { runProgram, synth, synthBin, synthJson, synthLine, synthProcess, workFolder } from '../support/cli.js';
import { examplesOf } from '../support/examples.js';
import { projectRoot } from '../support/files.js';
import { example, expectWhole, runExample, runFleet, type Summary } from '../support/fleet-runs.js';
import {
  type CountingServer,
  coapGateway,
  httpCollector,
  mediaServer,
  webSocketHub,
} from '../support/fleet-servers.js';

const cwd = workFolder();
const model = (name: string) => join(projectRoot, 'examples/models', `${name}.safetensors`);

const run = (args: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<Summary> =>
  runFleet(args, cwd, environment);

/** Writes a scenario into the folder. @returns its path */
function scenario(name: string, content: object): string {
  const path = join(cwd, `${name}.yaml`);
  writeFileSync(path, stringify(content));
  return path;
}

describe('the examples', () => {
  test('for other targets run, all at the same time, and the targets get every message', async () => {
    const runs = async (name: string, variable: string, start: () => Promise<CountingServer>) => {
      const server = await start();
      try {
        const { total } = await runExample(name, cwd, { [variable]: server.url });
        expectWhole(total);
        const { sent: messages, sentBytes: bytes } = total.counts;
        expect([name, server.arrived]).toEqual([name, { messages, bytes }]);
        expect([name, server.senders.size]).toEqual([name, total.devices]);
      } finally {
        await server.close();
      }
    };
    await Promise.all([
      runs('http', 'COLLECTOR', httpCollector),
      runs('coap', 'GATEWAY', coapGateway),
      runs('websocket', 'HUB', webSocketHub),
      runs('udp-calls', 'MEDIA', mediaServer),
    ]);
  });
});

interface RecordedMessage {
  readonly group: string;
  readonly index: number;
  readonly seq: number;
  readonly dueNs: number;
}

describe('synth fleet run', () => {
  test('sends the same messages at the same planned times, byte by byte, from one thread and from two', async () => {
    const media = await mediaServer();
    try {
      const path = scenario('same', {
        targets: { media: media.url },
        groups: [
          { name: 'call', model: model('call'), count: 5, payload: '{{id}} {{seq}} {{random}} {{uuid}}' },
          { name: 'hub', model: model('doorbell'), count: 4, spread: '1s' },
        ],
        phases: [{ ramp: '1s' }, { hold: '2s' }, { ramp_down: '1s' }],
      });
      const record = async (threads: number, devices: number) => {
        const file = join(cwd, `sent-${threads}-${devices}.ndjson`);
        const flags = ['--record', file, '--record-devices', '5', '--threads', String(threads), '--seed', 'same'];
        await run([path, ...flags, '--devices', String(devices)]);
        const messages = readFileSync(file, 'utf8')
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line) as RecordedMessage);
        return messages
          .map(({ sentNs: _, ...planned }: RecordedMessage & { sentNs?: number }) => planned)
          .sort((a, b) => a.group.localeCompare(b.group) || a.index - b.index || a.seq - b.seq);
      };
      const one = await record(1, 9);
      expect(one.length).toBeGreaterThan(100);
      expect(await record(2, 9)).toEqual(one);
    } finally {
      await media.close();
    }
  });

  test('writes a report, a summary and the same as JSON, and does not write over what is there', async () => {
    const media = await mediaServer();
    try {
      const environment = { MEDIA: media.url };
      const files = ['--report', 'fleet.html', '--summary', 'fleet.json'];
      const printed = await run([example('udp-calls'), ...files], environment);
      const before = media.arrived.messages;
      expect(JSON.parse(readFileSync(join(cwd, 'fleet.json'), 'utf8'))).toEqual(printed);
      expect(readFileSync(join(cwd, 'fleet.html'), 'utf8')).toMatch(
        /^<!doctype html>[\s\S]*udp-calls[\s\S]*<\/html>\n$/,
      );
      const again = await synth(['fleet', 'run', example('udp-calls'), ...files], { cwd, environment });
      expect([again.code, media.arrived.messages]).toEqual([2, before]);
      expect(again.stderr).toContain('SYNTH_OUTPUT_EXISTS');
    } finally {
      await media.close();
    }
  });

  test('ends with 99 if a threshold fails, and says which', async () => {
    const media = await mediaServer();
    try {
      const path = scenario('gate', {
        targets: { media: media.url },
        groups: [{ name: 'call', model: model('call'), count: 2 }],
        phases: [{ hold: '1s' }, { ramp: '0s' }, { hold: '1s' }],
        thresholds: ['sent.count > 1000000', 'failed.count == 0'],
      });
      const { code, stderr } = await synth(['fleet', 'run', path], { cwd });
      expect(code).toBe(99);
      expect(stderr).toContain('sent.count > 1000000');
    } finally {
      await media.close();
    }
  });

  test('is aborted by a threshold that may do so', async () => {
    const collector = await httpCollector(503);
    try {
      const path = scenario('abort', {
        targets: { web: collector.url },
        groups: [{ name: 'sensor', model: model('telemetry'), count: 5, speed: 50 }],
        phases: [{ ramp: '0s' }, { hold: '10m' }],
        thresholds: [{ check: 'errors.rate < 1%', abort_on_fail: true }],
      });
      const { code, stdout } = await synth(['fleet', 'run', path, '--json'], { cwd });
      const { verdict, total } = JSON.parse(stdout.toString()) as Summary;
      expect([code, verdict]).toEqual([99, 'aborted']);
      expect(total.counts['failed']).toBe(collector.arrived.messages);
    } finally {
      await collector.close();
    }
  });

  test('ends with 130 when it is interrupted, with its account and its report', async () => {
    const media = await mediaServer();
    try {
      const path = scenario('long', {
        targets: { media: media.url },
        groups: [{ name: 'call', model: model('call'), count: 5 }],
        phases: [{ ramp: '0s' }, { hold: '1h' }],
      });
      const flags = ['--json', '--report', 'interrupted.html'];
      const { code, stdout } = await synthProcess(['fleet', 'run', path, ...flags], {
        cwd,
        signalWhen: () => media.arrived.messages > 0,
      });
      const { verdict, total } = JSON.parse(stdout.toString()) as Summary;
      expect([code, verdict]).toEqual([130, 'interrupted']);
      const { planned, acknowledged, failed, dropped, unfinished } = total.counts;
      expect(planned).toBe(acknowledged! + failed! + dropped! + unfinished!);
      expect(readFileSync(join(cwd, 'interrupted.html'), 'utf8')).toContain('interrupted');
    } finally {
      await media.close();
    }
  });

  test('ends with 5 where nobody is there', async () => {
    const path = scenario('nobody', {
      targets: { broker: { url: 'mqtt://127.0.0.1:1', back_off: { first: '100ms', most: '200ms' } } },
      groups: [{ name: 'hub', model: model('telemetry'), count: 3 }],
      phases: [{ ramp: '0s' }, { hold: '1s' }],
    });
    const { code, stderr } = await synth(['fleet', 'run', path], { cwd });
    expect(code).toBe(5);
    expect(stderr).toMatch(/ECONNREFUSED[\s\S]*SYNTH_TARGET_UNREACHABLE/);
  });
});

describe('before anything is sent', () => {
  const path = () =>
    scenario('ready', {
      targets: { broker: 'mqtt://127.0.0.1:1' },
      groups: [{ name: 'hub', model: model('telemetry'), count: 10_000 }],
      phases: [{ ramp: '0s' }, { hold: '1s' }],
    });

  test('too few open files are an error that says how many are needed', async () => {
    const { code, stderr } = await runProgram(
      'sh',
      ['-c', `ulimit -n 1024; exec "${process.execPath}" "${synthBin}" fleet run "${path()}"`],
      { cwd },
    );
    expect(code).toBe(5);
    expect(stderr).toMatch(
      /10,000 devices need 10,064 open files[\s\S]*ulimit -n 10064[\s\S]*SYNTH_SYSTEM_LIMIT|SYNTH_SYSTEM_LIMIT/,
    );
    expect(stderr).toContain('10,064');
  });

  test('mistakes are told before the limits of this machine', async () => {
    writeFileSync(join(cwd, 'mine.html'), 'mine');
    for (const [flags, code] of [
      ['--report mine.html', 'SYNTH_OUTPUT_EXISTS'],
      ['--metrics nonsense', 'SYNTH_USAGE'],
      ['--otlp ftp://127.0.0.1', 'SYNTH_USAGE'],
    ]) {
      const line = `ulimit -n 1024; exec "${process.execPath}" "${synthBin}" fleet run "${path()}" ${flags}`;
      const { code: exitCode, stderr } = await runProgram('sh', ['-c', line], { cwd });
      expect([flags, exitCode, stderr]).toEqual([flags, 2, expect.stringContaining(code!)]);
    }
  });

  test('two outputs in one file, and two on standard output, are errors', async () => {
    const path = join(cwd, 'outputs.yaml');
    const groups = [{ name: 'hub', model: model('telemetry'), count: 1 }];
    writeFileSync(path, stringify({ targets: { t: 'udp://127.0.0.1:9' }, groups, phases: [{ hold: '1s' }] }));
    const both = await synth(['fleet', 'run', path, '--report', 'out', '--record', 'out'], { cwd });
    expect(both.code).toBe(2);
    expect(both.stderr).toContain('report and record cannot both be written there');
    const stdout = await synth(['fleet', 'run', path, '--summary', '-', '--json'], { cwd });
    expect(stdout.code).toBe(2);
    expect(JSON.parse(stdout.stdout.toString()).error.message).toBe('--json and --summary - both want standard output');
  });

  test('a stranger has to be named twice', async () => {
    const stranger = scenario('stranger', {
      targets: { broker: 'mqtt://8.8.8.8' },
      groups: [{ name: 'hub', model: model('telemetry'), count: 1 }],
      phases: [{ hold: '1s' }],
    });
    const { code, stderr } = await synth(['fleet', 'plan', stranger], { cwd });
    expect([code, /SYNTH_TARGET_NOT_ALLOWED/.test(stderr)]).toEqual([2, true]);
    const allowed = await synth(['fleet', 'plan', stranger, '--allow-target', '8.8.8.8'], { cwd });
    expect(allowed.code).toBe(0);
  });

  test('devices of the same name are an error', async () => {
    const twins = scenario('twins', {
      targets: { broker: 'mqtt://127.0.0.1:1' },
      groups: [{ name: 'hub', model: model('telemetry'), count: 2, id: 'the-same' }],
      phases: [{ hold: '1s' }],
    });
    const { code, stderr } = await synth(['fleet', 'plan', twins], { cwd });
    expect(code).toBe(2);
    expect(stderr).toContain('device 0 of hub and device 1 of hub are both called “the-same”');
  });

  test('a topic that is none is an error, and so is a file to write that the scenario reads', async () => {
    const hubs = { name: 'hub', model: model('telemetry'), count: 2 };
    const content = {
      targets: { broker: 'mqtt://127.0.0.1:1' },
      groups: [{ ...hubs, topic: 'a/#' }],
      phases: [{ hold: '1s' }],
    };
    const { code, stderr } = await synth(['fleet', 'plan', scenario('topics', content)], { cwd });
    expect([code, stderr]).toEqual([
      2,
      expect.stringContaining('the topic “a/#” of device 0 of hub has +, # or a NUL'),
    ]);
    writeFileSync(join(cwd, 'rows.csv'), 'id\na\nb\n');
    const path = scenario('rows', { ...content, groups: [{ ...hubs, identities: 'rows.csv' }] });
    const over = await synth(['fleet', 'run', path, '--record', 'rows.csv', '--force'], { cwd });
    expect(over.code).toBe(2);
    expect(readFileSync(join(cwd, 'rows.csv'), 'utf8')).toBe('id\na\nb\n');
  });

  test('a damaged model, a misspelt threshold and an unknown key are errors', async () => {
    writeFileSync(join(cwd, 'damaged.safetensors'), readFileSync(model('telemetry')).subarray(0, 5000));
    const broken = {
      targets: { b: 'udp://127.0.0.1:9' },
      groups: [{ name: 'a', model: 'damaged.safetensors', count: 1 }],
      phases: [{ hold: '1s' }],
    };
    const run = async (content: object) => {
      const { code, stderr } = await synth(['fleet', 'run', scenario('broken', content)], { cwd });
      return [code, stderr] as const;
    };
    expect(await run(broken)).toEqual([4, expect.stringContaining('SYNTH_MODEL_INVALID')]);
    const whole = { ...broken, groups: [{ name: 'a', model: model('telemetry'), count: 1 }] };
    expect(await run({ ...whole, thresholds: ['latency.p9 < 1s'] })).toEqual([
      2,
      expect.stringContaining('Did you mean latency.p9'),
    ]);
    expect(await run({ ...whole, phase: [] })).toEqual([2, expect.stringContaining('Did you mean phases?')]);
    rmSync(join(cwd, 'damaged.safetensors'));
    expect(await run(broken)).toEqual([3, expect.stringContaining('no such file')]);
  });

  test('the plan says what will happen', async () => {
    const plan = await synthJson(['fleet', 'plan', example('day')], { cwd });
    expect(plan).toMatchObject({ devices: 50, peakDevices: 50, seconds: 11, descriptors: { needed: 114 } });
    expect((plan['phases'] as { kind: string }[]).map(({ kind }) => kind)).toEqual([
      'arrive',
      'hold',
      'ramp',
      'pause',
      'hold',
      'ramp',
    ]);
    const { code, stdout } = await synth(['fleet', 'plan', example('day')], { cwd });
    expect(code).toBe(0);
    expect(stdout.toString()).toMatch(/50 devices, 50 at a time, for 11/);
  });
});

test('every example of the commands runs', async () => {
  const media = await mediaServer();
  try {
    scenario('scenario', {
      targets: { media: media.url },
      groups: [
        { name: 'call', model: model('call'), count: 5 },
        { name: 'hub', model: model('doorbell'), count: 5 },
      ],
      phases: [{ ramp: '0s' }, { hold: '1s' }],
    });
    // The examples of fleet dashboard stay until they are ended: test/peers/cli/fleet-dashboard.test.ts runs them.
    for (const example of ['fleet:plan', 'fleet:run', 'fleet:schema'].flatMap(examplesOf)) {
      const { code, stderr } = await synthLine(example, { cwd });
      expect([0, 6], `${example}: ${stderr}`).toContain(code);
    }
  } finally {
    await media.close();
  }
});
