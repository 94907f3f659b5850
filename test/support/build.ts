/** Before the first test: worker threads, the kernels and the command are those of today's sources. */
import { execFileSync } from 'node:child_process';
import type { TestProject } from 'vitest/node';
import { projectRoot } from './files.js';

export default function setup(project: TestProject): void {
  build();
  project.onTestsRerun(build);
}

function build(): void {
  execFileSync(process.execPath, ['scripts/build.mjs'], { cwd: projectRoot, stdio: 'inherit' });
}
