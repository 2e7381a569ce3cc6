import { describe, expect, it } from 'vitest'
import { seededRandom } from '../support/seeded-random.mjs'
import { HistoryChecker } from './history-checker.ts'
import { absent, after, type Operation, type State } from './object-model.ts'
import { code } from './record.mjs'

type Name = keyof typeof code

/** A call between two moments. What is left out is not known. */
function call(what: Name, start: number, end: number, facts: Partial<Operation> = {}): Operation {
  return {
    code: code[what],
    client: 1,
    operation: 0,
    object: 0,
    expect: Number.NaN,
    second: Number.NaN,
    result: Number.NaN,
    written: Number.NaN,
    tags: 0,
    expires: Infinity,
    start,
    end,
    wallStart: Number.NaN,
    wallEnd: Number.NaN,
    isOptional: false,
    ...facts,
  }
}

const set = (written: number, start: number, end: number, facts: Partial<Operation> = {}) =>
  call('set', start, end, { written, ...facts })
const read = (expect: number, start: number, end: number, facts: Partial<Operation> = {}) =>
  call('read', start, end, { expect, ...facts })
const unknown = { isOptional: true }

function check(...operations: Operation[]) {
  return new HistoryChecker([absent]).check([...operations])
}

/** What the object can hold after these calls. */
function valuesAfter(...operations: Operation[]): number[] {
  const verdict = check(...operations)
  if ('violation' in verdict) throw new Error(`refused: ${JSON.stringify(verdict.violation)}`)
  return verdict.states.map(({ value }) => value).sort((a, b) => a - b)
}

/** The call that cannot be explained. */
function refused(...operations: Operation[]): Operation | undefined {
  const verdict = check(...operations)
  return 'violation' in verdict ? verdict.violation.operation : undefined
}

describe('histories that are linearizable', () => {
  it('follow one another', () => {
    expect(valuesAfter(read(0, 1, 2), set(7, 3, 4), read(7, 5, 6))).toEqual([7])
  })

  it('may show a write that still runs, and from then on everybody sees it', () => {
    expect(valuesAfter(set(7, 1, 9), read(0, 2, 3), read(7, 4, 5), read(7, 6, 7))).toEqual([7])
  })

  it('may put two writes that overlap in either order, or leave it open', () => {
    expect(valuesAfter(set(1, 1, 9), set(2, 1, 9), read(1, 10, 11))).toEqual([1])
    expect(valuesAfter(set(1, 1, 9), set(2, 1, 9), read(2, 10, 11))).toEqual([2])
    expect(valuesAfter(set(1, 1, 9), set(2, 1, 9))).toEqual([1, 2])
  })

  it('count calls that touch as overlapping', () => {
    expect(valuesAfter(set(7, 1, 2), read(0, 2, 3))).toEqual([7])
  })

  it('have a write of a killed client, or not, until somebody saw which', () => {
    const lost = set(7, 1, 20, unknown)
    expect(valuesAfter(lost)).toEqual([0, 7])
    expect(valuesAfter(lost, read(0, 2, 3), read(7, 4, 5))).toEqual([7])
    expect(valuesAfter(lost, read(0, 2, 3), read(7, 21, 22))).toEqual([7])
    expect(valuesAfter(lost, read(0, 21, 22))).toEqual([0])
    expect(valuesAfter(lost, set(8, 2, 3), read(8, 4, 5), read(7, 6, 7))).toEqual([7])
  })

  it('read and write at once where a call does', () => {
    const counted = (result: number, start: number) =>
      call('count', start, start + 9, { result, written: 100 })
    expect(valuesAfter(counted(102, 1), counted(103, 1), counted(101, 1))).toEqual([103])
    const lost = call('count', 1, 50, { written: 100, isOptional: true })
    expect(valuesAfter(lost, counted(102, 2))).toEqual([102])
    const update = call('update', 3, 4, { expect: 7, written: 8 })
    expect(valuesAfter(set(7, 1, 2), update, read(8, 5, 6))).toEqual([8])
    const pops = [call('pop', 3, 9, { expect: 7 }), call('pop', 3, 9, { expect: 0 })]
    expect(valuesAfter(set(7, 1, 2), ...pops)).toEqual([0])
    const adds = [
      call('add', 1, 9, { written: 1, result: 0 }),
      call('add', 1, 9, { written: 2, result: 1 }),
    ]
    expect(valuesAfter(...adds)).toEqual([2])
  })

  it('let a mass removal take a value with its tag, and one that came meanwhile too', () => {
    const evict = call('evict', 3, 20, { tags: 2 })
    const tagged = { tags: 2 }
    expect(valuesAfter(set(7, 1, 2, tagged), evict)).toEqual([0])
    expect(valuesAfter(set(7, 1, 2, { tags: 1 }), evict, read(7, 21, 22))).toEqual([7])
    const again = [read(0, 4, 5), set(8, 6, 7, tagged), read(8, 8, 9), read(0, 10, 11)]
    expect(valuesAfter(set(7, 1, 2, tagged), evict, ...again)).toEqual([0])
    expect(valuesAfter(set(7, 1, 2, tagged), evict, read(0, 4, 5), set(8, 6, 7, tagged))).toEqual([
      0, 8,
    ])
  })

  it('keep tags through an update, and lose them with a set', () => {
    const update = call('update', 3, 4, { expect: 7, written: 8 })
    const evict = call('evict', 5, 6, { tags: 1 })
    expect(valuesAfter(set(7, 1, 2, { tags: 1 }), update, evict)).toEqual([0])
    expect(valuesAfter(set(7, 1, 2, { tags: 1 }), set(8, 3, 4), evict)).toEqual([8])
  })

  it('lose a value when its time is over, by the clock of the wall', () => {
    const expiring = set(7, 1, 2, { expires: 100 })
    const at = (from: number, to: number) => ({ wallStart: from, wallEnd: to })
    expect(valuesAfter(expiring, read(7, 3, 4, at(98, 99)), read(0, 5, 6, at(100, 101)))).toEqual([
      7,
    ])
    expect(valuesAfter(expiring, read(7, 3, 4, at(99, 105)), read(0, 5, 6, at(99, 105)))).toEqual([
      7,
    ])
    const touch = call('touch', 3, 4, { result: 1, expires: 50, ...at(90, 95) })
    expect(valuesAfter(expiring, touch, read(7, 5, 6, at(130, 131)))).toEqual([7])
    expect(valuesAfter(expiring, touch, read(0, 5, 6, at(140, 141)))).toEqual([7])
  })
})

describe('histories that are not', () => {
  it('read what was overwritten before', () => {
    const stale = read(1, 5, 6)
    expect(refused(set(1, 1, 2), set(2, 3, 4), stale)).toBe(stale)
    const gone = read(0, 5, 6)
    expect(refused(set(1, 1, 2), set(2, 3, 4), gone)).toBe(gone)
  })

  it('travel in time: new, then old, while the write runs', () => {
    const old = read(1, 6, 7)
    expect(refused(set(1, 1, 2), set(2, 3, 20), read(2, 4, 5), old)).toBe(old)
    const lost = set(2, 3, 20, unknown)
    expect(refused(set(1, 1, 2), lost, read(2, 4, 5), old)).toBe(old)
  })

  it('see a write of a killed client after it was seen that there was none', () => {
    const late = read(7, 23, 24)
    expect(refused(set(7, 1, 20, unknown), read(0, 21, 22), late)).toBe(late)
  })

  it('read what nobody wrote, or what was never committed', () => {
    const poison = read(-5, 3, 4)
    expect(refused(set(7, 1, 2), poison)).toBe(poison)
    const future = read(8, 3, 4)
    expect(refused(set(7, 1, 2), future, set(8, 5, 6))).toBe(future)
  })

  it('lose a removal, or do it twice', () => {
    const back = read(7, 5, 6)
    expect(refused(set(7, 1, 2), call('remove', 3, 4, { result: 1 }), back)).toBe(back)
    const pops = [call('pop', 3, 9, { expect: 7 }), call('pop', 3, 10, { expect: 7 })]
    expect(refused(set(7, 1, 2), ...pops)).toBe(pops[1])
    const kept = read(7, 5, 6)
    expect(refused(set(7, 1, 2), call('clear', 3, 4), kept)).toBe(kept)
    expect(refused(set(7, 1, 2, { tags: 1 }), call('evict', 3, 4, { tags: 1 }), kept)).toBe(kept)
  })

  it('remove what was stored after the removal had ended', () => {
    const missing = read(0, 7, 8)
    const evict = call('evict', 3, 4, { tags: 1 })
    expect(refused(set(7, 1, 2, { tags: 1 }), evict, set(8, 5, 6, { tags: 1 }), missing)).toBe(
      missing,
    )
  })

  it('lose an update of two, or count one twice', () => {
    const second = call('update', 1, 10, { expect: 0, written: 8 })
    expect(refused(call('update', 1, 9, { expect: 0, written: 7 }), second)).toBe(second)
    const counts = [
      call('count', 1, 9, { result: 101, written: 100 }),
      call('count', 1, 10, { result: 101, written: 100 }),
    ]
    expect(refused(...counts)).toBe(counts[1])
    const adds = [
      call('add', 1, 9, { written: 1, result: 1 }),
      call('add', 1, 10, { written: 2, result: 1 }),
    ]
    expect(refused(...adds)).toBe(adds[1])
  })

  it('read two keys that are written together as of two moments', () => {
    const torn = read(1, 4, 5, { second: 2 })
    expect(refused(set(1, 1, 2), set(2, 3, 9), torn)).toBe(torn)
  })

  it('see an entry after its time, or miss it before', () => {
    const expiring = set(7, 1, 2, { expires: 100 })
    const late = read(7, 3, 4, { wallStart: 100, wallEnd: 101 })
    expect(refused(expiring, late)).toBe(late)
    const early = read(0, 3, 4, { wallStart: 98, wallEnd: 99 })
    expect(refused(expiring, early)).toBe(early)
    const revived = read(7, 5, 6, { wallStart: 101, wallEnd: 101 })
    expect(refused(expiring, read(0, 3, 4, { wallStart: 99, wallEnd: 100 }), revived)).toBe(revived)
  })
})

describe('random histories', () => {
  it('are judged as by trying every order', () => {
    const counts = { right: 0, wrong: 0 }
    for (let seed = 1; seed <= 3_000; seed += 1) {
      const operations = randomHistory(seed)
      const expected = statesOfAnyOrder(operations)
      const verdict = new HistoryChecker([absent]).check([...operations])
      const found = 'states' in verdict ? verdict.states.map(textOf).sort() : []
      expect(found, `seed ${seed}`).toEqual([...expected].sort())
      counts[found.length > 0 ? 'right' : 'wrong'] += 1
    }
    // Otherwise half of it was not tested.
    expect(Math.min(counts.right, counts.wrong)).toBeGreaterThan(300)
  })
})

const textOf = (state: State) => `${state.value}/${state.tags}`

/** A few calls of all kinds that overlap a lot; a third of them of clients that were killed. */
function randomHistory(seed: number): Operation[] {
  const random = seededRandom(seed)
  const below = (limit: number) => Math.floor(random() * limit)
  return Array.from({ length: 3 + below(4) }, (_, index) => {
    const start = below(12)
    const end = start + 1 + below(10)
    const written = index + 1
    const isOptional = random() < 0.33
    const known = (value: number) => (isOptional ? Number.NaN : value)
    const facts = { written, isOptional, tags: below(2) }
    return [
      () => read(below(4), start, end),
      () => set(written, start, end, facts),
      () => call('add', start, end, { ...facts, result: known(below(2)) }),
      () => call('remove', start, end, { ...facts, result: known(below(2)) }),
      () => call('pop', start, end, { ...facts, expect: known(below(4)) }),
      () => call('update', start, end, { ...facts, expect: known(below(4)) }),
    ][below(6)]?.() as Operation
  })
}

/** The states at the end of every order that explains the history, by brute force. */
function statesOfAnyOrder(operations: readonly Operation[]): Set<string> {
  const found = new Set<string>()
  const go = (state: State, left: readonly Operation[]) => {
    if (left.every(({ isOptional }) => isOptional)) found.add(textOf(state))
    for (const operation of left) {
      // One that has ended comes before all that start later; a lost one comes before, or never happened.
      const isFirst = left.every((other) => other.isOptional || other.end >= operation.start)
      if (!isFirst) continue
      const rest = left.filter((other) => other !== operation && other.end >= operation.start)
      for (const next of after(state, operation)) go(next, rest)
    }
  }
  go(absent, operations)
  return found
}
