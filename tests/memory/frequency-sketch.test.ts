import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FrequencySketch } from '../../src/memory/frequency-sketch.ts'
import { seededRandom } from '../support/seeded-random.mjs'

const hash = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })

describe('a frequency sketch', () => {
  it('never counts too little before it ages, and stops at 15', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ hash, uses: fc.integer({ min: 1, max: 5 }) }), { maxLength: 60 }),
        (all) => {
          const sketch = new FrequencySketch()
          const counts = new Map<number, number>()
          for (const { hash, uses } of all) {
            sketch.add(hash, uses)
            counts.set(hash, (counts.get(hash) ?? 0) + uses)
          }
          for (const [hash, count] of counts)
            expect(sketch.count(hash)).toBeGreaterThanOrEqual(Math.min(15, count))
        },
      ),
    )
  })

  it('counts one key exactly', () => {
    fc.assert(
      fc.property(hash, (hash) => {
        const sketch = new FrequencySketch()
        for (let uses = 1; uses <= 20; uses += 1) {
          sketch.add(hash)
          expect(sketch.count(hash)).toBe(Math.min(15, uses))
        }
      }),
    )
  })

  it('seldom takes one key for another when it is full', () => {
    const entries = 2_048
    const random = seededRandom(5)
    const hashes = Array.from({ length: entries * 2 }, () => (random() * 2 ** 32) | 0)
    const sketch = new FrequencySketch(entries)
    for (const hash of hashes.slice(0, entries)) for (let i = 0; i < 3; i += 1) sketch.add(hash)
    const wrong = hashes.slice(0, entries).filter((hash) => sketch.count(hash) !== 3)
    const strangers = hashes.slice(entries).filter((hash) => sketch.count(hash) !== 0)
    expect(wrong.length / entries).toBeLessThan(0.03)
    expect(strangers.length / entries).toBeLessThan(0.03)
  })

  it('halves all counts after ten additions for each entry', () => {
    const sketch = new FrequencySketch(64)
    expect(sketch.capacity).toBe(64)
    sketch.add(1, 15)
    let others = 0
    while (sketch.count(1) === 15 && others < 2_000) {
      others += 1
      sketch.add(Math.imul(others, 0x9e3779b9))
    }
    expect(sketch.count(1)).toBe(7)
    expect(others + 15).toBeGreaterThanOrEqual(640)
    expect(others).toBeLessThan(900)
  })

  it('keeps what it knows when it grows, and forgets when it is cleared', () => {
    const sketch = new FrequencySketch(100)
    const hashes = Array.from({ length: 40 }, (_, i) => Math.imul(i + 1, 0x9e3779b9))
    for (const [i, hash] of hashes.entries()) sketch.add(hash, 1 + (i % 7))
    const before = hashes.map((hash) => sketch.count(hash))
    sketch.grow(5_000)
    expect(sketch.capacity).toBe(8_192)
    expect(hashes.map((hash) => sketch.count(hash))).toEqual(before)
    sketch.grow(10)
    expect(sketch.capacity).toBe(8_192)
    sketch.clear()
    expect(hashes.some((hash) => sketch.count(hash) > 0)).toBe(false)
  })
})
