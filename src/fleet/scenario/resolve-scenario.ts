/**
 * @module
 * From the file to the scenario that is run: defaults are filled in, names looked up, files read that are read only once.
 */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { CsvError, parse as parseCsv } from 'csv-parse/sync';
import { nearest } from '../../did-you-mean.js';
import { describeSystemError } from '../../errors.js';
import { action, wording } from '../../wording.js';
import { parseThreshold } from '../account/thresholds.js';
import { parseListenAddress } from './listen-address.js';
import type { KeyPath, Problems } from './problems.js';
import { type ResolvedTarget, resolveTarget } from './resolve-target.js';
import type { Credentials, Group, MessagePayload, Outputs, Phase, Scenario, Storm, Will } from './scenario.js';
import type { ScenarioFile } from './scenario-schema.js';
import { compileTemplate } from './template.js';

type GroupFile = ScenarioFile['groups'][number];
const endless = Number.POSITIVE_INFINITY;

export function resolveScenario(path: string, file: ScenarioFile, problems: Problems): Scenario {
  const folder = dirname(path);
  const files = new Files(folder, problems);
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

/** Files that the scenario names, beside it; each is read once. */
class Files {
  readonly #folder: string;
  readonly #problems: Problems;
  readonly #texts = new Map<string, string>();

  constructor(folder: string, problems: Problems) {
    this.#folder = folder;
    this.#problems = problems;
  }

  /** Of all that were asked for. */
  readonly places = new Set<string>();

  at(file: string): string {
    const place = resolve(this.#folder, file);
    this.places.add(place);
    return place;
  }

  text(path: KeyPath, file: string): string | undefined {
    const place = this.at(file);
    const known = this.#texts.get(place);
    if (known !== undefined) return known;
    try {
      const text = readFileSync(place, 'utf8');
      this.#texts.set(place, text);
      return text;
    } catch (error) {
      this.#problems.add(path, `${file}: ${describeSystemError(error)}`, 'SYNTH_FILE_UNREADABLE');
      return undefined;
    }
  }

  /** Says if it is not there. */
  exists(path: KeyPath, file: string): string {
    const place = this.at(file);
    if (!existsSync(place)) {
      this.#problems.add(
        path,
        wording`${file}: no such file. Make a model with: ${action('trainModel')}`,
        'SYNTH_FILE_UNREADABLE',
      );
    }
    return place;
  }

  /** The rows of a CSV file; its first line names the columns. */
  rows(path: KeyPath, file: string): Record<string, string>[] | undefined {
    const text = this.text(path, file);
    if (text === undefined) return undefined;
    try {
      const rows: Record<string, string>[] = parseCsv(text, {
        columns: true,
        skip_empty_lines: true,
        trim: true,
        bom: true,
      });
      if (rows.length === 0) this.#problems.add(path, `${file} has no rows`, 'SYNTH_FILE_UNREADABLE');
      return rows;
    } catch (error) {
      if (!(error instanceof CsvError)) throw error;
      const { lines } = error as { lines?: number }; // not in its types for all kinds
      this.#problems.add(
        path,
        `${file}${lines === undefined ? '' : `:${lines}`}: ${error.message}`,
        'SYNTH_FILE_UNREADABLE',
      );
      return undefined;
    }
  }
}

/** How many devices each group has. */
function deviceCounts({ groups, devices }: ScenarioFile, problems: Problems): number[] {
  groups.forEach(({ count, weight }, i) => {
    if ((count === undefined) !== (weight === undefined)) return;
    problems.add(['groups', i], count === undefined ? 'has neither count nor weight' : 'has both count and weight');
  });
  const weights = groups.map(({ weight }) => weight ?? 0);
  const counted = groups.reduce((sum, { count }) => sum + (count ?? 0), 0);
  const isWeighted = groups.some(({ count, weight }) => weight !== undefined && count === undefined);
  if (isWeighted && devices === undefined) problems.add(['groups'], 'weights share “devices: N”, which is missing');
  if (!isWeighted && devices !== undefined && devices !== counted) {
    problems.add(
      ['devices'],
      `the groups have ${counted} devices in all. Give them a weight instead of a count to share ${devices}.`,
    );
  }
  const left = (devices ?? 0) - counted;
  if (isWeighted && devices !== undefined && left < weights.filter((weight) => weight > 0).length) {
    problems.add(['devices'], `groups with a count have ${counted} already; too few are left for those with a weight`);
  }
  const shares = apportion(Math.max(0, left), weights);
  return groups.map(({ count }, i) => count ?? shares[i]!);
}

/** Whole numbers in the proportions of weights, by largest remainders; at least 1 for each that weighs something. */
export function apportion(total: number, weights: readonly number[]): number[] {
  const sum = weights.reduce((all, weight) => all + weight, 0);
  if (sum === 0) return weights.map(() => 0);
  const exact = weights.map((weight) => (weight / sum) * total);
  const counts = exact.map((count, i) => Math.max(weights[i]! > 0 ? 1 : 0, Math.floor(count)));
  const order = exact.map((count, i) => [count - counts[i]!, i] as const).sort(([a], [b]) => b - a);
  for (let left = total - counts.reduce((all, count) => all + count, 0); left > 0; left--) {
    const [, index] = order[(total - left) % order.length]!;
    if (weights[index]! > 0) counts[index]!++;
    else left++;
  }
  giveBack(counts, exact, total);
  return counts;
}

/** Takes what the least of one for each has made too many, from those that are furthest above their part and can spare it. */
function giveBack(counts: number[], exact: readonly number[], total: number): void {
  for (let over = counts.reduce((all, count) => all + count, 0) - total; over > 0; over--) {
    let most = -1;
    counts.forEach((count, i) => {
      if (count > 1 && (most < 0 || count - exact[i]! > counts[most]! - exact[most]!)) most = i;
    });
    if (most < 0) return; // fewer than there are groups
    counts[most]!--;
  }
}

class GroupResolver {
  readonly #names: readonly string[];
  readonly #targets: ReadonlyMap<string, ResolvedTarget>;
  readonly #files: Files;
  readonly #problems: Problems;

  constructor(
    names: readonly string[],
    targets: ReadonlyMap<string, ResolvedTarget>,
    files: Files,
    problems: Problems,
  ) {
    this.#names = names;
    this.#targets = targets;
    this.#files = files;
    this.#problems = problems;
  }

  resolve(group: GroupFile, index: number, count: number): Group | undefined {
    const path: KeyPath = ['groups', index];
    const model = this.#files.exists([...path, 'model'], group.model);
    const identities =
      group.identities === undefined ? [] : (this.#files.rows([...path, 'identities'], group.identities) ?? []);
    const columns = Object.keys(identities[0] ?? {});
    const found = this.#target(group, path);
    this.#requireTemplates(group, path, columns);
    const payload = this.#payload(group, path, columns);
    if (found === undefined) return undefined;
    const { target } = found;
    this.#requireKeys(group, path, target.protocol, target.tls !== undefined);
    const isMqtt = target.protocol === 'mqtt';
    return {
      name: group.name,
      model,
      count,
      target,
      id: group.id ?? (columns.includes('id') ? '{{id}}' : '{{group}}-{{index}}'),
      identities,
      credentials: credentialsOf(group, columns, this.#files),
      topic: isMqtt ? (group.topic ?? 'synth/{{id}}') : pathOf(group, found),
      subscribe: typeof group.subscribe === 'string' ? [group.subscribe] : (group.subscribe ?? []),
      payload,
      qos: group.qos ?? 0,
      retain: group.retain ?? false,
      will: willOf(group),
      speed: group.speed ?? 1,
      silence: {
        fromNs: group.silence?.from ?? 1e9,
        scale: group.silence?.scale ?? 1,
        mostNs: group.silence?.most ?? endless,
      },
      spreadNs: group.spread,
      offline: group.offline ?? 'queue',
      queue: group.queue ?? 100,
    };
  }

  #target({ target }: GroupFile, path: KeyPath): ResolvedTarget | undefined {
    const name = target ?? (this.#names.length === 1 ? this.#names[0] : undefined);
    if (name === undefined) {
      this.#problems.add(path, `has no target. There are ${this.#names.join(', ')}.`);
      return undefined;
    }
    if (!this.#names.includes(name)) {
      const meant = nearest(name, this.#names);
      const hint = meant === undefined ? `There are ${this.#names.join(', ')}.` : `Did you mean ${meant}?`;
      this.#problems.add([...path, 'target'], `there is no target “${name}”. ${hint}`);
    }
    return this.#targets.get(name);
  }

  /** Keys that the protocol of the target has no use for. */
  #requireKeys(group: GroupFile, path: KeyPath, protocol: string, isTls: boolean): void {
    const isMqtt = protocol === 'mqtt';
    const hasPath = protocol === 'http' || protocol === 'coap' || protocol === 'websocket';
    const useless = [
      ...(isMqtt ? [] : (['topic', 'subscribe', 'qos', 'retain', 'will'] as const)),
      ...(hasPath ? [] : (['path'] as const)),
      ...(isMqtt || protocol === 'http' || protocol === 'websocket' ? [] : (['username', 'password'] as const)),
      ...(isTls ? [] : (['cert', 'key'] as const)),
    ];
    for (const key of useless) {
      if (group[key] !== undefined)
        this.#problems.add([...path, key], `does not go with a target of ${protocol}${isTls ? '' : ' without TLS'}`);
    }
  }

  #requireTemplates(group: GroupFile, path: KeyPath, columns: readonly string[]): void {
    const keys = ['id', 'topic', 'path', 'username', 'password', 'cert', 'key'] as const;
    for (const key of keys) {
      const text = group[key];
      if (text !== undefined) this.#problems.try([...path, key], () => compileTemplate(text, columns));
    }
    const subscribe = typeof group.subscribe === 'string' ? [group.subscribe] : (group.subscribe ?? []);
    for (const text of subscribe) this.#problems.try([...path, 'subscribe'], () => compileTemplate(text, columns));
    for (const key of ['topic', 'payload'] as const) {
      const text = group.will?.[key];
      if (text !== undefined) this.#problems.try([...path, 'will', key], () => compileTemplate(text, columns));
    }
  }

  #payload({ payload }: GroupFile, groupPath: KeyPath, columns: readonly string[]): MessagePayload {
    const path = [...groupPath, 'payload'];
    if (payload === undefined) return { kind: 'pattern' };
    if (typeof payload === 'string') {
      this.#problems.try(path, () => compileTemplate(payload, columns));
      return { kind: 'template', text: payload, cut: false };
    }
    if ('text' in payload) {
      this.#problems.try([...path, 'text'], () => compileTemplate(payload.text, columns));
      return { kind: 'template', text: payload.text, cut: payload.cut ?? false };
    }
    const text = this.#files.text([...path, 'file'], payload.file);
    const lines = (text ?? '').split(/\r?\n/).filter((line) => line !== '');
    if (text !== undefined && lines.length === 0) {
      this.#problems.add([...path, 'file'], `${payload.file} has no messages`, 'SYNTH_FILE_UNREADABLE');
    }
    lines.forEach((line, i) => {
      this.#problems.try([...path, 'file'], () => compileTemplate(line, columns)) ??
        this.#problems.add([...path, 'file'], `that was ${payload.file}:${i + 1}`);
    });
    return { kind: 'lines', lines };
  }
}

function pathOf({ path }: GroupFile, { target, path: urlPath }: ResolvedTarget): string {
  const hasPath = target.protocol === 'http' || target.protocol === 'coap' || target.protocol === 'websocket';
  if (!hasPath) return '';
  const chosen = path ?? (urlPath === '' ? '/' : urlPath);
  return chosen.startsWith('/') ? chosen : `/${chosen}`;
}

function credentialsOf(
  { username, password, cert, key }: GroupFile,
  columns: readonly string[],
  files: Files,
): Credentials {
  const column = (name: string) => (columns.includes(name) ? `{{${name}}}` : undefined);
  return {
    username: username ?? column('username'),
    password: password ?? column('password'),
    certificate: cert === undefined ? undefined : files.at(cert),
    key: key === undefined ? undefined : files.at(key),
  };
}

function willOf({ will }: GroupFile): Will | undefined {
  if (will === undefined) return undefined;
  return { topic: will.topic, payload: will.payload ?? '', qos: will.qos ?? 0, retain: will.retain ?? false };
}

const PHASE_KEYS = ['ramp', 'hold', 'pause', 'ramp_down'] as const;

function phaseOf(
  phase: ScenarioFile['phases'][number],
  path: KeyPath,
  devices: number,
  problems: Problems,
): Phase | undefined {
  const kinds = PHASE_KEYS.filter((key) => phase[key] !== undefined);
  const [kind] = kinds;
  if (kind === undefined || kinds.length > 1) {
    problems.add(
      path,
      `a phase is one of ${PHASE_KEYS.join(', ')}${kinds.length > 1 ? `, not ${kinds.join(' and ')}` : ''}`,
    );
    return undefined;
  }
  const isRamp = kind === 'ramp' || kind === 'ramp_down';
  if (phase.to !== undefined && !isRamp) problems.add([...path, 'to'], 'is for ramps');
  if (phase.rate !== undefined && kind !== 'ramp') problems.add([...path, 'rate'], 'is for ramps up');
  if (phase.rate !== undefined && phase.to !== undefined) problems.add(path, 'has both to and rate');
  const durationNs = phase[kind]!;
  if (kind === 'hold' || kind === 'pause') return { kind, durationNs };
  if (phase.rate !== undefined) return { kind: 'arrive', durationNs, perSecond: phase.rate };
  if (phase.to === undefined) return { kind: 'ramp', durationNs, toShare: kind === 'ramp' ? 1 : 0 };
  if ('share' in phase.to) return { kind: 'ramp', durationNs, toShare: phase.to.share };
  if (phase.to.devices > devices) problems.add([...path, 'to'], `there are only ${devices} devices`);
  return { kind: 'ramp', durationNs, toShare: Math.min(1, phase.to.devices / devices) };
}

const MOST_STORMS = 10_000;

function stormsOf(
  { at, every, share, over, away, graceful }: NonNullable<ScenarioFile['churn']>[number],
  totalNs: number,
): Storm[] {
  const storm = { share: share ?? 1, overNs: over ?? 0, awayNs: away ?? 0, graceful: graceful ?? false };
  if (every === undefined || every === 0) return [{ ...storm, atNs: at }];
  const times = Math.min(MOST_STORMS, Math.max(1, Math.ceil((totalNs - at) / every)));
  return Array.from({ length: times }, (_, i) => ({ ...storm, atNs: at + i * every }));
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
