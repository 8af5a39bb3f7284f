import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

const LEAVE_NOTHING = 'test/support/leave-nothing.ts';
const shared = {
  testTimeout: 120_000,
  hookTimeout: 120_000,
  pool: 'forks' as const,
  setupFiles: [LEAVE_NOTHING],
};

// Conformance tests wait for other programs most of the time, and each has its own network: they run side by side, and
// what only computes runs beside them and gives way to them. What measures our own packets comes after, in its own
// order, and has the machine to itself, one file at a time. CI's machines being shared, what failed there is tried again.
const conformance = ['test/conformance/**/*.test.ts'];
const native = ['test/native/**/*.test.ts'];
const retry = process.env['CI'] === undefined ? 0 : 2;
const sideBySide = { maxWorkers: availableParallelism() + 3, sequence: { groupOrder: 0 } };

/** What takes longest, by a minute or more: two that wait and two that compute. */
const LONGEST = [
  'test/conformance/smear.test.ts',
  'test/conformance/synchronise.test.ts',
  'test/simulation/random-faults.test.ts',
  'test/simulation/scenarios.test.ts',
];

/** Begins with the longest, so that none of them is alone at the end; then as always. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isLong = ({ moduleId }: TestSpecification): boolean => LONGEST.some((file) => moduleId.endsWith(file));
    const sorted = await super.sort(files);
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))];
  }
}

export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        test: {
          ...shared,
          ...sideBySide,
          name: 'logic',
          include: ['test/**/*.test.ts'],
          exclude: [...conformance, ...native, '**/node_modules/**'],
          // Enough for the slowest machine, also while all others have their turn: how long it takes is not what is tested.
          testTimeout: 1_200_000,
          setupFiles: [LEAVE_NOTHING, 'test/support/give-way.ts'],
        },
      },
      {
        test: {
          ...shared,
          ...sideBySide,
          name: 'conformance',
          include: conformance,
          retry,
        },
      },
      {
        test: {
          ...shared,
          name: 'native',
          include: native,
          fileParallelism: false,
          retry,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
