// Removes what an earlier build left, so that a deleted source never lives on in dist/.
import { rmSync } from 'node:fs';

for (const path of ['../dist', '../oclif.manifest.json']) {
  rmSync(new URL(path, import.meta.url), { recursive: true, force: true });
}
