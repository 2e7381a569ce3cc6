import { defineConfig } from 'vitest/config'

// Set by `npm run test:torture`: adds tests/torture and lets tests run their long forms.
const torture = process.env.HOLDFAST_TORTURE === '1'

// Set by `npm run test:node24`, which runs beside `npm test`: what does not depend on the Node it runs under is run once.
const once =
  process.env.HOLDFAST_OTHER_NODE === undefined
    ? []
    : [
        'tests/coherence/interleavings.test.ts',
        'tests/coherence/planted-bugs.test.ts',
        'tests/simulator/{simulator,planted-bugs}.test.ts',
        'tests/cache/{interleavings,model}.test.ts',
        'tests/frame/fuzz.test.ts',
        'tests/memory/{hit-rates,policies}.test.ts',
        'tests/migrate/pickle-reader.test.ts',
        'tests/testing/backend-suite.test.ts',
      ]

const minute = 60_000
const stressTests = ['tests/stress/**/*.test.ts', 'tests/coherence/{coherence,planted}*.test.ts']
const tortureTests = ['tests/torture/**/*.test.ts']

/** A group of test files that runs after the groups of a lower `order`, never beside them. */
function project(
  name: string,
  order: number,
  timeout: number,
  include: string[],
  exclude: string[],
) {
  const parallel = name === 'unit'
  return {
    extends: true as const,
    test: {
      name,
      include,
      exclude,
      testTimeout: timeout,
      hookTimeout: timeout,
      // Stress tests measure fairness and start processes of their own: one file at a time.
      fileParallelism: parallel,
      sequence: { groupOrder: order },
    },
  }
}

export default defineConfig({
  test: {
    globals: false,
    // A process per file: engine tests open databases, map files and are killed; threads would share all that.
    pool: 'forks',
    // Unit tests start processes too; more workers than this only make them wait for each other.
    maxWorkers: 2,
    // Without a limit the diff of two large buffers that differ keeps a processor busy for minutes.
    diff: { truncateThreshold: 400 },
    projects: [
      project(
        'unit',
        0,
        torture ? 10 * minute : minute / 2,
        ['tests/**/*.test.ts'],
        [...stressTests, ...tortureTests, ...once],
      ),
      project('stress', 1, torture ? 60 * minute : 3 * minute, stressTests, once),
      ...(torture ? [project('torture', 2, 120 * minute, tortureTests, [])] : []),
    ],
  },
})
