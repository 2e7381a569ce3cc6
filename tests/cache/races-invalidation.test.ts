import { describe, expect, it } from 'vitest'
import type { Cache, LoadContext } from '../../src/index.ts'
import { manualClock } from '../../src/testing/index.ts'
import { openCache } from './support/caches.ts'
import { deferred, turns } from './support/deferred.ts'
import { raceForms } from './support/forms.ts'
import { TestBus } from './support/test-bus.ts'

/** What makes the entry `k` invalid, and what a reader finds right afterwards. */
const invalidations: readonly (readonly [
  string,
  (cache: Cache) => Promise<unknown>,
  string | undefined,
])[] = [
  ['delete', (cache) => cache.delete('k'), undefined],
  ['deleteMany', (cache) => cache.deleteMany(['x', 'k']), undefined],
  ['expire', (cache) => cache.expire('k'), undefined],
  ['set', (cache) => cache.set('k', 'set'), 'set'],
  ['setMany', (cache) => cache.setMany([['k', 'set']]), 'set'],
  ['add', (cache) => cache.add('k', 'set'), 'set'],
  ['set with ttl 0', (cache) => cache.set('k', 'set', { ttl: 0 }), undefined],
  ['invalidateTags', (cache) => cache.invalidateTags('other', 't'), undefined],
  ['invalidateTags, hard', (cache) => cache.invalidateTags('t', { hard: true }), undefined],
  ['clear', (cache) => cache.clear(), undefined],
]

/** Where the load has its tag from. */
const taggings: readonly (readonly [
  string,
  { tags?: readonly string[] | ((value: unknown) => readonly string[]) },
  (context: LoadContext<string>) => void,
])[] = [
  ['fixed tags', { tags: ['t'] }, () => {}],
  ['tags from the value', { tags: () => ['t'] }, () => {}],
  ['setTags', {}, (context) => context.setTags('t')],
]

/** Where the tags are from makes no difference to what is done to the key itself. */
const cases = invalidations.flatMap(([name, invalidate, found]) =>
  (name.startsWith('invalidateTags') ? taggings : taggings.slice(0, 1)).map(
    ([tagging, options, act]) => [`${name}, ${tagging}`, invalidate, found, options, act] as const,
  ),
)

/** A load that waits until it may end. */
function slowLoad(cache: Cache, options: object, act: (context: LoadContext<string>) => void) {
  const began = deferred()
  const gate = deferred()
  const value = cache.getOrSet<string>(
    'k',
    async (context) => {
      began.resolve()
      await gate.promise
      act(context)
      return 'old'
    },
    options,
  )
  return { began: began.promise, end: gate.resolve, value }
}

describe.each(raceForms)('an invalidation while a load runs, %s', (_, tiersOf) => {
  const open = (options: object = {}) => {
    const clock = manualClock()
    return openCache({ tiers: tiersOf(clock), ...options }, clock)
  }

  describe.each(cases)('%s', (_name, invalidate, found, options, act) => {
    it('the waiting caller gets the value, later readers do not', async () => {
      const { cache } = open()
      const load = slowLoad(cache, options, act)
      await load.began
      await invalidate(cache)
      load.end()
      expect(await load.value).toBe('old')
      expect(cache.peek('k')).toBe(found)
      expect(await cache.get('k')).toBe(found)
      expect(await cache.getOrSet('k', () => 'new')).toBe(found ?? 'new')
    })

    it('who comes afterwards does not join, nor gets its result', async () => {
      const { cache } = open()
      const load = slowLoad(cache, options, act)
      await load.began
      await invalidate(cache)
      const later = cache.getOrSet('k', () => 'new', options)
      expect(await later).toBe(found ?? 'new')
      load.end()
      expect(await load.value).toBe('old')
      expect(await cache.get('k')).toBe(found ?? 'new')
    })

    it('the same where there is a stale entry', async () => {
      const { cache, clock } = open({ ttl: '1m', grace: '1h' })
      await cache.set('k', 'first', { tags: ['t'] })
      await clock.advance(60_001)
      const load = slowLoad(cache, options, act)
      await load.began
      await invalidate(cache)
      load.end()
      expect(await load.value).toBe('old')
      expect(await cache.get('k')).toBe(found)
      expect(await cache.getOrSet('k', () => 'new')).toBe(found ?? 'new')
    })

    it('the same for a refresh in the background', async () => {
      const { cache, clock } = open({ ttl: '1m', grace: '1h', swr: true })
      await cache.set('k', 'first', { tags: ['t'] })
      await clock.advance(60_001)
      const load = slowLoad(cache, options, act)
      expect(await load.value).toBe('first')
      await load.began
      await invalidate(cache)
      load.end()
      await turns()
      expect(await cache.get('k')).toBe(found)
      expect(await cache.getOrSet('k', () => 'new', { swr: false })).toBe(found ?? 'new')
    })

    it('the same for a load of several keys', async () => {
      const { cache } = open()
      const began = deferred()
      const gate = deferred()
      const values = cache.getOrSetMany(
        ['j', 'k'],
        async (keys, context) => {
          began.resolve()
          await gate.promise
          context.setOptions('k', { tags: ['t'] })
          return keys.map(() => 'old')
        },
        { tags: ['t'] },
      )
      await began.promise
      await invalidate(cache)
      expect(await cache.getOrSetMany(['k'], async () => ['new'], { tags: ['t'] })).toEqual(
        new Map([['k', found ?? 'new']]),
      )
      gate.resolve()
      expect((await values).get('k')).toBe('old')
      expect(await cache.get('k')).toBe(found ?? 'new')
    })
  })

  it('a namespace that is cleared, or one above it', async () => {
    for (const name of ['own', 'above', 'beside'] as const) {
      const { cache } = open()
      const inner = cache.namespace('a').namespace('b')
      const load = slowLoad(inner as Cache, {}, () => {})
      await load.began
      const cleared = { own: inner, above: cache.namespace('a'), beside: cache.namespace('c') }
      await cleared[name].clear()
      load.end()
      expect(await load.value).toBe('old')
      expect(await inner.get('k')).toBe(name === 'beside' ? 'old' : undefined)
    }
  })

  it('a tag of the namespace, or of one above it, not that of one beside it', async () => {
    for (const name of ['own', 'above', 'beside'] as const) {
      const { cache } = open()
      const inner = cache.namespace('a')
      const load = slowLoad(inner as Cache, { tags: ['t'] }, () => {})
      await load.began
      const spaces = { own: inner, above: cache, beside: cache.namespace('b') }
      await spaces[name].invalidateTags('t')
      load.end()
      expect(await load.value).toBe('old')
      expect(await inner.get('k')).toBe(name === 'beside' ? 'old' : undefined)
    }
  })

  describe.each(invalidations)('announced by another cache: %s', (_name, invalidate, found) => {
    it('counts as one made here', async () => {
      const clock = manualClock()
      const bus = new TestBus()
      const tiers = tiersOf(clock)
      const { cache } = openCache({ tiers, bus }, clock)
      const { cache: other } = openCache({ tiers, bus }, clock)
      const isShared = tiers.length > 1
      if (!isShared) await other.set('k', 'theirs', { tags: ['t'] })
      const load = slowLoad(cache, { tags: ['t'] }, () => {})
      await load.began
      await invalidate(other)
      // What two nodes do in the same millisecond has no order: it counts as invalid.
      await clock.advance(1)
      // `add` does nothing where the other cache has the entry already.
      const isNothing = _name === 'add' && !isShared
      const later = cache.getOrSet('k', () => 'new')
      load.end()
      const shared = isShared ? found : undefined
      expect(await later).toBe(isNothing ? 'old' : (shared ?? 'new'))
      expect(await load.value).toBe('old')
      expect(await cache.get('k')).toBe(isNothing ? 'old' : (shared ?? 'new'))
    })
  })

  it('a gap in the messages ends what is under way too', async () => {
    const clock = manualClock()
    const bus = new TestBus()
    const { cache } = openCache({ tiers: tiersOf(clock), bus }, clock)
    const load = slowLoad(cache, {}, () => {})
    await load.began
    bus.gap()
    load.end()
    expect(await load.value).toBe('old')
    expect(await cache.get('k')).toBeUndefined()
  })
})
