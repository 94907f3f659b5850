/**
 * @module
 * The course of a run that a command starts: everything that shows it is opened before the first connection, and closed behind the last.
 */
import { Flags } from '@oclif/core';
import { systemClock } from '../../clock.js';
import { SynthError } from '../../errors.js';
import type { FleetResult } from '../../fleet/account/snapshot.js';
import type { PreparedFleet } from '../../fleet/plan/prepare-fleet.js';
import { runFleet } from '../../fleet/run/run-fleet.js';
import type { Outputs } from '../../fleet/scenario/scenario.js';
import { type OutputOptions, openOutput, requireWritable, writeOutput } from '../../output-file.js';
import { packageVersion } from '../../version.js';
import { BaseCommand } from '../base-command.js';
import { commandLine } from '../command-line.js';
import { forceFlag } from '../flags.js';
import { startPanel } from '../live-line.js';
import { type FleetFlags, fleetFlags, fleetOf, fromHere, scenarioOf } from './fleet-flags.js';
import { FleetOutputs, requireOutputAddresses } from './fleet-outputs.js';
import { fleetPlanNote } from './fleet-plan-view.js';
import { FleetRecord } from './fleet-record.js';
import { fleetFailure, fleetJson, fleetLines, fleetLiveLine, fleetPanel } from './fleet-view.js';

export const fleetRunFlags = {
  ...fleetFlags,
  report: Flags.string({
    summary: 'Write a report with charts: one HTML file, which needs nothing else.',
    helpValue: 'FILE.html',
    helpGroup: 'OUTPUT',
  }),
  summary: Flags.string({
    summary: 'Write what --json prints to this file too.',
    helpValue: 'FILE.json',
    helpGroup: 'OUTPUT',
  }),
  record: Flags.string({
    summary:
      'Write a line for every message of the first devices of each group: when it was due, when sent, and its hash.',
    helpValue: 'FILE.ndjson',
    helpGroup: 'OUTPUT',
  }),
  'record-devices': Flags.integer({
    summary: 'Of each group so many. Default: 10.',
    min: 1,
    helpValue: 'N',
    dependsOn: ['record'],
    helpGroup: 'OUTPUT',
  }),
  metrics: Flags.string({
    summary: 'Let Prometheus ask for metrics here; “:9464” is 127.0.0.1:9464.',
    helpValue: 'HOST:PORT',
    helpGroup: 'OUTPUT',
  }),
  otlp: Flags.string({
    summary: 'Send metrics to an OpenTelemetry collector, OTLP over HTTP.',
    helpValue: 'URL',
    helpGroup: 'OUTPUT',
  }),
  force: forceFlag,
};

interface FleetRunFlags extends FleetFlags {
  readonly report?: string | undefined;
  readonly summary?: string | undefined;
  readonly record?: string | undefined;
  readonly 'record-devices'?: number | undefined;
  readonly metrics?: string | undefined;
  readonly otlp?: string | undefined;
  readonly dashboard?: string | undefined;
  readonly force: boolean;
}

export abstract class FleetRunCommand extends BaseCommand {
  /** @param stays whether the dashboard stays up after the end, until Ctrl-C */
  protected async runScenario(path: string, flags: FleetRunFlags, stays: boolean): Promise<unknown> {
    const scenario = await scenarioOf(path, flags, outputsOf(flags));
    const { outputs: wanted } = scenario;
    const files = { force: flags.force, inputs: [path, ...scenario.files] };
    await requireOutputAddresses(wanted);
    await this.#requireOutputs(wanted, files);
    const fleet = await fleetOf(scenario, flags);
    const record = wanted.record === undefined ? undefined : new FleetRecord(await openOutput(wanted.record, files));
    let outputs: FleetOutputs | undefined;
    try {
      outputs = await FleetOutputs.open(fleet);
      for (const line of [...fleetPlanNote(fleet), ...outputs.lines]) this.note(line);
      const result = await this.#run(fleet, outputs, (lines) => record?.write(lines));
      const report = wanted.report === undefined && !stays ? undefined : await this.#report(result);
      outputs.finish(result, report);
      for (const line of [...fleetLines(result), ...(await outputs.closeExporters())]) this.note(line);
      await record?.finish();
      const json = fleetJson(result);
      const failure = fleetFailure(result);
      if (failure !== undefined) this.failWithResult(failure);
      if (wanted.report !== undefined) {
        await writeOutput(wanted.report, new TextEncoder().encode(report!), files);
        if (wanted.report !== '-') this.note(`Report written to ${wanted.report}`);
      }
      if (wanted.summary !== undefined) {
        const text = `${JSON.stringify(this.toSuccessJson(json), undefined, 2)}\n`;
        await writeOutput(wanted.summary, new TextEncoder().encode(text), files);
      }
      if (stays) await this.#untilInterrupted();
      return json;
    } finally {
      await record?.discard();
      await outputs?.close();
    }
  }

  /** Nobody should wait for a run and then hear that there is no place for its outcome. @throws SynthError as `requireWritable` does, `SYNTH_USAGE` */
  async #requireOutputs(wanted: Outputs, files: OutputOptions): Promise<void> {
    const taken = new Map<string, string>();
    for (const name of ['report', 'summary', 'record'] as const) {
      const file = wanted[name];
      if (file === undefined) continue;
      this.requireOneStdout(file, `--${name}`);
      const existing = file === '-' ? undefined : await requireWritable(file, files);
      const other = taken.get(file);
      if (other !== undefined) {
        throw new SynthError('SYNTH_USAGE', `${file}: ${other} and ${name} cannot both be written there`, {
          hint: 'Name a file for each of them.',
        });
      }
      // Devices such as /dev/null take everything.
      if (existing === undefined || existing.isFile()) taken.set(file, name);
    }
  }

  async #run(fleet: PreparedFleet, outputs: FleetOutputs, onRecord: (lines: string) => void): Promise<FleetResult> {
    const panel = await startPanel(!this.jsonEnabled());
    return runFleet(fleet, {
      clock: systemClock,
      signal: this.signal,
      onSnapshot: (snapshot) => {
        panel.update(fleetLiveLine(snapshot), (columns) => fleetPanel(snapshot, columns));
        outputs.update(snapshot);
      },
      onRecord,
    }).finally(() => panel.stop());
  }

  async #report(result: FleetResult): Promise<string> {
    const { fleetReport } = await import('../../report/fleet-report.js');
    return fleetReport(result, {
      version: packageVersion,
      created: result.startedAt,
      command: commandLine(this.id ?? '', this.argv, this.argv.includes('--seed') ? [] : ['--seed', result.seed]),
    });
  }

  async #untilInterrupted(): Promise<void> {
    if (this.signal.aborted) return;
    this.note('The page stays until Ctrl-C.');
    await new Promise((resolve) => this.signal.addEventListener('abort', resolve, { once: true }));
  }
}

const outputsOf = (flags: FleetRunFlags) => ({
  ...present('report', fromHere(flags.report)),
  ...present('summary', fromHere(flags.summary)),
  ...present('record', fromHere(flags.record)),
  ...present('recordDevices', flags['record-devices']),
  ...present('metrics', flags.metrics),
  ...present('otlp', flags.otlp),
  ...present('dashboard', flags.dashboard),
});

/** What a flag says goes before what stands in the scenario; what it does not say does not. */
const present = <K extends string, V>(key: K, value: V | undefined): { readonly [P in K]?: V } =>
  (value === undefined ? {} : { [key]: value }) as { readonly [P in K]?: V }; // of the one key
