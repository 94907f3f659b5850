/**
 * @module
 * A scenario from its file: read, checked whole, and filled in.
 */
import { open, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { LineCounter, parseDocument } from 'yaml';
import { describeSystemError, SynthError } from '../../errors.js';
import { apportion } from './device-counts.js';
import { addIssues, type KeyPath, Problems } from './problems.js';
import { resolveScenario } from './resolve-scenario.js';
import type { Outputs, Scenario } from './scenario.js';
import { scenarioJsonSchema, scenarioSchema } from './scenario-schema.js';

/** Far above any scenario that somebody writes. */
const MAX_BYTES = 2 ** 20;

/** What a command line says otherwise. */
export interface Overrides {
  readonly seed?: string | undefined;
  /** In all, in the proportions of the scenario. */
  readonly devices?: number | undefined;
  readonly outputs?: Partial<Outputs> | undefined;
}

/**
 * @param environment where `${NAME}` is looked up
 * @throws SynthError `SYNTH_SCENARIO_INVALID` with everything that is wrong, `SYNTH_FILE_UNREADABLE` for it and the files that it names
 */
export async function readScenario(
  path: string,
  { seed, devices, outputs }: Overrides = {},
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Promise<Scenario> {
  const scenario = parseScenario(resolve(path), path, await readText(path), environment);
  const scaled = devices === undefined ? scenario : withDevices(scenario, devices);
  return { ...scaled, seed: seed ?? scaled.seed, outputs: { ...scaled.outputs, ...outputs } };
}

async function readText(path: string): Promise<string> {
  try {
    // A pipe that nobody writes to would not even open.
    const found = await stat(path);
    if (!found.isFile()) {
      throw new SynthError('SYNTH_FILE_UNREADABLE', `${path}: not a file`, {
        hint: 'A scenario is a file, beside which its models are.',
      });
    }
    const handle = await open(path, 'r');
    try {
      const { size } = found;
      if (size > MAX_BYTES)
        throw new SynthError(
          'SYNTH_SCENARIO_INVALID',
          `${path}: ${size} bytes, above the limit of 1 MiB for a scenario`,
        );
      return await handle.readFile('utf8');
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (error instanceof SynthError) throw error;
    throw new SynthError('SYNTH_FILE_UNREADABLE', `${path}: ${describeSystemError(error)}`, { cause: error });
  }
}

function parseScenario(
  path: string,
  name: string,
  text: string,
  environment: Readonly<Record<string, string | undefined>>,
): Scenario {
  const counter = new LineCounter();
  const document = parseDocument(text, { lineCounter: counter, prettyErrors: false });
  const problems = new Problems(name, document, counter);
  const [broken] = document.errors;
  if (broken !== undefined) {
    const { line, col } = counter.linePos(broken.pos[0]);
    throw new SynthError('SYNTH_SCENARIO_INVALID', `${name}:${line}:${col}: ${broken.message}`, {
      hint: 'A scenario is YAML or JSON, see docs/scenario.md.',
    });
  }
  const values = withEnvironment(yamlValue(document, name), [], environment, problems);
  if (typeof values !== 'object' || values === null || Array.isArray(values)) {
    throw new SynthError('SYNTH_SCENARIO_INVALID', `${name}: not a scenario: there are no keys in it`, {
      hint: 'The smallest one has targets, groups and phases, see docs/scenario.md.',
    });
  }
  const { success, data, error } = scenarioSchema.safeParse(values);
  if (!success) addIssues(problems, error.issues, keysAt);
  problems.throwIfFound();
  const scenario = resolveScenario(path, data!, problems);
  problems.throwIfFound();
  return scenario;
}

function yamlValue(document: ReturnType<typeof parseDocument>, name: string): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    throw new SynthError('SYNTH_SCENARIO_INVALID', `${name}: ${(error as Error).message}`, { cause: error });
  }
}

const VARIABLE = /\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}/g;

/** Fills in `${NAME}` and `${NAME:-default}` in all texts. */
function withEnvironment(
  value: unknown,
  path: KeyPath,
  environment: Readonly<Record<string, string | undefined>>,
  problems: Problems,
): unknown {
  if (typeof value === 'string') {
    return value.replace(VARIABLE, (_, name: string, fallback: string | undefined) => {
      const found = environment[name] ?? fallback;
      if (found === undefined)
        problems.add(path, `the environment has no ${name}. Write \${${name}:-default} for a default.`);
      return found ?? '';
    });
  }
  if (Array.isArray(value)) return value.map((inner, i) => withEnvironment(inner, [...path, i], environment, problems));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, inner]) => [
    key,
    withEnvironment(inner, [...path, key], environment, problems),
  ]);
  return Object.fromEntries(entries);
}

interface SchemaNode {
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly additionalProperties?: SchemaNode | boolean;
  readonly items?: SchemaNode;
  readonly anyOf?: readonly SchemaNode[];
}

/** The keys that there are at a place of the file. */
function keysAt(path: KeyPath): readonly string[] {
  let nodes: readonly SchemaNode[] = [scenarioJsonSchema() as SchemaNode]; // JSON Schema
  for (const key of path) {
    nodes = nodes.flatMap(alternatives).flatMap((node) => {
      if (typeof key === 'number') return node.items ?? [];
      const inner = node.properties?.[String(key)] ?? node.additionalProperties;
      return typeof inner === 'object' ? inner : [];
    });
  }
  return nodes.flatMap(alternatives).flatMap(({ properties }) => Object.keys(properties ?? {}));
}

const alternatives = (node: SchemaNode): readonly SchemaNode[] => node.anyOf ?? [node];

function withDevices(scenario: Scenario, devices: number): Scenario {
  const { groups } = scenario;
  if (devices < groups.length) {
    throw new SynthError('SYNTH_USAGE', `the scenario has ${groups.length} groups; each needs a device at least`);
  }
  const counts = apportion(
    devices,
    groups.map(({ count }) => count),
  );
  return { ...scenario, groups: groups.map((group, i) => ({ ...group, count: counts[i]! })) };
}
