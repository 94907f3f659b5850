/** The examples in the help of a command, as a user copies them: `synth train capture.pcap`. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from './files.js';

interface Manifest {
  readonly commands: Readonly<Record<string, { readonly examples: readonly string[] }>>;
}

/** @param command its identifier: `model:info` */
export function examplesOf(command: string): readonly string[] {
  const manifest = JSON.parse(readFileSync(join(projectRoot, 'oclif.manifest.json'), 'utf8')) as Manifest;
  return manifest.commands[command]!.examples.map((example) =>
    example.replaceAll('<%= config.bin %>', 'synth').replaceAll('<%= command.id %>', command.replaceAll(':', ' ')),
  );
}
