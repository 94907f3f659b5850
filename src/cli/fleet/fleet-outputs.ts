/**
 * @module
 * Everything beside the terminal that shows a running fleet, as one: the dashboard, Prometheus, OTLP.
 */

import type { FleetResult, FleetSnapshot } from '../../fleet/account/snapshot.js';
import type { Dashboard } from '../../fleet/dashboard/dashboard.js';
import type { OtlpExport } from '../../fleet/exporters/otlp.js';
import type { MetricsServer } from '../../fleet/exporters/prometheus.js';
import type { PreparedFleet } from '../../fleet/plan/prepare-fleet.js';
import { parseListenAddress } from '../../fleet/scenario/listen-address.js';
import type { Outputs } from '../../fleet/scenario/scenario.js';
import { formatCounted } from '../../format.js';

const OTLP_INTERVAL_MS = 10_000;

interface Parts {
  readonly dashboard: Dashboard | undefined;
  readonly metrics: MetricsServer | undefined;
  readonly otlp: OtlpExport | undefined;
}

/** Looks at addresses before the fleet is made. @throws SynthError `SYNTH_USAGE` */
export async function requireOutputAddresses({ dashboard, metrics, otlp }: Outputs): Promise<void> {
  for (const address of [dashboard, metrics]) if (address !== undefined) parseListenAddress(address);
  if (otlp !== undefined) (await import('../../fleet/exporters/otlp.js')).metricsUrl(otlp);
}

export class FleetOutputs {
  /** Where there is something to see. */
  readonly lines: readonly string[];
  readonly #parts: Parts;
  readonly #latest: { snapshot: FleetSnapshot | undefined };

  private constructor(parts: Parts, latest: { snapshot: FleetSnapshot | undefined }) {
    const { dashboard, metrics } = parts;
    this.#parts = parts;
    this.#latest = latest;
    this.lines = [
      ...(dashboard === undefined ? [] : [`Dashboard: ${dashboard.url}`]),
      ...(metrics === undefined ? [] : [`Metrics: ${metrics.url}`]),
    ];
  }

  /** @throws SynthError `SYNTH_SYSTEM_LIMIT` where nothing can listen, `SYNTH_USAGE` */
  static async open({ scenario, seed, groups }: PreparedFleet): Promise<FleetOutputs> {
    const { dashboard, metrics, otlp } = scenario.outputs;
    const latest: { snapshot: FleetSnapshot | undefined } = { snapshot: undefined };
    const run = { snapshot: () => latest.snapshot, scenario: scenario.name, seed };
    const opened: { dashboard?: Dashboard; metrics?: MetricsServer; otlp?: OtlpExport } = {};
    try {
      if (dashboard !== undefined) {
        const { startDashboard } = await import('../../fleet/dashboard/dashboard.js');
        opened.dashboard = await startDashboard({
          ...parseListenAddress(dashboard),
          scenario: scenario.name,
          seed,
          groups: groups.map(({ name, count, target }) => ({ name, devices: count, target: target.url })),
        });
      }
      if (metrics !== undefined) {
        const { startMetricsServer } = await import('../../fleet/exporters/prometheus.js');
        opened.metrics = await startMetricsServer({ ...parseListenAddress(metrics), ...run });
      }
      if (otlp !== undefined) {
        const { startOtlpExport } = await import('../../fleet/exporters/otlp.js');
        opened.otlp = startOtlpExport({ url: otlp, intervalMs: OTLP_INTERVAL_MS, ...run });
      }
    } catch (error) {
      await Promise.all([opened.dashboard?.close(), opened.metrics?.close()]);
      throw error;
    }
    return new FleetOutputs({ dashboard: undefined, metrics: undefined, otlp: undefined, ...opened }, latest);
  }

  update(snapshot: FleetSnapshot): void {
    this.#latest.snapshot = snapshot;
    this.#parts.dashboard?.update(snapshot);
  }

  finish(result: FleetResult, report: string | undefined): void {
    this.#parts.dashboard?.finish(result, report);
  }

  /** Sends what is left to send. @returns what there is to say of it */
  async closeExporters(): Promise<readonly string[]> {
    const outcome = await this.#parts.otlp?.close();
    if (outcome === undefined || outcome.failed === 0) return [];
    return [`Warning: ${formatCounted(outcome.failed, 'export')} to the collector failed: ${outcome.lastError}`];
  }

  async close(): Promise<void> {
    const { dashboard, metrics, otlp } = this.#parts;
    await Promise.all([dashboard?.close(), metrics?.close(), otlp?.close()]);
  }
}
