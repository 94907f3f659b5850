import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

/** A file for the results as JSON, for whoever adds them up. */
const report = process.env['SYNTH_TEST_REPORT'];

export default defineConfig({
  test: {
    globalSetup: ['test/support/build.ts'],
    setupFiles: ['./test/support/equality.ts'],
    reporters: ['default', './test/support/skipped.ts', ...(report === undefined ? [] : ['json'])],
    ...(report === undefined ? {} : { outputFile: { json: report } }),
    // What `npm run build` made runs as it is: one copy of each module, whoever imports it.
    server: { deps: { external: [/\/dist\/(src|models|commands)\//] } },
    // Part of the time goes by in waiting: for runs that take their time, and for other programs.
    maxWorkers: Math.ceil(1.5 * availableParallelism()),
    // None of them is to be reached: it ends what hangs.
    testTimeout: 1_800_000,
    hookTimeout: 1_800_000,
    projects: [
      {
        extends: true,
        test: {
          // No built command, no other program, no root: the path is empty.
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/cli/**', 'test/e2e/**', 'test/peers/**'],
          env: { PATH: '' },
          // They leave nothing behind, so that modules are loaded once by each worker instead of once by each file.
          isolate: false,
        },
      },
      {
        extends: true,
        test: { name: 'cli', include: ['test/cli/**/*.test.ts', 'test/e2e/**/*.test.ts'] },
      },
      {
        extends: true,
        test: { name: 'peers', include: ['test/peers/**/*.test.ts'] },
      },
    ],
  },
});
