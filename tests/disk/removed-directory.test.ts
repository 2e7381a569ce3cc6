import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { DiskCache } from '../../src/index.ts'
import { manualClock } from '../../src/testing/index.ts'
import { codeOf } from '../support/code-of.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

it('a store whose directory was removed says so within a second, and puts nothing in its place', async () => {
  const directory = join(temporaryDirectory(), 'store')
  const clock = manualClock()
  const events: string[] = []
  const cache = new DiskCache(directory, { clock, onEvent: ({ type }) => events.push(type) })
  cache.set('a', 1)
  rmSync(directory, { recursive: true })
  expect(codeOf(() => cache.set('large', Buffer.alloc(100_000)))).toBe('ERR_IO')
  expect(existsSync(directory)).toBe(false)
  await clock.advance(1_000)
  expect(events).toContain('corrupt')
  expect(codeOf(() => cache.set('a', 2))).toBe('ERR_IO')
  expect(codeOf(() => cache.get('a'))).toBe('ERR_IO')
  cache.close()
  using fresh = new DiskCache(directory)
  expect(fresh.has('a')).toBe(false)
  expect(fresh.check().problems).toEqual([])
})
