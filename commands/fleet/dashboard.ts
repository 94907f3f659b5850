/** `synth fleet dashboard`: a run with its live page, which stays when the run is over. */
import { Flags } from '@oclif/core';
import { scenarioArg } from '../../src/cli/fleet/fleet-flags.js';
import { FleetRunCommand, fleetRunFlags } from '../../src/cli/fleet/fleet-run-command.js';

export default class FleetDashboard extends FleetRunCommand {
  static override summary = 'Run a fleet with a live page, which stays up after the run until Ctrl-C.';
  static override description =
    'The same as synth fleet run --dashboard, for a look at how it goes: rates, latency, devices and errors while it runs, and the report at its end.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> scenario.yaml',
    '<%= config.bin %> <%= command.id %> scenario.yaml --listen :8080',
  ];
  static override args = { scenario: scenarioArg };
  static override flags = {
    ...fleetRunFlags,
    listen: Flags.string({
      char: 'l',
      summary: 'Where the page is; “:8080” is 127.0.0.1:8080, port 0 any free one.',
      default: ':0',
      helpValue: 'HOST:PORT',
    }),
  };

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(FleetDashboard);
    return this.runScenario(args.scenario, { ...flags, dashboard: flags.listen }, true);
  }
}
