import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Cache, createCache, type Tier } from '../../src/index.ts'
import { type ManualClock, manualClock } from '../../src/testing/index.ts'
import { allForms } from './support/forms.ts'
import { ModelCache } from './support/model.ts'

const ttl = 1_000
const grace = 500
/** The namespaces that are tried, as the model writes them: each begins the keys of those below it. */
const spaces = ['', 'n/', 'n/m/', 'o/'] as const
const keys = ['a', 'b', 'c'] as const
const tags = ['s', 't'] as const

type Space = (typeof spaces)[number]

interface ReadStep {
  readonly verb: 'get' | 'many' | 'has' | 'delete' | 'expire' | 'touch' | 'entry'
  readonly space: Space
  readonly key: string
  readonly life: number
}

interface WriteStep {
  readonly verb: 'set' | 'setMany' | 'add' | 'load' | 'loadMany' | 'fail' | 'fresh'
  readonly space: Space
  readonly key: string
  readonly life: number
  readonly tags: readonly string[]
}

type Step =
  | ReadStep
  | WriteStep
  | { readonly verb: 'advance'; readonly ms: number }
  | { readonly verb: 'clear'; readonly space: Space }
  | { readonly verb: 'tag'; readonly space: Space; readonly tag: string; readonly hard: boolean }

const space = fc.constantFrom(...spaces)
const key = fc.constantFrom(...keys)
const life = fc.constantFrom(0, 1, 100, 1_000, 1_500, 5_000)
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    verb: fc.constant('advance' as const),
    ms: fc.constantFrom(0, 1, 99, 400, 500, 501, 1_000, 1_001, 3_000),
  }),
  fc.record({ verb: fc.constant('clear' as const), space }),
  fc.record({
    ...{ verb: fc.constant('tag' as const), space },
    ...{ tag: fc.constantFrom(...tags), hard: fc.boolean() },
  }),
  {
    weight: 4,
    arbitrary: fc.record({
      verb: fc.constantFrom('get', 'many', 'has', 'delete', 'expire', 'touch', 'entry'),
      ...{ space, key, life },
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      verb: fc.constantFrom('set', 'setMany', 'add', 'load', 'loadMany', 'fail', 'fresh'),
      ...{ space, key, life, tags: fc.subarray([...tags]) },
    }),
  },
)

/** A cache and its model, and how a step is done on both. */
class Trial {
  readonly #cache: Cache
  readonly #clock: ManualClock
  readonly #model: ModelCache
  #value = 0

  constructor(cache: Cache, clock: ManualClock) {
    this.#cache = cache
    this.#clock = clock
    this.#model = new ModelCache(clock.now(), ttl, grace)
  }

  async do(step: Step): Promise<void> {
    if (step.verb === 'advance') {
      await this.#clock.advance(step.ms)
      this.#model.now = this.#clock.now()
      return
    }
    const cache = this.#space(step.space)
    if (step.verb === 'clear') {
      await cache.clear()
      this.#model.clear(step.space)
    } else if (step.verb === 'tag') {
      await cache.invalidateTags(step.tag, { hard: step.hard })
      this.#model.invalidate(step.space, step.tag, step.hard)
    } else if ('tags' in step) await this.#write(cache, step)
    else await this.#read(cache, step)
  }

  async #read(cache: Cache, step: ReadStep): Promise<void> {
    const { key, life, verb } = step
    const id = step.space + key
    const model = this.#model
    if (verb === 'get') expect(await cache.get(key)).toBe(model.fresh(id))
    else if (verb === 'has') expect(await cache.has(key)).toBe(model.fresh(id) !== undefined)
    else if (verb === 'expire') expect(await cache.expire(key)).toBe(model.end(id))
    else if (verb === 'touch') expect(await cache.touch(key, life)).toBe(model.end(id, life))
    else if (verb === 'delete') {
      const was = model.delete(id)
      // What is void or has ended may still lie there.
      if (was) expect(await cache.delete(key)).toBe(true)
      else await cache.delete(key)
    } else if (verb === 'entry') {
      const entry = await cache.getEntry(key)
      expect(entry?.value).toBe(model.usable(id))
      expect(entry?.stale ?? true).toBe(model.fresh(id) === undefined)
    } else {
      const stale = life > 100
      const found = await cache.getMany(keys, { stale })
      for (const one of keys) {
        const of = step.space + one
        expect(found.get(one)).toBe(stale ? model.usable(of) : model.fresh(of))
      }
    }
  }

  async #write(cache: Cache, step: WriteStep): Promise<void> {
    const { key, life, tags, verb } = step
    const id = step.space + key
    const model = this.#model
    this.#value += 1
    const value = this.#value
    const options = { ttl: life, tags }
    if (verb === 'set' || verb === 'setMany') {
      if (verb === 'set') await cache.set(key, value, options)
      else
        await cache.setMany([
          ['c', value],
          [key, value, options],
        ])
      if (verb === 'setMany') model.set(`${step.space}c`, value)
      model.set(id, value, life, tags)
    } else if (verb === 'add') {
      const isFree = model.fresh(id) === undefined && life > 0
      expect(await cache.add(key, value, options)).toBe(isFree)
      if (isFree) model.set(id, value, life, tags)
    } else if (verb === 'fail') {
      const load = () => Promise.reject(new Error('down'))
      const found = await cache.getOrSet(key, load, options).catch(() => undefined)
      expect(found).toBe(model.fresh(id) ?? model.usable(id))
    } else {
      const forceFresh = verb === 'fresh'
      const before = forceFresh ? undefined : model.fresh(id)
      const found =
        verb === 'loadMany'
          ? (await cache.getOrSetMany([key], async () => [value], options)).get(key)
          : await cache.getOrSet(key, () => value, { ...options, forceFresh })
      expect(found).toBe(before ?? value)
      // What would have ended at once is not stored, and takes no other's place.
      if (before === undefined && life > 0) model.set(id, value, life, tags)
    }
  }

  #space(path: Space): Cache {
    let cache = this.#cache
    for (const name of path.split('/')) if (name !== '') cache = cache.namespace(name) as Cache
    return cache
  }
}

async function run(tiersOf: (clock: ManualClock) => readonly Tier[], steps: readonly Step[]) {
  const clock = manualClock()
  const cache = createCache({ tiers: tiersOf(clock), clock, ttl, grace, staleBackoff: 0 })
  try {
    const trial = new Trial(cache, clock)
    for (const one of steps) await trial.do(one)
  } finally {
    await cache.close()
  }
}

describe('any verbs in any order do what they do to a map', () => {
  it.each(allForms)('%s', async (name, tiersOf) => {
    const numRuns = name.includes('disk') ? 40 : 300
    const property = fc.asyncProperty(fc.array(step, { maxLength: 40 }), (steps) =>
      run(tiersOf, steps),
    )
    await fc.assert(property, { numRuns, interruptAfterTimeLimit: 20_000 })
  })
})
