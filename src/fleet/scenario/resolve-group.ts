/**
 * @module
 * The groups of a scenario: each with its target, its files and its templates, and with defaults filled in.
 */

import { nearest } from '../../did-you-mean.js';
import type { KeyPath, Problems } from './problems.js';
import { PROTOCOLS } from './protocols.js';
import type { ResolvedTarget } from './resolve-target.js';
import type { Credentials, Group, MessagePayload, TargetProtocol, Will } from './scenario.js';
import type { ScenarioFiles } from './scenario-files.js';
import type { ScenarioFile } from './scenario-schema.js';
import { compileTemplate } from './template.js';

type GroupFile = ScenarioFile['groups'][number];
const endless = Number.POSITIVE_INFINITY;

export class GroupResolver {
  readonly #names: readonly string[];
  readonly #targets: ReadonlyMap<string, ResolvedTarget>;
  readonly #files: ScenarioFiles;
  readonly #problems: Problems;

  constructor(
    names: readonly string[],
    targets: ReadonlyMap<string, ResolvedTarget>,
    files: ScenarioFiles,
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
        maxNs: group.silence?.most ?? endless,
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
  #requireKeys(group: GroupFile, path: KeyPath, protocol: TargetProtocol, isTls: boolean): void {
    const isMqtt = protocol === 'mqtt';
    const { hasPath, hasCredentials } = PROTOCOLS[protocol];
    const useless = [
      ...(isMqtt ? [] : (['topic', 'subscribe', 'qos', 'retain', 'will'] as const)),
      ...(hasPath ? [] : (['path'] as const)),
      ...(hasCredentials ? [] : (['username', 'password'] as const)),
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
  if (!PROTOCOLS[target.protocol].hasPath) return '';
  const chosen = path ?? (urlPath === '' ? '/' : urlPath);
  return chosen.startsWith('/') ? chosen : `/${chosen}`;
}

function credentialsOf(
  { username, password, cert, key }: GroupFile,
  columns: readonly string[],
  files: ScenarioFiles,
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
