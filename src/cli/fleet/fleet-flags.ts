/**
 * @module
 * What the commands of fleets share: the scenario with what flags say otherwise, and the fleet that it makes.
 */
import { isAbsolute, resolve } from 'node:path';
import { Args, Flags } from '@oclif/core';
import { type PreparedFleet, prepareFleet } from '../../fleet/plan/prepare-fleet.js';
import { readScenario } from '../../fleet/scenario/read-scenario.js';
import type { Outputs, Scenario } from '../../fleet/scenario/scenario.js';
import { systemFiles } from '../../host/system-files.js';
import { drawSeed } from '../../random.js';
import { parseAllowed } from '../emit/emission-flags.js';
import { seedFlag } from '../flags.js';

export const scenarioArg = Args.string({
  description: 'Scenario: YAML or JSON, see docs/scenario.md.',
  required: true,
});

export const fleetFlags = {
  devices: Flags.integer({
    char: 'n',
    summary: 'So many devices in all, in the proportions of the scenario.',
    min: 1,
    max: 1_000_000,
    helpValue: 'N',
  }),
  seed: seedFlag(),
  threads: Flags.integer({
    summary: 'Threads that devices are spread over. It changes when things are done, and nothing of what is done.',
    min: 1,
    max: 64,
    helpValue: 'N',
  }),
  'allow-target': Flags.string({
    summary: 'Address or network beyond loopback, private, link-local and documentation ones that may be sent to.',
    multiple: true,
    multipleNonGreedy: true,
    helpValue: 'ADDRESS',
    helpGroup: 'SAFETY',
  }),
};

export interface FleetFlags {
  readonly devices?: number | undefined;
  readonly seed?: string | undefined;
  readonly threads?: number | undefined;
  readonly 'allow-target'?: string[] | undefined;
}

/** The scenario with what flags say otherwise. @throws SynthError as `readScenario` does */
export const scenarioOf = (path: string, flags: FleetFlags, outputs: Partial<Outputs> = {}): Promise<Scenario> =>
  readScenario(path, { seed: flags.seed, devices: flags.devices, outputs });

/** @throws SynthError as `prepareFleet` does */
export const fleetOf = (scenario: Scenario, flags: FleetFlags): Promise<PreparedFleet> =>
  prepareFleet(scenario, {
    seed: scenario.seed ?? drawSeed(),
    threads: flags.threads,
    allowed: parseAllowed(flags['allow-target'] ?? []),
    files: systemFiles,
  });

/** Where files that flags name are; those of the scenario are beside it. `-` is standard output. */
export const fromHere = (path: string | undefined): string | undefined =>
  path === undefined || path === '-' || isAbsolute(path) ? path : resolve(path);
