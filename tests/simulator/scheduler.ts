import type { Clock } from '../../src/contracts/clock.ts'
import type { Random } from './random.ts'

/** When the world begins, in milliseconds since the epoch. */
export const beginning: number = Date.UTC(2026, 0, 1)

interface Due {
  readonly at: number
  /** Decides among what is due at one time. */
  readonly order: number
  readonly run: () => void
  isCleared: boolean
}

/** The time of the world: goes from one thing that is due to the next, in an order that the seed decides. */
export class Scheduler {
  #now = beginning
  readonly #heap: Due[] = []
  readonly #random: Random

  constructor(random: Random) {
    this.#random = random
  }

  get now(): number {
    return this.#now
  }

  after(ms: number, run: () => void): Due {
    const at = this.#now + Math.max(0, ms)
    const due = { at, order: this.#random.next(), run, isCleared: false }
    this.#push(due)
    return due
  }

  /** A clock that is `offset` milliseconds ahead, of a machine that may die: nothing of it runs then. */
  clockOf(offset: number, isAlive: () => boolean): Clock {
    return {
      now: () => this.#now + offset,
      setTimeout: (run, ms) => {
        const due = this.after(ms, () => {
          if (isAlive()) run()
        })
        return {
          clear: () => {
            due.isCleared = true
          },
        }
      },
    }
  }

  /** Goes on until `isDone`, nothing is due, or the time is `end`. */
  async run(end: number, isDone: () => boolean = () => false): Promise<void> {
    await settle()
    while (!isDone()) {
      const due = this.#heap[0]
      if (due === undefined || due.at > end) break
      this.#pop()
      if (due.isCleared) continue
      this.#now = due.at
      due.run()
      await settle()
    }
    if (!isDone()) this.#now = Math.max(this.#now, end)
  }

  #push(due: Due): void {
    const heap = this.#heap
    let at = heap.push(due) - 1
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (!isBefore(due, heap[parent] as Due)) break
      heap[at] = heap[parent] as Due
      at = parent
    }
    heap[at] = due
  }

  #pop(): void {
    const heap = this.#heap
    const last = heap.pop()
    if (last === undefined || heap.length === 0) return
    let at = 0
    for (;;) {
      let child = 2 * at + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && isBefore(heap[child + 1] as Due, heap[child] as Due))
        child += 1
      if (!isBefore(heap[child] as Due, last)) break
      heap[at] = heap[child] as Due
      at = child
    }
    heap[at] = last
  }
}

function isBefore(a: Due, b: Due): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order)
}

/** Lets all promises that can go on do so: nothing in the world waits for anything but promises and the scheduler. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
