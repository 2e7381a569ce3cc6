import { describe, expect, it } from 'vitest'
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
