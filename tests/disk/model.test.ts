import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { manualClock } from '../../src/testing/index.ts'
import { atomically, type CacheVerbs, cacheForms } from './support/forms.ts'

interface Known {
  readonly value: number | Buffer
  readonly expires: number
  readonly tags: readonly string[]
}

/** What a cache should hold: a Map with expiry, and nothing clever. */
class Model {
  entries = new Map<string, Known>()
  /** Keys whose place is open: they were stored again before anybody had swept the expired entry away. */
  unordered = new Set<string>()

  readonly now: () => number

  constructor(now: () => number) {
    this.now = now
  }

  live(key: string): Known | undefined {
    const known = this.entries.get(key)
    return known !== undefined && known.expires > this.now() ? known : undefined
  }

  set(key: string, known: Known): void {
    if (known.expires <= this.now()) {
      this.entries.delete(key)
      return
    }
    if (this.entries.has(key) && this.live(key) === undefined) this.unordered.add(key)
    this.entries.set(key, known)
  }

  delete(key: string): boolean {
    const there = this.live(key) !== undefined
    if (there) this.entries.delete(key)
    return there
  }

  all(): [string, Known][] {
    return [...this.entries].filter(([key]) => this.live(key) !== undefined)
  }
}

interface Step {
  readonly verb: string
  readonly key: string
  readonly size: number
  readonly ttl: number | undefined
  readonly tag: string
  readonly inner: readonly Step[]
}

const keys = ['a', 'b', 'c', 'd', 'e']
const life = 1_000
const verbs = ['set', 'set', 'set', 'add', 'delete', 'pop', 'incr', 'touch', 'update']
const allVerbs = [...verbs, 'evictTag', 'clear', 'advance', 'rollback', 'commit', 'expire']

function stepOf(
  names: readonly string[],
  inner: fc.Arbitrary<readonly Step[]>,
): fc.Arbitrary<Step> {
  return fc.record({
    verb: fc.constantFrom(...names),
    key: fc.constantFrom(...keys),
    size: fc.constantFrom(0, 1, 20, 21, 300),
    ttl: fc.constantFrom(undefined, undefined, 0, 1, 500, 2_000, Number.POSITIVE_INFINITY),
    tag: fc.constantFrom('x', 'y'),
    inner,
  })
}

const innerSteps = fc.array(stepOf(verbs, fc.constant([])), { maxLength: 5 })
const steps = fc.array(stepOf(allVerbs, innerSteps), { minLength: 1, maxLength: 25 })

/** Does one step to both. @returns what each answered. */
function take(cache: CacheVerbs, model: Model, step: Step): [unknown, unknown] {
  const { key, size, ttl, tag } = step
  const value = Buffer.alloc(size, key)
  const expires = model.now() + (ttl ?? life)
  const known: Known = { value, expires, tags: [tag] }
  const old = model.live(key)
  switch (step.verb) {
    case 'set':
      cache.set(key, value, { ttl, tag })
      model.set(key, known)
      return [undefined, undefined]
    case 'add':
      // What add answers for a life that is over at once is not specified.
      if (ttl === 0) return [undefined, undefined]
      if (old === undefined) model.set(key, known)
      return [cache.add(key, value, { ttl, tag }), old === undefined]
    case 'delete':
      return [cache.delete(key), model.delete(key)]
    case 'pop':
      model.delete(key)
      return [cache.pop(key), old?.value]
    case 'incr':
      return count(cache, model, key, size)
    case 'touch':
      if (old !== undefined) model.set(key, { ...old, expires })
      return [cache.touch(key, ttl), old !== undefined]
    default:
      model.set(key, { tags: [], expires: model.now() + life, ...old, value })
      return [cache.update(key, () => value), value]
  }
}

function count(cache: CacheVerbs, model: Model, key: string, delta: number): [unknown, unknown] {
  const old = model.live(key)
  if (old !== undefined && typeof old.value !== 'number') {
    return [attempt(() => cache.incr(key, delta)), 'ERR_NOT_A_NUMBER']
  }
  const sum = Number(old?.value ?? 0) + delta
  model.set(key, { tags: [], expires: model.now() + life, ...old, value: sum })
  return [cache.incr(key, delta), sum]
}

function attempt(run: () => unknown): unknown {
  try {
    return run()
  } catch (error) {
    return (error as { code?: unknown }).code
  }
}

function evictTag(model: Model, tag: string): number {
  const tagged = model.all().filter(([, { tags }]) => tags.includes(tag))
  for (const [key] of tagged) model.entries.delete(key)
  return tagged.length
}

/** Runs a transaction on `key`'s shard with steps on that key alone, so that it covers all of them. */
function transaction(cache: CacheVerbs, model: Model, step: Step): void {
  const before = new Map(model.entries)
  const back = new Error('back')
  const work = (): void => {
    for (const inner of step.inner) {
      const [answer, expected] = take(cache, model, { ...inner, key: step.key })
      expect([inner.verb, answer]).toEqual([inner.verb, expected])
    }
    if (step.verb === 'rollback') throw back
  }
  try {
    atomically(cache, step.key, work)
  } catch (error) {
    if (error !== back) throw error
    model.entries = before
  }
}

function compare(cache: CacheVerbs, model: Model, sharded: boolean): void {
  const all = model.all()
  const bytes = all.reduce(
    (sum, [, { value }]) => sum + (typeof value === 'number' ? 8 : value.length),
    0,
  )
  expect([cache.size, cache.bytes()]).toEqual([all.length, bytes])
  const found = new Map(cache.list().map((info) => [info.key as string, info]))
  for (const key of keys) {
    const known = model.live(key)
    expect([key, cache.get(key)]).toEqual([key, known?.value])
    expect([key, found.get(key)?.expiresAt]).toEqual([key, known?.expires])
    expect([key, found.get(key)?.tags]).toEqual([key, known?.tags])
  }
  const placed = (list: unknown[]) => list.filter((key) => !model.unordered.has(String(key)))
  const order = placed([...cache.keys()])
  const expected = placed(all.map(([key]) => key))
  expect(sharded ? order.sort() : order).toEqual(sharded ? expected.sort() : expected)
}

describe.each(cacheForms)('$name: against a model', ({ open, sharded }) => {
  it('does what a Map with expiry does, whatever comes', { timeout: 60_000 }, async () => {
    const clock = manualClock()
    const cache = open({ clock, ttl: life, inlineBytes: 20 })
    await fc.assert(
      fc.asyncProperty(steps, async (sequence) => {
        cache.clear()
        const model = new Model(clock.now)
        for (const step of sequence) {
          if (step.verb === 'advance') await clock.advance(step.ttl === 2_000 ? 1_000 : 499)
          else if (step.verb === 'rollback' || step.verb === 'commit')
            transaction(cache, model, step)
          else if (step.verb === 'expire') cache.expire()
          else if (step.verb === 'clear') {
            expect(cache.clear()).toBe(model.all().length)
            model.entries.clear()
          } else if (step.verb === 'evictTag') {
            expect(cache.evictTag(step.tag)).toBe(evictTag(model, step.tag))
          } else {
            const [answer, expected] = take(cache, model, step)
            expect([step.verb, answer]).toEqual([step.verb, expected])
          }
          compare(cache, model, sharded)
        }
        expect(cache.check().problems).toEqual([])
      }),
      { numRuns: 80, endOnFailure: false },
    )
    expect(cache.check({ verify: true }).problems).toEqual([])
  })
})
