// Writes oclif.manifest.json: what the commands are, so that `synth --help` does not have to load them.
import { renameSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Plugin } from '@oclif/core';

const root = fileURLToPath(new URL('..', import.meta.url));
const plugin = new Plugin({ root, type: 'core', ignoreManifest: true, errorOnManifestCreate: true });
await plugin.load();
const path = `${root}/oclif.manifest.json`;
writeFileSync(`${path}.${process.pid}.tmp`, `${JSON.stringify(plugin.manifest, null, 2)}\n`);
renameSync(`${path}.${process.pid}.tmp`, path);
