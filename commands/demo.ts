/** `synth demo`: the whole way on the embedded capture. */
import { Flags } from '@oclif/core';
import { BaseCommand } from '../src/cli/base-command.js';
import { forceFlag, seedFlag } from '../src/cli/flags.js';
import { runDemo } from '../src/cli/generate/demo.js';

export default class Demo extends BaseCommand {
  static override summary = 'Train, generate and evaluate on an embedded capture.';
  static override description =
    'Needs nothing else: learns a video doorbell from the capture that comes with synth, generates a capture like it, and measures how ' +
    'well that fits. Says what it did and where the files are.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --out-dir /tmp/doorbell --seed 42',
  ];
  static override flags = {
    'out-dir': Flags.string({
      summary: 'Folder for the files.',
      default: 'synth-demo',
      helpValue: 'DIR',
    }),
    seed: seedFlag({ summary: 'Seed of the generated capture.', default: '1' }),
    force: forceFlag,
  };

  async run(): Promise<unknown> {
    const { flags } = await this.parse(Demo);
    const print = this.jsonEnabled() ? () => {} : (line: string) => this.log(line);
    const { 'out-dir': folder, force, seed } = flags;
    return runDemo({ folder, force, seed, signal: this.signal, print });
  }
}
