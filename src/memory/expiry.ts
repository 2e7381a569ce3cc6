import type { Clock, Timer } from '../contracts/clock.ts'
import { type Timed, TimerWheel } from './timer-wheel.ts'

/** What a timer of Node can wait for at most: beyond this it would run at once. Milliseconds. */
const longestWait = 2 ** 31 - 1
/** After a run that found something, the next is so much later at least, in milliseconds: entries that end one by one are let go together. */
const pause = 25

/**
 * Lets go of entries when their deadline comes, with one timer of the clock for all of them. It is set only while there is
 * something that can expire.
 */
export class Expiry<N extends Timed<N>> {
  readonly #clock: Clock
  readonly #expire: (node: N) => void
  readonly #onRun: () => void
  readonly #wheel: TimerWheel<N>
  #timer: Timer | undefined
  /** When the timer runs, by the clock. */
  #due = Number.POSITIVE_INFINITY
  #isClosed = false

  /** @param expire is given each entry whose deadline has come; it must not use this object. @param onRun runs after the timer did. */
  constructor(clock: Clock, expire: (node: N) => void, onRun: () => void) {
    this.#clock = clock
    this.#expire = expire
    this.#onRun = onRun
    this.#wheel = new TimerWheel(clock.now())
  }

  /** Takes in an entry that has a deadline. @param now what the clock says. */
  add(node: N, now: number): void {
    if (now >= this.#due || this.#wheel.size === 0) this.#wheel.advance(now, this.#expire)
    const due = this.#wheel.add(node)
    if (due < this.#due) this.#wait(due, now)
  }

  remove(node: N): void {
    this.#wheel.remove(node)
    if (this.#wheel.size === 0) this.#stop()
  }

  /** Lets go of all whose deadline has come. @param now what the clock says. */
  sweep(now: number): void {
    const before = this.#wheel.size
    this.#wheel.advance(now, this.#expire)
    const { size } = this.#wheel
    if (size === 0) this.#stop()
    else this.#wait(Math.max(this.#wheel.next(), size < before ? now + pause : 0), now)
  }

  clear(): void {
    this.#wheel.clear()
    this.#stop()
  }

  /** Forgets all, and sets no timer any more. */
  close(): void {
    this.#isClosed = true
    this.clear()
  }

  #wait(due: number, now: number): void {
    this.#timer?.clear()
    this.#timer = undefined
    this.#due = due
    if (this.#isClosed) return
    const ms = Math.min(Math.max(Math.ceil(due - now), 1), longestWait)
    this.#timer = this.#clock.setTimeout(this.#run, ms)
  }

  readonly #run = (): void => {
    this.#timer = undefined
    this.sweep(this.#clock.now())
    this.#onRun()
  }

  #stop(): void {
    this.#timer?.clear()
    this.#timer = undefined
    this.#due = Number.POSITIVE_INFINITY
  }
}
