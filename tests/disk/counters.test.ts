import { describe, expect, it } from 'vitest'
import { manualClock } from '../../src/testing/index.ts'
import { codeOf } from '../support/code-of.ts'
import { allForms, cacheForms } from './support/forms.ts'

const largest = Number.MAX_SAFE_INTEGER

describe.each(allForms)('$name: incr and decr', ({ open }) => {
  it('count from initial where there is nothing, by 1 unless told otherwise', () => {
    const store = open()
    expect(store.incr('a')).toBe(1)
    expect(store.incr('a')).toBe(2)
    expect(store.decr('a', 5)).toBe(-3)
    expect(store.decr('a')).toBe(-4)
    expect(store.incr('b', 5, { initial: 100 })).toBe(105)
    expect(store.incr('b', 5, { initial: 100 })).toBe(110)
    expect(store.decr('c', 1, { initial: 100 })).toBe(99)
    expect(store.incr('d', 0)).toBe(0)
    expect(store.incr('e', 0.5)).toBe(0.5)
    expect(store.get('a')).toBe(-4)
    expect([store.size, store.bytes()]).toEqual([5, 40])
    expect(store.check().problems).toEqual([])
  })

  it('go on from a number that was set', () => {
    const store = open()
    store.set('a', 41)
    expect(store.incr('a')).toBe(42)
    store.set('a', -0)
    expect(store.incr('a', 0)).toBe(0)
    expect(store.check().problems).toEqual([])
  })

  it('are exact up to the safe integers, and refuse what lies beyond', () => {
    const store = open()
    store.set('a', largest - 1)
    expect(store.incr('a')).toBe(largest)
    expect(codeOf(() => store.incr('a'))).toBe('ERR_COUNTER_RANGE')
    expect(store.get('a')).toBe(largest)
    expect(store.decr('a', largest)).toBe(0)
    expect(store.decr('a', largest)).toBe(-largest)
    expect(codeOf(() => store.decr('a'))).toBe('ERR_COUNTER_RANGE')
    store.set('a', 2 ** 53)
    expect(codeOf(() => store.decr('a', 2 ** 53))).toBe('ERR_COUNTER_RANGE')
    store.set('a', Number.POSITIVE_INFINITY)
    expect(codeOf(() => store.decr('a'))).toBe('ERR_COUNTER_RANGE')
    expect(codeOf(() => store.incr('new', largest, { initial: 1 }))).toBe('ERR_COUNTER_RANGE')
    expect(store.has('new')).toBe(false)
    expect(store.check().problems).toEqual([])
  })

  it.each([
    ['text', '1'],
    ['NaN', Number.NaN],
    ['null', null],
    ['undefined', undefined],
    ['bigint', 1n],
  ])('refuse a value that is %s, and leave it', (_, value) => {
    const store = open()
    store.set('a', value)
    expect(codeOf(() => store.incr('a'))).toBe('ERR_NOT_A_NUMBER')
    expect(codeOf(() => store.decr('a'))).toBe('ERR_NOT_A_NUMBER')
    expect(store.get('a')).toStrictEqual(value)
    expect(store.check().problems).toEqual([])
  })

  it('refuse steps and options that are none', () => {
    const store = open()
    const steps = [Number.NaN, Number.POSITIVE_INFINITY, '1', null, true, 1n, {}]
    for (const step of steps as never[]) {
      expect(codeOf(() => store.incr('a', step))).toBe('ERR_INVALID_OPTION')
      expect(codeOf(() => store.decr('a', step))).toBe('ERR_INVALID_OPTION')
      expect(codeOf(() => store.incr('a', 1, { initial: step }))).toBe('ERR_INVALID_OPTION')
    }
    expect(codeOf(() => store.incr('a', 1, { tag: 'x' } as never))).toBe('ERR_INVALID_OPTION')
    expect(codeOf(() => store.incr('a', 1, null as never))).toBe('ERR_INVALID_OPTION')
    expect(store.has('a')).toBe(false)
    expect(store.check().problems).toEqual([])
  })

  it('keep what is known of the entry', () => {
    const store = open()
    store.set('a', 1, { description: 'a counter', meta: { unit: 'calls' } })
    store.incr('a')
    expect(store.getEntry('a')).toMatchObject({
      value: 2,
      description: 'a counter',
      meta: { unit: 'calls' },
    })
    expect(store.check().problems).toEqual([])
  })
})

describe.each(cacheForms)('$name: incr', ({ open }) => {
  it('keeps the end of the entry unless it gets a ttl', () => {
    const clock = manualClock()
    const cache = open({ clock, ttl: '1h' })
    cache.set('a', 1, { ttl: '1m', tag: 'x' })
    cache.incr('a')
    expect(cache.getEntry('a')).toMatchObject({ expiresAt: clock.now() + 60_000, tags: ['x'] })
    cache.incr('a', 1, { ttl: '2m' })
    expect(cache.getEntry('a')).toMatchObject({ expiresAt: clock.now() + 120_000, tags: ['x'] })
    cache.incr('new')
    expect(cache.getEntry('new')?.expiresAt).toBe(clock.now() + 3_600_000)
    cache.incr('short', 1, { ttl: 5 })
    expect(cache.getEntry('short')?.expiresAt).toBe(clock.now() + 5)
    cache.incr('a', 1, { ttl: 0 })
    expect([cache.has('a'), cache.size]).toEqual([false, 2])
    expect(cache.check().problems).toEqual([])
  })

  it('does not begin a new life with the value of one that ends meanwhile', () => {
    // A clock that goes on with every look at it: at one of these ends the entry lies between two looks of the call.
    for (let life = 1; life < 20; life += 1) {
      let time = 1_000
      const clock = { ...manualClock(), now: () => time++ }
      const cache = open({ clock })
      cache.set('a', 41, { expiresAt: 1_005 + life })
      cache.update('b', () => 1)
      const sum = cache.incr('a')
      const end = cache.getEntry('a')?.expiresAt
      if (sum === 1) expect(end).toBe(Number.POSITIVE_INFINITY)
      else expect([sum, end ?? 'over']).toEqual([42, end === undefined ? 'over' : 1_005 + life])
    }
  })
})
