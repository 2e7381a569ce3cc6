import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Timed, TimerWheel } from '../../src/memory/timer-wheel.ts'

class Node implements Timed<Node> {
  readonly deadline: number | null
  place = -1
  sooner: Node | undefined
  later: Node | undefined

  constructor(deadline: number | null) {
    this.deadline = deadline
  }
}

const start = Date.UTC(2026, 0, 1)
const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      add: fc.oneof(fc.nat(40), fc.nat(3_000), fc.nat(10 ** 7), fc.nat(2 ** 31 - 1)),
    }),
  },
  { weight: 1, arbitrary: fc.record({ remove: fc.nat(100) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      go: fc.oneof(
        fc.nat(40),
        fc.nat(3_000),
        fc.nat(10 ** 7),
        fc.integer({ min: -(10 ** 6), max: -1 }),
      ),
    }),
  },
)

describe('a timer wheel', () => {
  it('hands over each entry once, when its deadline has come and not before', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        let now = start
        let latest = start
        const wheel = new TimerWheel<Node>(now)
        const waiting = new Set<Node>()
        for (const { add, remove, go } of steps as {
          add?: number
          remove?: number
          go?: number
        }[]) {
          if (add !== undefined) {
            const node = new Node(now + add)
            waiting.add(node)
            expect(wheel.add(node)).toBeLessThanOrEqual(Math.max(now + add, latest) + 1)
          } else if (remove !== undefined) {
            const node = [...waiting][remove]
            if (node === undefined) continue
            waiting.delete(node)
            wheel.remove(node)
            wheel.remove(node)
          } else {
            now += go ?? 0
            wheel.advance(now, (node) => {
              expect(waiting.delete(node)).toBe(true)
              expect(node.deadline).toBeLessThanOrEqual(now)
            })
            // A small step back is sat out: the wheel stands where it was, and entries that are over wait for it.
            latest = latest - now > 1_000 ? now : Math.max(latest, now)
            if (latest === now)
              for (const node of waiting) expect(node.deadline).toBeGreaterThan(now - 1)
          }
          expect(wheel.size).toBe(waiting.size)
          expect(wheel.next() === Number.POSITIVE_INFINITY).toBe(waiting.size === 0)
          for (const { deadline } of waiting)
            expect(wheel.next()).toBeLessThanOrEqual(Math.max(deadline ?? 0, latest) + 1)
        }
        const left = waiting.size
        let handed = 0
        wheel.advance(latest + 2 ** 33, () => {
          handed += 1
        })
        expect(handed).toBe(left)
        expect(wheel.size).toBe(0)
      }),
      { numRuns: 400 },
    )
  })

  it('is woken a few times for a deadline far ahead, not every so often', () => {
    const wheel = new TimerWheel<Node>(start)
    const deadline = start + 400 * 86_400_000 + 12_345
    wheel.add(new Node(deadline))
    let wakes = 0
    let last = start
    while (wheel.size > 0) {
      const next = wheel.next()
      expect(next).toBeGreaterThan(last)
      expect(next).toBeLessThanOrEqual(deadline)
      last = next
      wheel.advance(next, () => {})
      wakes += 1
    }
    expect(wakes).toBeLessThan(10)
  })

  it('keeps what is thousands of years ahead, and what never ends', () => {
    const wheel = new TimerWheel<Node>(start)
    const nodes = [new Node(8.64e15), new Node(Number.MAX_VALUE), new Node(null)]
    for (const node of nodes) wheel.add(node)
    wheel.advance(start + 10 ** 14, () => expect.unreachable())
    expect(wheel.size).toBe(3)
    const met: Node[] = []
    wheel.advance(8.64e15, (node) => met.push(node))
    expect(met).toEqual([nodes[0]])
    wheel.clear()
    expect([wheel.size, wheel.next(), nodes[1]?.place]).toEqual([0, Number.POSITIVE_INFINITY, -1])
  })

  it('meets deadlines between two milliseconds', () => {
    const wheel = new TimerWheel<Node>(start)
    wheel.add(new Node(start + 10.5))
    const met: number[] = []
    for (let now = start; now < start + 20; now += 1) wheel.advance(now, () => met.push(now))
    expect(met).toEqual([start + 11])
  })
})
