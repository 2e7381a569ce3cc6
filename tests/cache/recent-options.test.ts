import { describe, expect, it } from 'vitest'
import { RecentOptions } from '../../src/cache/recent-options.ts'

/** Counts how often options were checked; gives what was checked. */
function counted(apart: readonly string[] = []) {
  const recent = new RecentOptions<object>(apart)
  const checked: object[] = []
  const resolve = (options: object) => {
    checked.push(options)
    return { ...options }
  }
  return { checked, get: (options: object) => recent.get(options, resolve) }
}

describe('options that come again', () => {
  it('are checked once', () => {
    const { checked, get } = counted()
    const first = get({ ttl: '1h', grace: 5 })
    expect(get({ grace: 5, ttl: '1h' })).toBe(first)
    expect(checked).toHaveLength(1)
  })

  it('are not the same with another value, a name more or a name less', () => {
    const { checked, get } = counted()
    for (const options of [{ ttl: 1 }, { ttl: 2 }, { ttl: 1, grace: 1 }, { grace: 1 }, {}])
      expect(get(options)).toEqual(options)
    expect(checked).toHaveLength(5)
    expect(get({ ttl: 1, toString: 1 })).toEqual({ ttl: 1, toString: 1 })
    expect(get({ ttl: undefined })).toEqual({ ttl: undefined })
    expect(get({ tll: undefined })).toEqual({ tll: undefined })
    expect(checked).toHaveLength(8)
  })

  it('are as they were given, whatever becomes of the object', () => {
    const { get } = counted()
    const options = { ttl: 1 }
    get(options)
    options.ttl = 2
    expect(get(options)).toEqual({ ttl: 2 })
    expect(get({ ttl: 1 })).toEqual({ ttl: 1 })
  })

  it('are checked each time where a value may have changed inside, or not all can be seen', () => {
    const { checked, get } = counted()
    const expiresAt = new Date(0)
    class Own {
      get ttl(): number {
        return 1
      }
    }
    for (const options of [{ expiresAt }, new Own(), Object.create(null) as object]) {
      get(options)
      get(options)
    }
    expect(checked).toHaveLength(6)
  })

  it('have a schema for the same one, and no look at what stands apart', () => {
    const { checked, get } = counted(['tags'])
    const schema = {}
    get({ schema, tags: ['a'] })
    get({ schema, tags: ['b'] })
    get({ schema })
    expect(checked).toEqual([{ schema }])
  })

  it('are forgotten when many others came, those used least first', () => {
    const { checked, get } = counted()
    get({ ttl: -1 })
    for (let ttl = 0; ttl < 100; ttl += 1) {
      get({ ttl })
      get({ ttl: -1 })
    }
    expect(checked).toHaveLength(101)
    get({ ttl: 0 })
    expect(checked).toHaveLength(102)
    for (let turn = 0; turn < 10; turn += 1) for (const ttl of [500, 501]) get({ ttl })
    expect(checked).toHaveLength(104)
  })

  it('that are refused are refused again', () => {
    const recent = new RecentOptions<never>([])
    let calls = 0
    const refuse = () => {
      calls += 1
      throw new Error('no')
    }
    for (let turn = 0; turn < 2; turn += 1) expect(() => recent.get({ a: 1 }, refuse)).toThrow('no')
    expect(calls).toBe(2)
  })
})
