/** `synth fleet run`: a scenario, from the first connection to the verdict. */
import { Flags } from '@oclif/core';
import { scenarioArg } from '../../src/cli/fleet/fleet-flags.js';
import { FleetRunCommand, fleetRunFlags } from '../../src/cli/fleet/fleet-run-command.js';

export default class FleetRun extends FleetRunCommand {
  static override summary = 'Run a fleet of emulated devices against a backend.';
  static override description =
    'Each device connects, and says what its model says, in the sizes and at the times of the model, in the protocol of its target: MQTT, HTTP, CoAP, ' +
    'WebSocket, UDP, TCP or TLS. Thresholds that fail end the command with exit code 99. See docs/fleet.md.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> scenario.yaml',
    '<%= config.bin %> <%= command.id %> scenario.yaml --devices 10 --report report.html --force',
    '<%= config.bin %> <%= command.id %> scenario.yaml --dashboard :0 --summary summary.json --force',
  ];
  static override args = { scenario: scenarioArg };
  static override flags = {
    ...fleetRunFlags,
    dashboard: Flags.string({
      summary: 'Show a live page here while it runs; “:8080” is 127.0.0.1:8080, port 0 any free one.',
      helpValue: 'HOST:PORT',
      helpGroup: 'OUTPUT',
    }),
  };

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(FleetRun);
    return this.runScenario(args.scenario, flags, false);
  }
}
