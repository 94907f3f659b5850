/** `synth fleet plan`: what a scenario will do, and whether this host can do it. */
import { BaseCommand } from '../../src/cli/base-command.js';
import { fleetFlags, fleetOf, scenarioArg, scenarioOf } from '../../src/cli/fleet/fleet-flags.js';
import { fleetPlanLines } from '../../src/cli/fleet/fleet-plan-view.js';

export default class FleetPlan extends BaseCommand {
  static override summary = 'Say what a scenario will do, and check it, without sending anything.';
  static override description =
    'Reads the scenario, its models and all other files; names devices, rates, bytes, connections, open files and ports; and ends with an ' +
    'error where this host, or the rules about targets, do not allow it.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> scenario.yaml',
    '<%= config.bin %> <%= command.id %> scenario.yaml --devices 500 --json',
  ];
  static override args = { scenario: scenarioArg };
  static override flags = fleetFlags;

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(FleetPlan);
    const { plan, scenario, seed } = await fleetOf(await scenarioOf(args.scenario, flags), flags);
    if (!this.jsonEnabled()) for (const line of fleetPlanLines(plan, scenario.thresholds)) this.log(line);
    return { scenario: scenario.name, seed, ...plan, thresholds: scenario.thresholds.map(({ text }) => text) };
  }
}
