import { describe, expect, it } from 'vitest'
import { encryption } from '../../src/index.ts'
import { hitsOf, hotPair } from './support/hot.ts'

type Change = readonly [what: string, make: () => unknown, change: (value: never) => unknown]

const changes: readonly Change[] = [
  ['an object', () => ({ list: [1] }), (value: { list: number[] }) => value.list.push(2)],
  ['bytes', () => Buffer.from('abc'), (value: Buffer) => value.fill(0)],
  ['bytes within', () => ({ b: new Uint8Array(3) }), (value: { b: Uint8Array }) => value.b.fill(9)],
  ['a typed array', () => new Float64Array(4), (value: Float64Array) => value.fill(9)],
  ['a map', () => new Map([['a', 1]]), (value: Map<string, number>) => value.clear()],
  ['a date', () => new Date(1), (value: Date) => value.setTime(5)],
]

describe("share: 'copy'", () => {
  it.each(changes)('what a caller does to %s stays with him', (_, make, change) => {
    const [a, b] = hotPair()
    const stored = make()
    a.set('k', stored)
    change(stored as never)
    for (let round = 0; round < 4; round += 1) {
      for (const cache of [a, b]) {
        const value = cache.get('k')
        expect(value).toStrictEqual(make())
        change(value as never)
        change(cache.getMany(['k']).get('k') as never)
      }
    }
  })
})

describe("share: 'frozen'", () => {
  it('gives all callers the same frozen objects and arrays', () => {
    const [a, b] = hotPair({ hot: { share: 'frozen' } })
    const stored = { list: [{ deep: 1 }] }
    a.set('k', stored)
    for (const cache of [a, b]) {
      const first = cache.get('k') as typeof stored
      expect(first).toEqual(stored)
      expect([Object.isFrozen(first), Object.isFrozen(first.list[0])]).toEqual([true, true])
      expect(cache.get('k')).toBe(cache.get('k'))
      expect(cache.getMany(['k']).get('k')).toBe(cache.get('k'))
    }
    expect(Object.isFrozen(stored)).toBe(false)
  })

  it('copies what freezing does not reach', () => {
    const [a, b] = hotPair({ hot: { share: 'frozen' } })
    a.set('k', { when: new Date(1) })
    for (const cache of [a, b, a, b]) {
      const value = cache.get('k') as { when: Date }
      expect(value.when.getTime()).toBe(1)
      value.when.setTime(9)
    }
  })
})

describe('encryption', () => {
  const key = Buffer.alloc(32, 1)
  const [plaintext, ciphertext] = (['plaintext', 'ciphertext'] as const).map((memory) =>
    encryption({ keys: [key], memory }),
  )

  it.each([
    ['plaintext', plaintext],
    ['ciphertext', ciphertext],
  ] as const)('keeps values as %s', (memory, encrypt) => {
    const [a, b] = hotPair({ encrypt })
    a.set('k', { secret: 'four words of text' })
    for (const cache of [a, b, a, b]) {
      expect(cache.get('k')).toEqual({ secret: 'four words of text' })
      const entry = cache.engine.hot?.set.ofKey('k')
      const held = Buffer.concat([entry?.bytes ?? key, entry?.frame?.payload ?? key])
      expect(held.includes('four words')).toBe(memory === 'plaintext')
    }
    for (const cache of [a, b]) expect(hitsOf(cache)).toBeGreaterThan(0)
  })
})
