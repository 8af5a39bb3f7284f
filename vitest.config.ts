import { defineConfig } from 'vitest/config';

const shared = { testTimeout: 120_000, hookTimeout: 120_000, pool: 'forks' as const };

// What meets the kernel runs after the rest, in its own order: conformance tests wait for other programs most of the
// time, so three go side by side, and each has its own network; what measures our own packets has the machine to itself,
// one file at a time. CI's machines being shared, what failed there is tried again.
const conformance = ['test/conformance/**/*.test.ts'];
const native = ['test/native/**/*.test.ts'];
const retry = process.env['CI'] === undefined ? 0 : 2;

export default defineConfig({
  test: {
    maxWorkers: 2,
    projects: [
      {
        test: {
          ...shared,
          name: 'logic',
          include: ['test/**/*.test.ts'],
          exclude: [...conformance, ...native, '**/node_modules/**'],
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          ...shared,
          name: 'conformance',
          include: conformance,
          maxWorkers: 3,
          retry,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          ...shared,
          name: 'native',
          include: native,
          fileParallelism: false,
          retry,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
