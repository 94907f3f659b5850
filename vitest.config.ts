import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    globalSetup: ['test/support/build.ts'],
    reporters: ['default', './test/support/skipped.ts'],
    testTimeout: 300_000,
    hookTimeout: 300_000,
    projects: [
      {
        extends: true,
        test: {
          // No built command, no other program, no root: the path is empty.
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/cli/**', 'test/e2e/**', 'test/peers/**'],
          env: { PATH: '' },
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
