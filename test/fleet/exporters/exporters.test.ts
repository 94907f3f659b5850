/** What Prometheus and an OpenTelemetry collector are told of a run. */
import { createServer, type Server } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import type { FleetSnapshot } from '../../../src/fleet/account/snapshot.js';
import { type OtlpExport, startOtlpExport } from '../../../src/fleet/exporters/otlp.js';
import { type MetricsServer, startMetricsServer } from '../../../src/fleet/exporters/prometheus.js';
import { type Family, parseExposition } from '../../support/exposition.js';
import { type VirtualTimers, withVirtualTimers } from '../../support/virtual-timers.js';
import { countsOf, durationsOf, groupOf, movingInterval, snapshotOf } from '../sample-fleet.js';

const endings: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0)) await end();
});

async function serve(snapshot: () => FleetSnapshot | undefined): Promise<MetricsServer> {
  const options = { host: '127.0.0.1', port: 0, snapshot, scenario: 'morning "rush"', seed: 'a\\b' };
  const server = await startMetricsServer(options);
  endings.push(() => server.close());
  return server;
}

async function scrape(url: string): Promise<Map<string, Family>> {
  const response = await fetch(url);
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
  return parseExposition(await response.text());
}

test('Prometheus finds the counts of every group, in the format that it reads', async () => {
  const snapshot = snapshotOf();
  const { url } = await serve(() => snapshot);
  const families = await scrape(url);
  const samples = (name: string) => families.get(name)!.samples;
  expect(Object.fromEntries(samples('synth_fleet_messages_sent_total'))).toEqual({
    '{group="hub"}': 49_000,
    '{group="doorbell"}': 4000,
  });
  expect(samples('synth_fleet_messages_acknowledged_total').get('{group="hub"}')).toBe(48_800);
  expect(samples('synth_fleet_connects_total').get('{group="hub"}')).toBe(160);
  expect(samples('synth_fleet_reconnects_total').get('{group="hub"}')).toBe(60);
  expect(samples('synth_fleet_sent_bytes_total').get('{group="hub"}')).toBe(8_820_000);
  expect(samples('synth_fleet_devices_up').get('{group="hub"}')).toBe(98);
  expect(samples('synth_fleet_devices').get('{group="doorbell"}')).toBe(20);
  expect(samples('synth_fleet_devices_wanted').get('{group="hub"}')).toBe(100);
  expect(samples('synth_fleet_errors_total').get('{group="hub",reason="message: http-503"}')).toBe(150);
  expect(samples('synth_fleet_elapsed_seconds').get('{}')).toBe(90);
  expect(samples('synth_fleet_planned_seconds').get('{}')).toBe(120);
  expect([...samples('synth_fleet_phase_info')]).toEqual([['{phase="hold"}', 1]]);
  expect([...samples('synth_fleet_run_info')]).toEqual([['{scenario="morning \\"rush\\"",seed="a\\\\b"}', 1]]);
});

test('Durations are summaries in seconds, of each group and, under another name, of all', async () => {
  const { url } = await serve(() => snapshotOf());
  const families = await scrape(url);
  const { type, samples } = families.get('synth_fleet_latency_seconds')!;
  expect(type).toBe('summary');
  // durationOf: p99 is 5 times the median of 8 ms, the mean 1.25 times.
  expect(samples.get('{group="hub",quantile="0.5"}')).toBe(0.008);
  expect(samples.get('{group="hub",quantile="0.99"}')).toBe(0.04);
  expect(samples.get('{group="hub",quantile="1"}')).toBe(0.08);
  expect(samples.get('_count{group="hub"}')).toBe(48_800);
  expect(samples.get('_sum{group="hub"}')).toBeCloseTo(48_800 * 0.01, 9);
  expect(families.get('synth_fleet_overall_latency_seconds')!.samples.get('{quantile="0.5"}')).toBe(0.009);
  for (const name of ['connect', 'service_time', 'lateness']) {
    expect(families.get(`synth_fleet_${name}_seconds`)!.samples.size).toBe(16);
  }
});

test('Names of groups and reasons may hold anything', async () => {
  const name = 'a"b\\c\nd {x="y"} #';
  const groups = [groupOf({ name, counts: countsOf({ sent: 7 }), errors: new Map([['message: "x"\n', 3]]) })];
  const { url } = await serve(() => snapshotOf({ groups }));
  const families = await scrape(url);
  expect([...families.get('synth_fleet_messages_sent_total')!.samples]).toEqual([
    ['{group="a\\"b\\\\c\\nd {x=\\"y\\"} #"}', 7],
  ]);
  expect([...families.get('synth_fleet_errors_total')!.samples.values()]).toEqual([3]);
});

test('Before the first look there are names and no values; each request sees the latest; what is gone is gone', async () => {
  let snapshot: FleetSnapshot | undefined;
  const { url } = await serve(() => snapshot);
  const before = await scrape(url);
  expect(before.get('synth_fleet_messages_sent_total')!.samples.size).toBe(0);
  expect(before.get('synth_fleet_elapsed_seconds')!.samples.size).toBe(0);
  for (const [phase, sent] of [
    ['ramp', 1],
    ['hold', 5],
  ] as const) {
    snapshot = snapshotOf({ phase, interval: undefined, groups: [groupOf({ counts: countsOf({ sent }) })] });
    const families = await scrape(url);
    expect([...families.get('synth_fleet_messages_sent_total')!.samples.values()]).toEqual([sent]);
    expect([...families.get('synth_fleet_phase_info')!.samples.keys()]).toEqual([`{phase="${phase}"}`]);
    expect(families.get('synth_fleet_devices_wanted')!.samples.size).toBe(0);
    // Of no messages there is no quantile, but there is their number.
    expect([...families.get('synth_fleet_latency_seconds')!.samples]).toEqual([
      ['_sum{group="hub"}', 0],
      ['_count{group="hub"}', 0],
    ]);
  }
});

test('There is nothing but GET /metrics', async () => {
  const { url } = await serve(() => snapshotOf());
  for (const path of ['/', '/metrics/x', '/favicon.ico']) expect((await fetch(new URL(path, url))).status).toBe(404);
  const posted = await fetch(url, { method: 'POST', body: 'x' });
  expect([posted.status, posted.headers.get('allow')]).toEqual([405, 'GET']);
  expect((await fetch(`${url}?name=x`)).status).toBe(200);
});

test('A port in use is an error that names it', async () => {
  const taken = createTcpServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => taken.once('listening', resolve));
  endings.push(() => new Promise((resolve) => taken.close(resolve)));
  // A TCP server has an address and a port.
  const { port } = taken.address() as AddressInfo;
  const options = { host: '127.0.0.1', port, snapshot: () => undefined, scenario: 'x', seed: '1' };
  await expect(startMetricsServer(options)).rejects.toMatchObject({
    code: 'SYNTH_SYSTEM_LIMIT',
    message: `The server of metrics cannot listen on 127.0.0.1, port ${port}: the port is in use`,
    hint: expect.stringContaining('another port'),
  });
});

test('When it is closed nobody answers', async () => {
  const { url, close } = await startMetricsServer({
    host: '127.0.0.1',
    port: 0,
    snapshot: () => snapshotOf(),
    scenario: 'x',
    seed: '1',
  });
  expect((await fetch(url)).status).toBe(200);
  await close();
  await expect(fetch(url)).rejects.toThrow();
});

/** What a request of OTLP holds, as far as it is looked at. */
interface OtlpPoint {
  readonly attributes: readonly { readonly key: string; readonly value: { readonly stringValue: string } }[];
  readonly asInt?: number;
  readonly asDouble?: number;
}
interface OtlpMetric {
  readonly name: string;
  readonly unit: string;
  readonly sum?: { readonly isMonotonic: boolean; readonly aggregationTemporality: number; dataPoints: OtlpPoint[] };
  readonly gauge?: { readonly dataPoints: OtlpPoint[] };
}
interface OtlpRequest {
  readonly path: string;
  readonly type: string | undefined;
  readonly resource: Readonly<Record<string, string>>;
  readonly metrics: ReadonlyMap<string, OtlpMetric>;
}

const attributesOf = (list: OtlpPoint['attributes']) =>
  Object.fromEntries(list.map(({ key, value }) => [key, value.stringValue]));

async function collector(status = 200): Promise<{ readonly url: string; readonly requests: OtlpRequest[] }> {
  const requests: OtlpRequest[] = [];
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part) => parts.push(part));
    request.on('end', () => {
      const [resource] = JSON.parse(Buffer.concat(parts).toString()).resourceMetrics;
      requests.push({
        path: request.url!,
        type: request.headers['content-type'],
        resource: attributesOf(resource.resource.attributes),
        metrics: new Map(resource.scopeMetrics[0].metrics.map((metric: OtlpMetric) => [metric.name, metric])),
      });
      response.writeHead(status, { 'Content-Type': 'application/json' }).end('{}');
    });
  });
  return { url: await listening(server), requests };
}

async function listening(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  endings.push(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  // A TCP server has an address and a port.
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Its interval is so long that only the end exports. */
const exportTo = (
  url: string,
  some: { intervalMs?: number; snapshot?: () => FleetSnapshot | undefined } = {},
): OtlpExport =>
  startOtlpExport({ url, snapshot: () => snapshotOf(), intervalMs: 600_000, scenario: 'morning', seed: '7', ...some });

/** Points as `attributes → value`. */
const pointsOf = (request: OtlpRequest, name: string): readonly (readonly [Record<string, string>, number])[] => {
  const metric = request.metrics.get(name);
  const points = metric?.sum?.dataPoints ?? metric?.gauge?.dataPoints ?? [];
  return points.map(({ attributes, asInt, asDouble }) => [attributesOf(attributes), asInt ?? asDouble ?? Number.NaN]);
};

/** Exports give up after some seconds, which pass only where a test says so. */
const testOfExports = (name: string, body: (timers: VirtualTimers) => Promise<void>) =>
  test(name, () => withVirtualTimers(body));

/** Lets time pass until a promise is settled. */
async function passing<T>(promise: Promise<T>, passUntil: VirtualTimers['passUntil'], maxMs = 60_000): Promise<T> {
  let isSettled = false;
  const onSettled = () => {
    isSettled = true;
  };
  promise.then(onSettled, onSettled);
  await passUntil(() => isSettled, 'ended', maxMs);
  return promise;
}

testOfExports('A collector gets the last numbers at the end, with exact values and attributes', async () => {
  const { url, requests } = await collector();
  expect(await exportTo(url).close()).toEqual({ failed: 0 });
  expect(requests).toHaveLength(1);
  const [request] = requests as [OtlpRequest];
  expect(request.path).toBe('/v1/metrics');
  expect(request.type).toBe('application/json');
  expect(request.resource).toMatchObject({ 'service.name': 'synth', 'synth.scenario': 'morning', 'synth.seed': '7' });
  expect(pointsOf(request, 'synth.fleet.messages.sent')).toEqual([
    [{ group: 'hub' }, 49_000],
    [{ group: 'doorbell' }, 4000],
  ]);
  expect(request.metrics.get('synth.fleet.messages.sent')).toMatchObject({
    unit: '{message}',
    // 2: cumulative
    sum: { isMonotonic: true, aggregationTemporality: 2 },
  });
  expect(pointsOf(request, 'synth.fleet.devices.up')).toEqual([
    [{ group: 'hub' }, 98],
    [{ group: 'doorbell' }, 20],
  ]);
  expect(pointsOf(request, 'synth.fleet.errors')).toContainEqual([
    { group: 'hub', reason: 'connect: ECONNREFUSED' },
    20,
  ]);
  expect(pointsOf(request, 'synth.fleet.elapsed')).toEqual([[{}, 90]]);
  expect(pointsOf(request, 'synth.fleet.phase')).toEqual([[{ phase: 'hold' }, 1]]);
  const latency = pointsOf(request, 'synth.fleet.latency');
  expect(latency).toHaveLength(18);
  expect(latency).toContainEqual([{ group: 'hub', quantile: '0.99' }, 0.04]);
  expect(latency).toContainEqual([{ quantile: '0.5' }, 0.009]);
  expect(request.metrics.get('synth.fleet.latency')!.unit).toBe('s');
});

testOfExports('A path of the URL is kept', async () => {
  const { url, requests } = await collector();
  await exportTo(`${url}/otlp/v1/metrics`).close();
  await exportTo(`${url}/`).close();
  expect(requests.map(({ path }) => path)).toEqual(['/otlp/v1/metrics', '/v1/metrics']);
});

testOfExports(
  'While it runs it exports again and again, each time the latest, and only that',
  async ({ passUntil }) => {
    const { url, requests } = await collector();
    let asked = 0;
    const snapshot = () => {
      asked = requests.length;
      return snapshotOf({
        phase: asked < 2 ? 'ramp' : 'hold',
        groups: [groupOf({ counts: countsOf({ sent: 10 * (asked + 1) }), durations: durationsOf(0, 0) })],
      });
    };
    const exporting = exportTo(url, { intervalMs: 10_000, snapshot });
    await passUntil(() => requests.length > 3, 'exported');
    expect(await exporting.close()).toEqual({ failed: 0 });
    const sent = requests.map((request) => pointsOf(request, 'synth.fleet.messages.sent')[0]![1]);
    expect(sent).toEqual(sent.map((_, index) => 10 * (index + 1)));
    expect(requests.map((request) => pointsOf(request, 'synth.fleet.phase'))).toContainEqual([
      [{ phase: 'ramp' }, 0],
      [{ phase: 'hold' }, 1],
    ]);
    // Of no messages there is no latency.
    expect(pointsOf(requests[0]!, 'synth.fleet.latency')).toEqual([]);
  },
);

testOfExports('More series than the library expects arrive all the same', async () => {
  const { url, requests } = await collector();
  const groups = Array.from({ length: 500 }, (_, index) =>
    groupOf({ name: `group-${index}`, counts: countsOf({ acknowledged: 1 }), durations: durationsOf(1, 1) }),
  );
  await exportTo(url, { snapshot: () => snapshotOf({ groups, interval: movingInterval(1) }) }).close();
  expect(pointsOf(requests[0]!, 'synth.fleet.latency')).toHaveLength(501 * 6);
});

testOfExports('A collector that is not there is told of once, at the end', async ({ passUntil }) => {
  const { url } = await collector();
  for (const end of endings.splice(0)) await end();
  const { failed, lastError } = await passing(exportTo(url).close(), passUntil);
  expect(failed).toBe(1);
  expect(lastError).toMatch(/ECONNREFUSED/);
});

testOfExports('A collector that refuses is told of', async () => {
  const { url } = await collector(400);
  expect(await exportTo(url).close()).toMatchObject({ failed: 1, lastError: expect.stringMatching(/Bad Request|400/) });
});

testOfExports('A collector that never answers holds up the end for some seconds at most', async ({ passUntil }) => {
  const url = await listening(createServer(() => {}));
  const { failed, lastError } = await passing(exportTo(url).close(), passUntil, 10_000);
  expect(failed).toBeGreaterThanOrEqual(1);
  expect(lastError).toMatch(/timed? ?out|did not answer/i);
});

test.each(['not a url', 'ftp://127.0.0.1/', '127.0.0.1:4318'])('%s is no collector', (url) => {
  expect(() => exportTo(url)).toThrow(expect.objectContaining({ code: 'SYNTH_USAGE' }));
});
