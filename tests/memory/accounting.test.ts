import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { runInNewContext } from 'node:vm'
import { beforeAll, describe, expect, it } from 'vitest'
import { sizeOfValue } from '../../src/memory/value-size.ts'
import { transpiled } from '../support/transpiled.ts'
import { policies } from './support/open-store.ts'

const program = join(import.meta.dirname, 'programs', 'heap.mjs')

let module: string
beforeAll(async () => {
  module = await transpiled('tests/memory/programs/measured.ts')
})

/** What was counted and what the process says was taken, in bytes, by name. */
function measure(...what: string[]): Record<string, [number, number]> {
  const child = spawnSync(process.execPath, ['--expose-gc', program, module, ...what], {
    encoding: 'utf8',
  })
  if (child.status !== 0)
    throw new Error(`ended with ${child.signal ?? child.status}. ${child.stderr}`)
  return JSON.parse(child.stdout).found as Record<string, [number, number]>
}

// Run under both Nodes: each measures itself.
describe('what is counted, beside what this Node takes', () => {
  it('is within a quarter for values of ordinary shape', () => {
    // What else the process does while it is measured counts too: the middle one of three is the value's own.
    const rounds = [1, 2, 3].map(() => measure('values'))
    const ratios = Object.keys(rounds[0] ?? {}).map((kind) => {
      const found = rounds.map((round) => {
        const [counted, taken] = round[kind] ?? [0, 0]
        return counted / taken
      })
      return [kind, found.sort((a, b) => a - b)[1]]
    })
    const far = ratios.filter(([, ratio]) => Math.abs(Math.log(Number(ratio))) > Math.log(1.25))
    expect(far).toEqual([])
  })

  it.each(policies)(
    'is within a quarter for the entries of %s, and seldom too little',
    (policy) => {
      for (const [counted, taken] of Object.values(measure('store', policy))) {
        expect(counted / taken).toBeGreaterThan(0.93)
        expect(counted / taken).toBeLessThan(1.25)
      }
    },
  )
})

describe('the size of a value', () => {
  it('counts each object and each buffer once', () => {
    const part = { text: 'x'.repeat(1_000) }
    const shared = sizeOfValue([part, part, part])
    expect(shared).toBeLessThan(sizeOfValue([part]) + 32)
    const buffer = new ArrayBuffer(10_000)
    const views = [new Uint8Array(buffer), new Float64Array(buffer), new DataView(buffer), buffer]
    expect(sizeOfValue(views)).toBeLessThan(11_500)
    expect(sizeOfValue(new Uint8Array(buffer, 0, 10))).toBeGreaterThan(10_000)
    expect(sizeOfValue([new SharedArrayBuffer(5_000)])).toBeGreaterThan(5_000)
  })

  it('comes to an end where a value holds itself, and where it is deep', () => {
    const loop: Record<string, unknown> = { map: new Map(), set: new Set() }
    loop['self'] = [loop]
    ;(loop['map'] as Map<unknown, unknown>).set(loop, loop)
    ;(loop['set'] as Set<unknown>).add(loop)
    expect(sizeOfValue(loop)).toBeLessThan(1_000)
    let deep: unknown = 'end'
    for (let i = 0; i < 200_000; i += 1) deep = i % 2 === 0 ? [deep] : { deep }
    expect(sizeOfValue(deep)).toBeGreaterThan(200_000 * 40)
  })

  it('tells one byte a character from two', () => {
    expect(sizeOfValue('a'.repeat(1_000))).toBe(1_016)
    expect(sizeOfValue('é'.repeat(1_000))).toBe(1_016)
    expect(sizeOfValue('€'.repeat(1_000))).toBe(2_016)
    expect([sizeOfValue(''), sizeOfValue('abc')]).toEqual([16, 24])
  })

  it('takes any value', () => {
    class Hidden {
      readonly #secret = 1
      get secret(): number {
        return this.#secret
      }
    }
    const revoked = Proxy.revocable({}, {})
    revoked.revoke()
    const odd: unknown[] = [
      undefined,
      null,
      true,
      0,
      -0,
      Number.NaN,
      10n ** 50n,
      Symbol('s'),
      () => 1,
      new Hidden(),
      revoked.proxy,
      Object.create(null),
      new WeakMap(),
      Promise.resolve(),
      new URL('https://example.org'),
      new Error('e', { cause: new AggregateError([new Error('f')]) }),
      /a+/u,
      new Array(10),
      runInNewContext('[new Map([[1, new Date()]]), { a: 1 }]'),
      {
        get boom() {
          throw new Error('a getter fails')
        },
      },
    ]
    for (const value of odd) {
      expect(sizeOfValue(value)).toBeGreaterThanOrEqual(0)
      expect(sizeOfValue([value])).toBeLessThan(3_000)
    }
    expect([sizeOfValue(5), sizeOfValue(0.5), sizeOfValue(undefined)]).toEqual([0, 16, 0])
  })
})
