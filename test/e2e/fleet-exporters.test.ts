/** What Prometheus and an OpenTelemetry collector hear of a real run. */
import { once } from 'node:events';
import { readdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { synth, workFolder } from '../support/cli.js';
import { type Family, parseExposition } from '../support/exposition.js';
import { projectRoot } from '../support/files.js';
import { type CountingServer, httpCollector } from '../support/fleet-servers.js';
import { freePort } from '../support/ports.js';
import { startSynth } from '../support/running.js';

const cwd = workFolder();
const model = join(projectRoot, 'examples/models/telemetry.safetensors');

const endings: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end();
});

let target: CountingServer;
beforeEach(async () => {
  target = await httpCollector();
  endings.push(() => target.close());
});

/** @param hold how long the devices talk: 2s */
function scenario(hold: string): string {
  const path = join(cwd, 'exported.yaml');
  const groups = [
    { name: 'hub', model, count: 10, speed: 20 },
    { name: 'lamp "two"', model, count: 5, speed: 10 },
  ];
  writeFileSync(path, stringify({ targets: { web: target.url }, groups, phases: [{ ramp: '1s' }, { hold }] }));
  return path;
}

interface Distribution {
  readonly count: number;
  readonly meanNs: number;
  readonly p99Ns: number;
}

interface Summary {
  readonly elapsedSeconds: number;
  readonly groups: readonly {
    readonly name: string;
    readonly counts: Readonly<Record<string, number>>;
    readonly durations: Readonly<Record<string, Distribution>>;
  }[];
}

const summaryIn = (stdout: Buffer): Summary => JSON.parse(stdout.toString()) as Summary;

const COUNTERS = ['planned', 'sent', 'acknowledged', 'failed', 'dropped'];
const sampleOf = (families: Map<string, Family>, family: string, group: string): number | undefined =>
  families.get(`synth_fleet_${family}`)?.samples.get(`{group=${JSON.stringify(group)}}`);

test('Prometheus sees counters that only grow, up to what the run comes to', async () => {
  const port = await freePort();
  const running = startSynth(
    ['fleet', 'run', scenario('1h'), '--metrics', `127.0.0.1:${port}`, '--json', '--seed', '1'],
    cwd,
  );
  endings.push(() => running.stop());
  expect((await running.said(/Metrics: (\S+)/))[1]).toBe(`http://127.0.0.1:${port}/metrics`);
  const scrapes: Map<string, Family>[] = [];
  const seen = (count: string, group: string) =>
    scrapes.flatMap((scrape) => sampleOf(scrape, `messages_${count}_total`, group) ?? []);
  const isSeen = (group: string) =>
    new Set(seen('sent', group)).size > 4 && new Set(seen('acknowledged', group)).size > 4;
  while (!(isSeen('hub') && isSeen('lamp "two"'))) {
    const response = await fetch(`http://127.0.0.1:${port}/metrics`);
    expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    scrapes.push(parseExposition(await response.text()));
    await pause(50);
  }
  running.signal('SIGINT');
  const { code, stdout, stderr } = await running.finished;
  expect(code, stderr).toBe(130);
  const { groups, elapsedSeconds } = summaryIn(stdout);
  expect(groups.map(({ name }) => name)).toEqual(['hub', 'lamp "two"']);
  for (const { name, counts, durations } of groups) {
    for (const count of COUNTERS) {
      const values = seen(count, name);
      for (const [at, value] of values.entries()) expect(value).toBeGreaterThanOrEqual(values[at - 1] ?? 0);
      expect(values.at(-1), count).toBeLessThanOrEqual(counts[count]!);
      if (counts[count]! > 0) expect(new Set(values).size).toBeGreaterThan(4);
    }
    const last = scrapes.findLast((scrape) => sampleOf(scrape, 'messages_sent_total', name) !== undefined)!;
    const { samples } = last.get('synth_fleet_service_time_seconds')!;
    const label = `group=${JSON.stringify(name)}`;
    expect(samples.get(`_count{${label}}`)).toBe(sampleOf(last, 'messages_acknowledged_total', name));
    expect(samples.get(`_sum{${label}}`)).toBeLessThanOrEqual(
      (durations['serviceTime']!.meanNs * durations['serviceTime']!.count) / 1e9 + 1e-6,
    );
  }
  const elapsed = scrapes.flatMap((scrape) => scrape.get('synth_fleet_elapsed_seconds')!.samples.get('{}') ?? []);
  expect(elapsed.at(-1)).toBeLessThanOrEqual(elapsedSeconds);
  const phases = scrapes.flatMap((scrape) => [...scrape.get('synth_fleet_phase_info')!.samples.keys()]);
  expect(phases).toContain('{phase="hold"}');
});

interface Export {
  readonly resourceMetrics: readonly {
    readonly scopeMetrics: readonly {
      readonly metrics: readonly {
        readonly name: string;
        readonly sum?: { readonly isMonotonic: boolean; readonly dataPoints: readonly DataPoint[] };
        readonly gauge?: { readonly dataPoints: readonly DataPoint[] };
      }[];
    }[];
  }[];
}

interface DataPoint {
  readonly asDouble?: number;
  readonly asInt?: number | string;
  readonly attributes: readonly { readonly key: string; readonly value: { readonly stringValue: string } }[];
}

/** A collector that keeps what it is told. */
async function collector(): Promise<{ readonly url: string; readonly exports: Export[]; readonly paths: Set<string> }> {
  const exports: Export[] = [];
  const paths = new Set<string>();
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      paths.add(`${request.method} ${request.url} ${request.headers['content-type']}`);
      exports.push(JSON.parse(Buffer.concat(parts).toString()) as Export);
      response.writeHead(200, { 'Content-Type': 'application/json' }).end('{}');
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  endings.push(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });
  const { port } = server.address() as AddressInfo; // of an internet socket
  return { url: `http://127.0.0.1:${port}`, exports, paths };
}

/** Values of a metric by its attributes: `group=hub`. */
function pointsOf(told: Export, name: string): ReadonlyMap<string, number> {
  const metrics = told.resourceMetrics.flatMap(({ scopeMetrics }) => scopeMetrics.flatMap(({ metrics }) => metrics));
  const found = metrics.filter((metric) => metric.name === name);
  expect(found, name).toHaveLength(1);
  const points = found[0]!.sum?.dataPoints ?? found[0]!.gauge!.dataPoints;
  return new Map(
    points.map(({ attributes, asDouble, asInt }) => [
      attributes.map(({ key, value }) => `${key}=${value.stringValue}`).join(','),
      asDouble ?? Number(asInt),
    ]),
  );
}

test('a collector hears during the run, and in the end what the summary says', async () => {
  const { url, exports, paths } = await collector();
  const { code, stdout, stderr } = await synth(
    ['fleet', 'run', scenario('12s'), '--otlp', url, '--json', '--seed', '1'],
    {
      cwd,
    },
  );
  expect([0, 6], stderr).toContain(code);
  expect(stderr).not.toContain('Warning');
  expect([...paths]).toEqual(['POST /v1/metrics application/json']);
  expect(exports.length).toBeGreaterThanOrEqual(2);
  const last = exports.at(-1)!;
  for (const { name, counts, durations } of summaryIn(stdout).groups) {
    for (const count of COUNTERS) {
      const told = pointsOf(last, `synth.fleet.messages.${count}`).get(`group=${name}`);
      expect(told, count).toBe(counts[count]);
    }
    expect(pointsOf(exports[0]!, 'synth.fleet.messages.sent').get(`group=${name}`)).toBeLessThan(counts['sent']!);
    expect(pointsOf(last, 'synth.fleet.sent.bytes').get(`group=${name}`)).toBe(counts['sentBytes']);
    const p99 = pointsOf(last, 'synth.fleet.service.time').get(`group=${name},quantile=0.99`);
    expect(p99).toBeCloseTo(durations['serviceTime']!.p99Ns / 1e9, 9);
  }
  expect(target.arrived.messages).toBeGreaterThan(0);
});

test('a collector that is down changes nothing but for one warning at the end', async () => {
  const args = [
    'fleet',
    'run',
    scenario('2s'),
    '--otlp',
    `http://127.0.0.1:${await freePort()}`,
    '--json',
    '--seed',
    '1',
  ];
  const { code, stdout, stderr } = await synth(args, { cwd });
  expect([0, 6], stderr).toContain(code);
  expect(stderr.match(/collector|ECONNREFUSED/g)?.length).toBe(2);
  expect(stderr).toMatch(/^Warning: \d+ exports? to the collector failed: .*ECONNREFUSED.*$/m);
  const sent = summaryIn(stdout).groups.map(({ counts }) => counts['sent']!);
  expect(target.arrived.messages).toBe(sent[0]! + sent[1]!);
});

test.each(['metrics', 'dashboard'])(
  'a port of --%s in use is an error before anything is sent or written',
  async (flag) => {
    const taken = createServer();
    taken.listen(0, '127.0.0.1');
    await once(taken, 'listening');
    endings.push(async () => {
      taken.close();
      await once(taken, 'close');
    });
    const { port } = taken.address() as AddressInfo; // of an internet socket
    const path = scenario('2s');
    const before = readdirSync(cwd);
    const args = ['fleet', 'run', path, `--${flag}`, `:${port}`, '--record', 'sent.ndjson', '--report', 'r.html'];
    const { code, stderr } = await synth(args, { cwd });
    expect(code).toBe(5);
    expect(stderr).toMatch(/the port is in use[\s\S]*SYNTH_SYSTEM_LIMIT|SYNTH_SYSTEM_LIMIT[\s\S]*the port is in use/);
    expect(stderr).toContain(`${port}`);
    expect(readdirSync(cwd)).toEqual(before);
    expect(target.arrived.messages).toBe(0);
  },
);
