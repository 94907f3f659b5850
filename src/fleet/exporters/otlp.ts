/**
 * @module
 * The numbers of a run for an OpenTelemetry collector, by OTLP over HTTP in JSON.
 *
 * Durations are gauges by quantile: a snapshot has the quantiles of a distribution and not the buckets of a histogram.
 * What the exporter reads from the environment – `OTEL_EXPORTER_OTLP_HEADERS` for credentials – holds here as well.
 */
import type { MeterProvider, PushMetricExporter } from '@opentelemetry/sdk-metrics';
import { SynthError } from '../../errors.js';
import type { FleetSnapshot } from '../account/snapshot.js';
import { COUNTERS, countOf, DEVICE_GAUGES, DURATION_METRICS, ERRORS, quantilesOf, RUN_GAUGES } from './metrics.js';

/** How long one export may take, and the last one with all that belongs to the end. */
const EXPORT_MS = 2000;
const CLOSE_MS = 3000;
/** Series of one metric. The library stops at 2,000 otherwise, which a hundred groups with twenty reasons have. */
const MAX_SERIES = 100_000;

export interface OtlpExportOptions {
  /** Of the collector; without a path it gets `/v1/metrics`. */
  readonly url: string;
  readonly snapshot: () => FleetSnapshot | undefined;
  readonly intervalMs: number;
  readonly scenario: string;
  readonly seed: string;
}

export interface OtlpExport {
  /** Sends the last numbers, which takes some seconds at most, and says how many exports have failed. It never throws. */
  close(): Promise<OtlpOutcome>;
}

export interface OtlpOutcome {
  readonly failed: number;
  readonly lastError?: string;
}

/**
 * Begins to export. A collector that is not there disturbs nothing: what failed is told at the end.
 *
 * @throws SynthError `SYNTH_USAGE` if the URL is none of http or https
 */
export function startOtlpExport(options: OtlpExportOptions): OtlpExport {
  const url = metricsUrl(options.url);
  const failures = new Failures();
  const started = startProvider(options, url, failures);
  // Told at the end.
  started.catch((error: unknown) => failures.add(error));
  return {
    async close() {
      const provider = await started.catch(() => undefined);
      await within(
        CLOSE_MS,
        provider?.shutdown().catch((error: unknown) => failures.add(error)),
        failures,
      );
      return failures.outcome;
    },
  };
}

/** Where a collector takes metrics: OTLP 1.x, “OTLP/HTTP Request”. @throws SynthError `SYNTH_USAGE` if the URL is none of http or https */
export function metricsUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') {
    throw new SynthError('SYNTH_USAGE', `not the URL of an OTLP collector: ${text}`, {
      hint: 'It begins with http:// or https://, for example http://127.0.0.1:4318.',
    });
  }
  if (url.pathname === '/') url.pathname = '/v1/metrics';
  return url.href;
}

/** Exports that came to nothing. */
class Failures {
  #count = 0;
  #last: string | undefined;

  add(error: unknown): void {
    this.#count++;
    this.#last = describe(error);
  }

  get outcome(): OtlpOutcome {
    return this.#last === undefined ? { failed: this.#count } : { failed: this.#count, lastError: this.#last };
  }
}

/** Some errors of the network have no message, but others inside them. */
function describe(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') return error.errors.map(describe).join(', ');
  return error instanceof Error ? error.message || error.name : String(error);
}

async function startProvider(
  { snapshot, intervalMs, scenario, seed }: OtlpExportOptions,
  url: string,
  failures: Failures,
) {
  const [metrics, { OTLPMetricExporter }, { resourceFromAttributes }] = await Promise.all([
    import('@opentelemetry/sdk-metrics'),
    import('@opentelemetry/exporter-metrics-otlp-http'),
    import('@opentelemetry/resources'),
  ]);
  const exporter = new OTLPMetricExporter({
    url,
    timeoutMillis: EXPORT_MS,
    temporalityPreference: metrics.AggregationTemporality.CUMULATIVE,
  });
  const reader = new metrics.PeriodicExportingMetricReader({
    exporter: counting(exporter, failures),
    exportIntervalMillis: intervalMs,
    // May be no longer than the interval. The exporter goes on for as long as it was given, and then says what was wrong.
    exportTimeoutMillis: intervalMs,
    cardinalityLimits: { default: MAX_SERIES },
  });
  const provider = new metrics.MeterProvider({
    resource: resourceFromAttributes({
      'service.name': 'synth',
      'synth.scenario': scenario,
      'synth.seed': seed,
    }),
    readers: [reader],
  });
  observe(provider.getMeter('synth.fleet'), snapshot);
  return provider;
}

/** The same exporter, whose failures are counted. */
function counting(exporter: PushMetricExporter, failures: Failures): PushMetricExporter {
  return {
    selectAggregationTemporality: (kind) => exporter.selectAggregationTemporality!(kind),
    forceFlush: () => exporter.forceFlush(),
    shutdown: () => exporter.shutdown(),
    export(metrics, done) {
      exporter.export(metrics, (result) => {
        if (result.error !== undefined) failures.add(result.error);
        done(result);
      });
    },
  };
}

// These types are those of @opentelemetry/api, which the libraries bring with them.
type Meter = ReturnType<MeterProvider['getMeter']>;
type Callback = Parameters<ReturnType<Meter['createObservableGauge']>['addCallback']>[0];
type ObservableResult = Parameters<Callback>[0];

const otlpName = (name: string): string => `synth.fleet.${name}`;

/** How UCUM writes what is counted. */
const UNITS = { messages: '{message}', bytes: 'By', connections: '{connection}', packets: '{packet}' } as const;

function observe(meter: Meter, snapshot: () => FleetSnapshot | undefined): void {
  const eachTime: EachTime = (tell) => (result) => {
    const now = snapshot();
    if (now !== undefined) tell(result, now);
  };
  for (const { name, help, seconds } of RUN_GAUGES) {
    meter
      .createObservableGauge(otlpName(name), { description: help, unit: 's' })
      .addCallback(eachTime((result, now) => result.observe(seconds(now))));
  }
  observePhase(meter, eachTime);
  for (const { name, help, value } of DEVICE_GAUGES) {
    meter.createObservableGauge(otlpName(name), { description: help, unit: '{device}' }).addCallback(
      eachTime((result, now) => {
        now.groups.forEach((group, index) => {
          const devices = value(now, index);
          if (devices !== undefined) result.observe(devices, { group: group.name });
        });
      }),
    );
  }
  for (const metric of COUNTERS) {
    meter
      .createObservableCounter(otlpName(metric.name), { description: metric.help, unit: UNITS[metric.unit] })
      .addCallback(
        eachTime((result, { groups }) => {
          for (const { name, counts } of groups) result.observe(countOf(counts, metric), { group: name });
        }),
      );
  }
  meter.createObservableCounter(otlpName(ERRORS.name), { description: ERRORS.help, unit: '{error}' }).addCallback(
    eachTime((result, { groups }) => {
      for (const { name, errors } of groups) {
        for (const [reason, count] of errors) result.observe(count, { group: name, reason });
      }
    }),
  );
  observeDurations(meter, eachTime);
}

type EachTime = (tell: (result: ObservableResult, now: FleetSnapshot) => void) => Callback;

/** 1 for the phase that the run is in. The library goes on with the last value of a series, so phases that are over become 0. */
function observePhase(meter: Meter, eachTime: EachTime): void {
  const seen = new Set<string>();
  meter.createObservableGauge(otlpName('phase'), { description: 'The phase that the run is in.' }).addCallback(
    eachTime((result, { phase }) => {
      seen.add(phase);
      for (const one of seen) result.observe(one === phase ? 1 : 0, { phase: one });
    }),
  );
}

/** Of the groups, and of all of them together without the attribute `group`. */
function observeDurations(meter: Meter, eachTime: EachTime): void {
  for (const { name, help, duration } of DURATION_METRICS) {
    meter.createObservableGauge(otlpName(name), { description: help, unit: 's' }).addCallback(
      eachTime((result, { groups, total }) => {
        for (const group of [...groups, total]) {
          const summary = group.durations[duration];
          if (summary.count === 0) continue;
          for (const [quantile, seconds] of quantilesOf(summary)) {
            result.observe(seconds, group === total ? { quantile } : { group: group.name, quantile });
          }
        }
      }),
    );
  }
}

/** Waits for work, but no longer than this. */
async function within(ms: number, work: Promise<void> | undefined, failures: Failures): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const tooLong = new Promise<void>((resolve) => {
    timer = setTimeout(() => {
      failures.add(new Error('the collector did not answer'));
      resolve();
    }, ms);
  });
  await Promise.race([work, tooLong]);
  clearTimeout(timer);
}
