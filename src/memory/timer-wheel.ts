/** What a {@link TimerWheel} keeps: the links are in it. It is in one wheel at most. */
export interface Timed<N> {
  /** Milliseconds since the epoch. Not to be changed while it is in a wheel. */
  readonly deadline: number | null
  /** Where in the wheel it is, -1 if it is in none. */
  place: number
  sooner: N | undefined
  later: N | undefined
}

/** Slots of a level, as many as there are bits in what says which of them hold anything. */
const slots = 32
/** 32 to the ninth milliseconds are a thousand years; what is later goes round the last level until it is not. */
const levels = 9
/** How long a slot of each level lasts, in milliseconds. */
const spans = Array.from({ length: levels }, (_, level) => slots ** level)
/** Beyond this a clock that went back is followed; below, the wheel waits until the clock is there again. Milliseconds. */
const smallStepBack = 1_000

/**
 * Entries by their deadlines, to the millisecond, with constant work for each: a hierarchical timing wheel (Varghese and
 * Lauck, "Hashed and hierarchical timing wheels", SOSP 1987, https://dl.acm.org/doi/10.1145/41457.37504). Near deadlines are in slots of a
 * millisecond, later ones in slots that last 32 times as long from level to level, and go down as their time comes nearer.
 */
export class TimerWheel<N extends Timed<N>> {
  #now: number
  /** The first entry of each slot, level by level. */
  readonly #first: (N | undefined)[] = Array.from({ length: levels * slots }, () => undefined)
  /** For each level, a bit for every slot that holds something. */
  readonly #taken = new Int32Array(levels)
  #size = 0

  constructor(now: number) {
    this.#now = now
  }

  /** How many entries are in it. */
  get size(): number {
    return this.#size
  }

  /**
   * Takes in `node`, which is in no wheel and has a deadline. One that has passed comes with the next {@link advance}.
   * @returns when the wheel has to be advanced for it.
   */
  add(node: N): number {
    const deadline = node.deadline ?? Number.POSITIVE_INFINITY
    const wait = deadline - this.#now
    let level = 0
    while (level < levels - 1 && wait >= (spans[level + 1] as number)) level += 1
    const span = spans[level] as number
    const current = Math.floor(this.#now / span)
    const tick = Math.min(Math.max(Math.floor(deadline / span), current + 1), current + slots)
    const slot = tick % slots
    const place = level * slots + slot
    const first = this.#first[place]
    node.place = place
    node.sooner = undefined
    node.later = first
    if (first !== undefined) first.sooner = node
    this.#first[place] = node
    this.#taken[level] = (this.#taken[level] as number) | (1 << slot)
    this.#size += 1
    return tick * span
  }

  /** Takes out `node`; does nothing if it is in no wheel. */
  remove(node: N): void {
    const { place, sooner, later } = node
    if (place < 0) return
    if (later !== undefined) later.sooner = sooner
    if (sooner !== undefined) sooner.later = later
    else {
      this.#first[place] = later
      if (later === undefined) this.#empty(place)
    }
    release(node)
    this.#size -= 1
  }

  /**
   * Goes on to `now`, milliseconds since the epoch, and hands over every entry whose deadline has come, taken out. A clock
   * that went back is followed, so that what is added then comes in time.
   */
  advance(now: number, expire: (node: N) => void): void {
    const before = this.#now
    if (now < before) {
      if (before - now > smallStepBack) this.#restart(now)
      return
    }
    this.#now = now
    for (let level = 0; level < levels; level += 1) {
      const span = spans[level] as number
      const from = Math.floor(before / span)
      const steps = Math.min(slots, Math.floor(now / span) - from)
      if (steps === 0) return
      for (let step = 1; step <= steps && this.#taken[level] !== 0; step += 1)
        this.#visit(level * slots + ((from + step) % slots), now, expire)
    }
  }

  /** When it has to be advanced next, milliseconds since the epoch; `Infinity` if it is empty. No entry is due before. */
  next(): number {
    let next = Number.POSITIVE_INFINITY
    for (let level = 0; level < levels; level += 1) {
      const taken = this.#taken[level] as number
      if (taken === 0) continue
      const span = spans[level] as number
      const after = Math.floor(this.#now / span) + 1
      const turn = after % slots
      const fromHere = turn === 0 ? taken : (taken >>> turn) | (taken << (slots - turn))
      const lowest = 31 - Math.clz32(fromHere & -fromHere)
      next = Math.min(next, (after + lowest) * span)
    }
    return next
  }

  /** Takes out all entries. */
  clear(): void {
    for (const place of this.#first.keys()) {
      for (let node = this.#takeAll(place); node !== undefined; ) {
        const { later } = node
        release(node)
        node = later
      }
    }
    this.#size = 0
  }

  #visit(place: number, now: number, expire: (node: N) => void): void {
    for (let node = this.#takeAll(place); node !== undefined; ) {
      const { later } = node
      release(node)
      this.#size -= 1
      if ((node.deadline ?? Number.POSITIVE_INFINITY) <= now) expire(node)
      else this.add(node)
      node = later
    }
  }

  #restart(now: number): void {
    const all: N[] = []
    for (const place of this.#first.keys())
      for (let node = this.#takeAll(place); node !== undefined; node = node.later) all.push(node)
    this.#now = now
    this.#size = 0
    for (const node of all) this.add(node)
  }

  #takeAll(place: number): N | undefined {
    const first = this.#first[place]
    this.#first[place] = undefined
    this.#empty(place)
    return first
  }

  #empty(place: number): void {
    const level = Math.floor(place / slots)
    this.#taken[level] = (this.#taken[level] as number) & ~(1 << (place % slots))
  }
}

function release<N>(node: Timed<N>): void {
  node.place = -1
  node.sooner = undefined
  node.later = undefined
}
