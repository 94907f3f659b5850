/**
 * @module
 * The numbers of a run where Prometheus may ask for them: `GET /metrics`.
 */
import { createServer, type ServerResponse } from 'node:http';
import type { Registry } from 'prom-client';
import type { DurationSummary, FleetSnapshot } from '../account/snapshot.js';
import { listen, stopServer } from './local-server.js';
import { COUNTERS, countOf, DEVICE_GAUGES, DURATION_METRICS, ERRORS, quantilesOf, RUN_GAUGES } from './metrics.js';

export interface MetricsServerOptions {
  readonly host: string;
  /** 0 for one that is free. */
  readonly port: number;
  /** Undefined before the first look: there are names then, and no values. */
  readonly snapshot: () => FleetSnapshot | undefined;
  readonly scenario: string;
  readonly seed: string;
}

export interface MetricsServer {
  /** Of the metrics. */
  readonly url: string;
  close(): Promise<void>;
}

/** @throws SynthError `SYNTH_SYSTEM_LIMIT` if it cannot listen there */
export async function startMetricsServer(options: MetricsServerOptions): Promise<MetricsServer> {
  const registry = await registryOf(options);
  const server = createServer((request, response) => {
    if (request.url?.split('?')[0] !== '/metrics') return answer(response, 404, 'not found: there is /metrics\n');
    if (request.method !== 'GET') return answer(response.setHeader('Allow', 'GET'), 405, 'only GET\n');
    registry.metrics().then(
      (text) => answer(response.setHeader('Content-Type', registry.contentType), 200, text),
      (error: unknown) => answer(response, 500, `${String(error)}\n`),
    );
  });
  const url = await listen(server, options.host, options.port, 'The server of metrics');
  return { url: `${url}/metrics`, close: () => stopServer(server) };
}

function answer(response: ServerResponse, status: number, text: string): void {
  if (!response.hasHeader('Content-Type')) response.setHeader('Content-Type', 'text/plain; charset=utf-8');
  response.writeHead(status).end(text);
}

const prometheusName = (name: string): string => `synth_fleet_${name.replaceAll('.', '_')}`;

async function registryOf({ snapshot, scenario, seed }: MetricsServerOptions): Promise<Registry> {
  const prometheus = await import('prom-client');
  const registry = new prometheus.Registry();
  const common = { registers: [registry] };
  new prometheus.Gauge({
    ...common,
    name: prometheusName('run.info'),
    help: 'Which run this is.',
    labelNames: ['scenario', 'seed'],
  }).set({ scenario, seed }, 1);
  new prometheus.Gauge({
    ...common,
    name: prometheusName('phase.info'),
    help: 'The phase that the run is in.',
    labelNames: ['phase'],
    collect() {
      this.reset();
      const phase = snapshot()?.phase;
      if (phase !== undefined) this.set({ phase }, 1);
    },
  });
  addRunGauges(prometheus, registry, snapshot);
  addDeviceGauges(prometheus, registry, snapshot);
  addCounters(prometheus, registry, snapshot);
  addSummaries(prometheus, registry, snapshot);
  return registry;
}

type Prometheus = typeof import('prom-client');
type Look = () => FleetSnapshot | undefined;

function addRunGauges({ Gauge }: Prometheus, registry: Registry, snapshot: Look): void {
  for (const { name, help, seconds } of RUN_GAUGES) {
    new Gauge({
      registers: [registry],
      name: prometheusName(`${name}.seconds`),
      help,
      // A gauge without labels would be 0 before there is anything to tell.
      labelNames: ['unused'],
      collect() {
        this.reset();
        const now = snapshot();
        if (now !== undefined) this.set({}, seconds(now));
      },
    });
  }
}

function addDeviceGauges({ Gauge }: Prometheus, registry: Registry, snapshot: Look): void {
  for (const { name, help, value } of DEVICE_GAUGES) {
    new Gauge({
      registers: [registry],
      name: prometheusName(name),
      help,
      labelNames: ['group'],
      collect() {
        this.reset();
        const now = snapshot();
        now?.groups.forEach((group, index) => {
          const devices = value(now, index);
          if (devices !== undefined) this.set({ group: group.name }, devices);
        });
      },
    });
  }
}

function addCounters({ Counter }: Prometheus, registry: Registry, snapshot: Look): void {
  for (const metric of COUNTERS) {
    new Counter({
      registers: [registry],
      name: prometheusName(`${metric.name}.total`),
      help: metric.help,
      labelNames: ['group'],
      collect() {
        this.reset();
        for (const { name, counts } of snapshot()?.groups ?? []) this.inc({ group: name }, countOf(counts, metric));
      },
    });
  }
  new Counter({
    registers: [registry],
    name: prometheusName(`${ERRORS.name}.total`),
    help: ERRORS.help,
    labelNames: ['group', 'reason'],
    collect() {
      this.reset();
      for (const { name, errors } of snapshot()?.groups ?? []) {
        for (const [reason, count] of errors) this.inc({ group: name, reason }, count);
      }
    },
  });
}

/**
 * Durations are summaries of the whole run so far. Quantiles of groups cannot be put together, so those of all groups are told too, under
 * names of their own: sums over the groups stay right.
 */
function addSummaries(prometheus: Prometheus, registry: Registry, snapshot: Look): void {
  const addSummary = (name: string, help: string, labelNames: readonly string[], look: () => Series) => {
    registry.registerMetric(summaryOf(prometheus, prometheusName(name), help, labelNames, look));
  };
  for (const { name, help, duration } of DURATION_METRICS) {
    addSummary(`${name}.seconds`, help, ['group'], () =>
      (snapshot()?.groups ?? []).map((group) => [{ group: group.name }, group.durations[duration]]),
    );
    addSummary(`overall.${name}.seconds`, `Of all groups. ${help}`, [], () => {
      const now = snapshot();
      return now === undefined ? [] : [[{}, now.total.durations[duration]]];
    });
  }
}

type Series = readonly (readonly [labels: Readonly<Record<string, string>>, summary: DurationSummary])[];

/** A summary whose distribution is known already: prom-client would have to see every single value. */
function summaryOf(
  { Summary }: Prometheus,
  name: string,
  help: string,
  labelNames: readonly string[],
  look: () => Series,
) {
  class KnownSummary extends Summary {
    override async get(): ReturnType<InstanceType<typeof Summary>['get']> {
      const values = look().flatMap(([labels, summary]) => [
        // Of nothing there is no quantile.
        ...(summary.count === 0 ? [] : quantilesOf(summary)).map(([quantile, value]) => ({
          labels: { ...labels, quantile },
          value,
        })),
        { metricName: `${name}_sum`, labels, value: (summary.meanNs * summary.count) / 1e9 },
        { metricName: `${name}_count`, labels, value: summary.count },
      ]);
      return { ...(await super.get()), values };
    }
  }
  return new KnownSummary({ name, help, labelNames: [...labelNames], registers: [] });
}
