import { once } from 'node:events'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { DiskCache } from '../../src/index.ts'
import { manualClock } from '../../src/testing/index.ts'
import { codeOf, rejectionCode } from '../support/code-of.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { openCache } from './support/forms.ts'

describe('busyTimeout', () => {
  it.each([0, 60, 200])(
    'a write gives up after about %i ms, and reads do not wait',
    (busyTimeout) => {
      const directory = temporaryDirectory()
      const holder = openCache({}, directory)
      const other = openCache({ busyTimeout }, directory)
      holder.set('a', 'old')
      holder.transact(() => {
        holder.set('a', 'new')
        for (const write of [
          () => other.set('a', 1),
          () => other.pop('a'),
          () => other.incr('n'),
        ]) {
          const start = performance.now()
          expect(codeOf(write)).toBe('ERR_BUSY')
          expect(performance.now() - start).toBeGreaterThanOrEqual(busyTimeout)
          expect(performance.now() - start).toBeLessThan(busyTimeout + 2_000)
        }
        expect(other.get('a')).toBe('old')
      })
      expect(other.get('a')).toBe('new')
      other.set('a', 1)
      expect(other.check().problems).toEqual([])
    },
  )

  it('asynchronous verbs give up too', async () => {
    const directory = temporaryDirectory()
    const holder = openCache({}, directory)
    const other = openCache({ busyTimeout: 0 }, directory)
    const codes: Promise<unknown>[] = []
    holder.transact(() => {
      codes.push(rejectionCode(() => other.lock('name')))
      codes.push(rejectionCode(() => other.load('a', async () => 1)))
    })
    // A load goes on without its lease: its caller wants the value, and a missed lease is no reason to have none.
    expect(await Promise.all(codes)).toEqual(['ERR_BUSY', undefined])
    expect(other.check().problems).toEqual([])
  })

  it('a value that was computed is returned, and told as dropped', () => {
    const directory = temporaryDirectory()
    const reasons: string[] = []
    const holder = openCache({}, directory)
    const onEvent = ({ type, reason }: { type: string; reason: string }) =>
      reasons.push(`${type} ${reason}`)
    const other = openCache({ busyTimeout: 0, onEvent }, directory)
    holder.transact(() => expect(other.getOrSet('a', () => 5)).toBe(5))
    expect(reasons).toEqual(['drop ERR_BUSY'])
    expect(other.has('a')).toBe(false)
    expect(other.check().problems).toEqual([])
  })
})

describe('durability', () => {
  it.each(['process', 'machine'] as const)('%s stores values of every size', async (durability) => {
    const cache = openCache({ durability, inlineBytes: 10 })
    cache.set('a', 1)
    cache.set('file', Buffer.alloc(1_000))
    await cache.setAsync('b', Buffer.alloc(2_000))
    cache.close()
    const again = openCache({ durability }, cache.directory)
    expect([again.size, again.bytes()]).toEqual([3, 3_008])
    expect(again.check({ verify: true }).problems).toEqual([])
  })
})

describe('an entry that ends while a write waits for the lock', () => {
  it.each<[string, (cache: DiskCache) => unknown, unknown]>([
    ['is not brought back by touch', (cache) => cache.touch('a', 1_000), false],
    ['is not counted by delete', (cache) => cache.delete('a'), false],
    ['is begun anew by incr', (cache) => cache.incr('a'), 1],
  ])('%s', async (_, write, expected) => {
    const directory = temporaryDirectory()
    const isReleased = new Int32Array(new SharedArrayBuffer(4))
    const times = { before: 1_000, end: 1_005, after: 1_010 }
    const now = () => (Atomics.load(isReleased, 0) === 0 ? times.before : times.after)
    const cache = openCache({ clock: { ...manualClock(), now } }, directory)
    cache.set('a', 41, { expiresAt: times.end })
    const holder = new Worker(new URL('programs/lock-holder.mjs', import.meta.url), {
      workerData: { database: join(directory, 'holdfast.db'), isReleased },
    })
    onTestFinished(async () => void (await holder.terminate()))
    await once(holder, 'message')
    expect(write(cache)).toBe(expected)
    expect(Atomics.load(isReleased, 0)).toBe(1)
    expect(cache.get('a')).toBe(expected === 1 ? 1 : undefined)
    expect(cache.check().problems).toEqual([])
  })
})
