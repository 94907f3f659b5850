/** `synth model info`: what a model file holds. */
import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../../src/cli/base-command.js';
import { withStdinAsFile } from '../../src/cli/stdin.js';
import { printModel, servicesOf } from '../../src/cli/train/model-view.js';
import { loadModelFile } from '../../src/model-files/load-model.js';

export default class ModelInfo extends BaseCommand {
  static override summary = 'Show what a model has learned.';
  static override description =
    'Tells the kind of a model and what it was trained on, what was compared to choose its size, and its states or tokens: how ' +
    'often they occur, their mean size in bytes and the geometric mean of their gaps.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> model.safetensors --limit 5',
    '<%= config.bin %> <%= command.id %> model.safetensors --json',
  ];
  static override args = {
    model: Args.string({ description: 'Model file; - is standard input.', default: 'model.safetensors' }),
  };
  static override flags = {
    limit: Flags.integer({
      summary: 'States or tokens to list for each direction at most; 0 for all.',
      default: 20,
      min: 0,
      helpValue: 'N',
    }),
  };

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(ModelInfo);
    const file = await withStdinAsFile([args.model], this.signal, ([model]) => loadModelFile(model!));
    const components = file.model.describe();
    if (!this.jsonEnabled()) printModel(args.model, file, components, flags.limit, (line) => this.log(line));
    const shown = [true, false].flatMap((direction) =>
      components.filter(({ outbound }) => outbound === direction).slice(0, flags.limit || undefined),
    );
    const { model, hash, packageVersion, profile, training, conversations } = file;
    return {
      file: args.model,
      hash,
      packageVersion,
      kind: model.kind,
      profile,
      training,
      services: conversations && servicesOf(conversations),
      summary: model.summary,
      componentCount: components.length,
      components: shown,
    };
  }
}
