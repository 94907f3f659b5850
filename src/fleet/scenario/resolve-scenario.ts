/**
 * @module
 * From the file to the scenario that is run: defaults are filled in, names looked up, files read that are read only once.
 */
import { dirname, resolve } from 'node:path';
import { parseThreshold } from '../account/thresholds.js';
import { deviceCounts } from './device-counts.js';
import { parseListenAddress } from './listen-address.js';
import type { KeyPath, Problems } from './problems.js';
import { GroupResolver } from './resolve-group.js';
import { phaseOf, stormsOf } from './resolve-phases.js';
import { type ResolvedTarget, resolveTarget } from './resolve-target.js';
import type { Outputs, Scenario } from './scenario.js';
import { ScenarioFiles } from './scenario-files.js';
import type { ScenarioFile } from './scenario-schema.js';

const endless = Number.POSITIVE_INFINITY;

export function resolveScenario(path: string, file: ScenarioFile, problems: Problems): Scenario {
  const folder = dirname(path);
  const files = new ScenarioFiles(folder, problems);
  const targets = new Map<string, ResolvedTarget>();
  for (const [name, given] of Object.entries(file.targets)) {
    const target = resolveTarget(name, given, problems, (at, named) => files.text(at, named));
    if (target !== undefined) targets.set(name, target);
  }
  const counts = deviceCounts(file, problems);
  const resolver = new GroupResolver(Object.keys(file.targets), targets, files, problems);
  const groups = file.groups.flatMap((group, index) => resolver.resolve(group, index, counts[index]!) ?? []);
  const names = file.groups.map(({ name }) => name);
  names.forEach((name, i) => {
    if (names.indexOf(name) !== i) problems.add(['groups', i, 'name'], `there are two groups “${name}”`);
  });
  const devices = counts.reduce((sum, count) => sum + count, 0);
  const phases = file.phases.flatMap((phase, i) => phaseOf(phase, ['phases', i], devices, problems) ?? []);
  const totalNs = phases.reduce((sum, { durationNs }) => sum + durationNs, 0);
  if (totalNs === 0 && !problems.found) problems.add(['phases'], 'they take no time. Add { hold: 1m }.');
  const { limits } = file;
  return {
    name: file.name ?? path.replace(/^.*[/\\]/, '').replace(/\.(ya?ml|json)$/i, ''),
    seed: file.seed === undefined ? undefined : String(file.seed),
    groups,
    phases,
    storms: (file.churn ?? []).flatMap((storm) => stormsOf(storm, totalNs)),
    limits: {
      connectsPerSecond: limits?.connects_per_second ?? endless,
      messagesPerDevice: limits?.messages_per_device ?? endless,
      durationNs: limits?.duration ?? endless,
    },
    thresholds: (file.thresholds ?? []).flatMap(
      (given, i) => thresholdOf(given, names, ['thresholds', i], problems) ?? [],
    ),
    outputs: outputsOf(file.outputs ?? {}, folder, problems),
    files: [...files.places],
  };
}

function thresholdOf(
  given: NonNullable<ScenarioFile['thresholds']>[number],
  groups: readonly string[],
  path: KeyPath,
  problems: Problems,
) {
  if (typeof given === 'string') return problems.try(path, () => parseThreshold(given, groups));
  const { check, group, abort_on_fail: abortOnFail = false, grace = 0 } = given;
  const text = group === undefined ? check : `${group}: ${check}`;
  return problems.try(path, () => parseThreshold(text, groups, { abortOnFail, graceNs: grace }));
}

function outputsOf(outputs: NonNullable<ScenarioFile['outputs']>, folder: string, problems: Problems): Outputs {
  const beside = (file: string | undefined) => (file === undefined ? undefined : resolve(folder, file));
  for (const key of ['metrics', 'dashboard'] as const) {
    const address = outputs[key];
    if (address !== undefined) problems.try(['outputs', key], () => parseListenAddress(address));
  }
  return {
    report: beside(outputs.report),
    summary: beside(outputs.summary),
    record: beside(outputs.record),
    recordDevices: outputs.record_devices ?? 10,
    metrics: outputs.metrics,
    otlp: outputs.otlp,
    dashboard: outputs.dashboard,
  };
}
