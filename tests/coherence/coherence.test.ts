import { join } from 'node:path'
import * as build from 'holdfast'
import { expect, test } from 'vitest'
import { memoryDirectory } from '../support/temporary-directory.ts'
import { patience, torture } from '../support/torture.ts'
import { checkCoherence } from './driver.ts'
import { fleetOf } from './fleet.ts'

const root = join(import.meta.dirname, '..', '..')

/*
 * What is promised: once a write has returned in one process, no other process returns an older value. The long form is
 * `npm run check:coherence`.
 */
test.each([
  { store: 'DiskCache', shards: 0, seconds: 12 },
  { store: 'ShardedDiskCache', shards: 3, seconds: 8 },
])(
  '$store: nobody sees an older value, whoever writes and whoever is killed',
  {
    timeout: patience,
  },
  async ({ store, shards, seconds }) => {
    const seed = Date.now() % 1_000_000
    const result = await checkCoherence({
      directory: memoryDirectory(),
      library: join(root, 'dist'),
      build,
      seed,
      fleet: fleetOf(6),
      duration: torture(seconds, 120) * 1_000,
      shards: [shards],
      keep: join(root, '.cache', 'coherence', `${store}-seed-${seed}`),
    })
    expect(result.violations.join('\n\n'), `seed ${seed}`).toBe('')
    // Otherwise nothing could have gone wrong.
    expect(result.operations).toBeGreaterThan(5_000)
    expect(result.kills).toBeGreaterThan(2)
  },
)
