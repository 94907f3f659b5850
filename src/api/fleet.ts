/**
 * @module
 * Thousands of emulated devices against a backend.
 */
import { systemClock } from '../clock.js';
import type { FleetResult, FleetSnapshot } from '../fleet/account/snapshot.js';
import { type FleetPlan, type PreparedFleet, prepareFleet } from '../fleet/plan/prepare-fleet.js';
import { runFleet as runPrepared } from '../fleet/run/run-fleet.js';
import { readScenario } from '../fleet/scenario/read-scenario.js';
import { systemFiles } from '../host/system-files.js';
import { parseRanges } from '../net/address-range.js';
import { drawSeed } from '../random.js';
import { requireWhole } from './inputs.js';

export interface FleetOptions {
  /** Default: the one of the scenario, or a fresh one, which is in the result. */
  readonly seed?: string | undefined;
  /** Devices of all groups together, in the proportions of the scenario. */
  readonly devices?: number | undefined;
  /** Worker threads. Affects timing only. Default: what suits the machine. */
  readonly threads?: number | undefined;
  /** Networks beside loopback, private, link-local and documentation addresses, such as `['203.0.113.0/24']`. */
  readonly allow?: readonly string[] | undefined;
}

export interface RunFleetOptions extends FleetOptions {
  /** Ends the run early; what is under way is waited for. */
  readonly signal?: AbortSignal | undefined;
  /** Called about once a second. */
  readonly onSnapshot?: ((snapshot: FleetSnapshot) => void) | undefined;
  /** Called with lines of the record, where the scenario wants one. */
  readonly onRecord?: ((lines: string) => void) | undefined;
}

/**
 * What a scenario would do: groups, phases, rates, what this host needs for it. Connects to nothing.
 *
 * @param scenario path of the YAML file
 * @throws SynthError `SYNTH_SCENARIO_INVALID`, `SYNTH_TARGET_NOT_ALLOWED`, `SYNTH_SYSTEM_LIMIT`
 */
export const planFleet = async (scenario: string, options: FleetOptions = {}): Promise<FleetPlan> =>
  (await prepare(scenario, options)).plan;

/**
 * Runs a scenario to its end. The files and servers that its `outputs` name are for the command line; here the result is returned.
 *
 * @param scenario path of the YAML file
 * @throws SynthError as `planFleet` does
 * @example
 * const { verdict, thresholds } = await runFleet('scenario.yaml', { devices: 1000 });
 */
export async function runFleet(scenario: string, options: RunFleetOptions = {}): Promise<FleetResult> {
  const { signal = new AbortController().signal, onSnapshot = () => {}, onRecord = () => {} } = options;
  return runPrepared(await prepare(scenario, options), { clock: systemClock, signal, onSnapshot, onRecord });
}

async function prepare(path: string, { seed, devices, threads, allow = [] }: FleetOptions): Promise<PreparedFleet> {
  requireWhole('devices', devices, 1);
  requireWhole('threads', threads, 1);
  const scenario = await readScenario(path, { seed, devices });
  return prepareFleet(scenario, {
    seed: scenario.seed ?? drawSeed(),
    threads,
    allowed: allow.flatMap(parseRanges),
    files: systemFiles,
  });
}
