/** `synth fleet schema`: the JSON Schema of scenarios. */
import { BaseCommand } from '../../src/cli/base-command.js';
import { scenarioJsonSchema } from '../../src/fleet/scenario/scenario-schema.js';

export default class FleetSchema extends BaseCommand {
  static override summary = 'Print the JSON Schema of scenarios, from which editors complete and check them.';
  static override description =
    'Save it beside your scenarios, and let their first line be “# yaml-language-server: $schema=scenario.schema.json”.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> > scenario.schema.json',
    '<%= config.bin %> <%= command.id %> --json',
  ];

  async run(): Promise<unknown> {
    await this.parse(FleetSchema);
    const schema = scenarioJsonSchema();
    if (!this.jsonEnabled()) this.log(JSON.stringify(schema, undefined, 2));
    return schema;
  }
}
