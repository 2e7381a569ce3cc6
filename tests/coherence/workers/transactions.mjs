// Transactions of a client, recorded: those that commit, those that do not, and those of which an inner part does not. What a
// transaction reads must be of one moment, and its own writes must be in it; that is checked on the spot.
import { code } from '../record.mjs'

const rollBack = new Error('roll back')

/** Runs `work`, all of whose writes are undone. */
function rolledBack(transact, work) {
  try {
    transact(() => {
      work()
      throw rollBack
    })
  } catch (error) {
    if (error !== rollBack) throw error
  }
}

/** What one transaction has seen and written so far. */
class Inside {
  #store
  /** What each object must hold for this transaction. */
  #known = new Map()

  constructor(store) {
    this.#store = store
  }

  /** Reads an object. @returns the number found. */
  read(object) {
    const numbers = object.keys.map((key) => this.#store.get(object, key))
    const [number] = numbers
    const known = this.#known.get(object) ?? number
    if (numbers.some((one) => one !== known))
      throw new Error(
        `a transaction found ${numbers.join(' and ')} under ${object.name}, where it knew ${known}`,
      )
    this.#known.set(object, number)
    return number
  }

  /** What it wrote. */
  holds(object, number) {
    this.#known.set(object, number)
  }

  /** Runs `work` as a part that is rolled back, after which everything must be as before it. */
  undone(objects, work) {
    for (const object of objects) this.read(object)
    const before = new Map(this.#known)
    rolledBack(
      (inner) => this.#store.transact(objects[0], inner),
      () => work(this),
    )
    this.#known = before
    for (const object of objects) this.read(object)
  }
}

/** Changes some objects at once. With `nested`, an inner transaction in between writes over them and is rolled back. */
export function commit(calls, objects, nested) {
  const { store, random } = calls
  const steps = objects.map((object) => stepOn(calls, object))
  const parts = steps.map(({ part }) => part)
  calls.change(parts, () => {
    store.transact(objects[0], () => {
      const inside = new Inside(store)
      for (const [at, step] of steps.entries()) {
        if (nested && at === 1) inside.undone(objects, () => poison(calls, objects, inside))
        step.run(inside)
        if (random() < 0.5) inside.read(objects[at])
      }
    })
  })
}

/** Writes to some objects what nobody may see, and takes it back. */
export function undo(calls, objects) {
  const { store, recorder } = calls
  const seen = []
  const wallStart = Date.now()
  const start = recorder.now()
  rolledBack(
    (work) => store.transact(objects[0], work),
    () => {
      const inside = new Inside(store)
      for (const object of objects)
        seen.push({ ...reading(object).part, expect: inside.read(object) })
      poison(calls, objects, inside)
    },
  )
  const times = { start, end: recorder.now(), wallStart, wallEnd: Date.now() }
  for (const part of seen) recorder.observed(part, times)
  // Whatever remembers the writes of this process must have forgotten these.
  for (const object of objects) calls.get(object)
}

/** One thing that a transaction does to an object: how it is recorded, and what it is. */
function stepOn(calls, object) {
  const { store, random } = calls
  const choice = random()
  if (choice < 0.15) return reading(object)
  if (choice < 0.3) return removing(store, object)
  if (object.kind === 'counter' && choice < 0.8) return counting(calls, object)
  if (object.keys.length === 1 && choice < 0.45) return updating(calls, object)
  const { part, options } = calls.newEntry(object)
  const looksFirst = random() < 0.5
  return {
    part,
    run(inside) {
      if (looksFirst) part.expect = inside.read(object)
      store.set(object, part.written, options)
      inside.holds(object, part.written)
    },
  }
}

function reading(object) {
  const part = { code: code.read, object: object.index, result: 1 }
  return {
    part,
    run(inside) {
      part.expect = inside.read(object)
    },
  }
}

function removing(store, object) {
  const part = { code: code.remove, object: object.index }
  return {
    part,
    run(inside) {
      part.expect = inside.read(object)
      store.remove(object)
      inside.holds(object, 0)
    },
  }
}

function counting(calls, object) {
  const part = calls.counting(object)
  return {
    part,
    run(inside) {
      calls.countInto(part, object)
      inside.holds(object, part.result)
    },
  }
}

function updating(calls, object) {
  const written = object.kind === 'counter' ? calls.numbers.start() : calls.numbers.next()
  const part = { code: code.update, object: object.index, written }
  return {
    part,
    run(inside) {
      calls.updateInto(part, object)
      inside.holds(object, written)
    },
  }
}

function poison(calls, objects, inside) {
  const { store, random, numbers } = calls
  for (const object of objects) {
    if (random() < 0.2) {
      store.remove(object)
      inside.holds(object, 0)
    } else {
      const number = numbers.poison()
      store.set(object, number, {})
      inside.holds(object, number)
    }
    inside.read(object)
  }
}
