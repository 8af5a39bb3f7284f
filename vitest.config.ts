import { defineConfig } from 'vitest/config';

const shared = { testTimeout: 120_000, hookTimeout: 120_000, pool: 'forks' as const };

// What talks to the kernel, to clocks and to other programs runs after the rest and one file at a time, so that no
// test takes the processor from another's packets; and, with CI's machines being shared, once more when it failed.
const real = ['test/native/**/*.test.ts', 'test/conformance/**/*.test.ts'];

export default defineConfig({
  test: {
    maxWorkers: 2,
    projects: [
      {
        test: {
          ...shared,
          name: 'logic',
          include: ['test/**/*.test.ts'],
          exclude: [...real, '**/node_modules/**'],
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          ...shared,
          name: 'real',
          include: real,
          fileParallelism: false,
          retry: process.env['CI'] === undefined ? 0 : 2,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
