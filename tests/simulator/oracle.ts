import type { History, Invalidation, Made, Moment, PlacedLanding } from './history.ts'
import type { Machine } from './machine.ts'
import type { Plan } from './plan.ts'

/** A read that has ended. */
export interface Read {
  readonly machine: Machine
  readonly began: Moment
  readonly ended: Moment
  /** Whether the bus reached its machine when it began. */
  readonly isConnected: boolean
  /** Whether the machine's breaker kept it from the shared store. */
  readonly isCutOff: boolean
  /** Where what it gave was found, as far as it says so. */
  readonly tier: string | undefined
  /** Whether it was given as fresh. */
  readonly isFresh: boolean
}

/** How often `markerTtl` a node looks for marks while a bus tells it of them. */
const looksWithBus = 30

/**
 * Says whether a read may have given what it gave. The rules are in docs/concepts/simulator.md: what a node must have seen,
 * and what nobody can keep from it.
 */
export class Oracle {
  readonly #history: History
  readonly #plan: Plan

  constructor(history: History, plan: Plan) {
    this.#history = history
    this.#plan = plan
  }

  /** What is wrong with `read` having given `made`; `undefined`: nothing. */
  fault(made: Made, read: Read): string | undefined {
    const about = `${read.machine.name} read ${made.token} (${made.id}, made by ${made.machine.name} at ${made.born.seq}) at ${read.began.seq}`
    const slack = this.#plan.clockSkew + 1
    if (read.isFresh && read.began.time >= made.freshUntil + slack)
      return `expired served as fresh: ${about}; it ended ${read.began.time - made.freshUntil} ms before`
    if (read.began.time >= made.staleUntil + slack)
      return `served beyond its grace: ${about}; it ended ${read.began.time - made.staleUntil} ms before`
    for (const one of this.#history.invalidations) {
      if (one.acked === undefined || one.acked.seq > read.began.seq) continue
      if (one.began.seq < sinceWhen(made, one) || one.token === made.token) continue
      if (one.isSoft && !read.isFresh) continue
      const name = nameAgainst(one, made)
      if (name === undefined || !this.#mustKnow(one, name, made, read)) continue
      if (this.#isExcused(one, made, read.machine)) continue
      return `stale: ${about}, although ${one.machine.name} had acknowledged ${one.kind} ${one.id ?? one.names.join(' ')} (${one.began.seq} to ${one.acked.seq})`
    }
    return undefined
  }

  #mustKnow(one: Invalidation, name: string, made: Made, read: Read): boolean {
    if (one.machine === read.machine) return true
    if (one.id === undefined) return this.#mustKnowMark(one, name, read)
    return this.#mustKnowEntry(one, one.id, made, read)
  }

  /** Entries of one key: what is in memory goes by message or ends; what comes from the shared store is what that says. */
  #mustKnowEntry(one: Invalidation, id: string, made: Made, read: Read): boolean {
    const { hasStore, memoryTtl, timeout } = this.#plan
    const { began, machine, tier } = read
    const { applied } = one
    if (applied === undefined || applied.seq > began.seq) return false
    if (this.#isSurelyTold(one, began)) return true
    const told = this.#history.toldOf(machine)
    if (
      told.some(
        ({ action, ids, seq }) =>
          action === 'key' && ids.has(id) && seq > applied.seq && seq < began.seq,
      )
    )
      return true
    // What the store has missed of its own is what a machine goes by until it has made that good.
    const isWaiting =
      made.machine === machine &&
      !this.#history.isSettled &&
      machine.hadTrouble(made.born.time, began.time)
    if (isWaiting) return false
    if (this.#history.hadGap(machine, applied.seq, began.seq) || machine.born > applied.seq)
      return true
    if (!hasStore) return false
    if (tier === 'store') return began.time > applied.time + timeout
    const own = made.machine === machine ? (made.kept?.time ?? 0) : 0
    const touched = this.#history.lastTouch(machine, id)?.time ?? 0
    const latest = Math.max(applied.time + timeout, own, touched)
    return began.time > latest + memoryTtl
  }

  /** Where no message is lost silently, everyone has had it in time, or was told of a gap. */
  #isSurelyTold({ acked, applied, machine }: Invalidation, { time }: Moment): boolean {
    const { hasBus, steps, weather } = this.#plan
    if (!hasBus || weather.dropMessage > 0 || !machine.isAlive) return false
    if (this.#history.isSettled) return true
    if (acked === undefined || applied === undefined) return false
    const isCut = steps.some((step) => step.do === 'cutBus' || step.do === 'crash')
    const longest = Math.max(weather.delay, weather.longDelay) + 10
    return !isCut && time > Math.max(acked.time, applied.time) + longest
  }

  /** Marks: by message at once, from the shared store when it is looked at. */
  #mustKnowMark(one: Invalidation, name: string, read: Read): boolean {
    const { hasBus, hasStore, markerTtl, timeout } = this.#plan
    const { began, ended, isConnected, isCutOff, machine } = read
    const stamp = one.began.time + one.machine.offset
    const isTold = this.#history
      .toldOf(machine)
      .some(
        ({ action, at, from, ids, isHard, seq }) =>
          seq < began.seq &&
          action === 'tag' &&
          from === one.machine &&
          ids.has(name) &&
          isHard === !one.isSoft &&
          at >= stamp,
      )
    if (isTold) return true
    const { applied } = one
    if (!hasStore || applied === undefined || applied.seq > began.seq) return false
    if (isCutOff || machine.hadTrouble(began.time - timeout, ended.time)) return false
    if (this.#history.hadGap(machine, applied.seq, began.seq) || machine.born > applied.seq)
      return true
    const trust = hasBus && isConnected ? looksWithBus * markerTtl : markerTtl
    return began.time >= applied.time + trust
  }

  /** Whether a machine that could not know better has brought the older value back: no tombstones are kept of single entries. */
  #isExcused(one: Invalidation, made: Made, reader: Machine): boolean {
    const { id } = one
    if (id === undefined) return false
    const { clockSkew } = this.#plan
    // Their clocks do not say which of the two is newer.
    const isNear = one.began.time - made.born.time <= 2 * clockSkew + 1
    if (clockSkew > 0 && isNear && made.machine !== one.machine) return true
    return this.#history.landings.some(
      (landing) =>
        landing.seq > one.began.seq &&
        landing.made.includes(made) &&
        this.#isInnocent(landing, one, id, reader),
    )
  }

  #isInnocent(landing: PlacedLanding, one: Invalidation, id: string, reader: Machine): boolean {
    const { issued, kind, machine, replaced, seq } = landing
    // Its own late call: it knows of it, and makes it good.
    if (machine === one.machine) return issued < one.began.seq && reader !== machine
    const { applied } = one
    if (applied === undefined || applied.seq > seq) return true
    const stamp = one.began.time + one.machine.offset - this.#plan.clockSkew
    const knew = this.#history
      .toldOf(machine)
      .some(
        ({ action, at, ids, seq: toldAt }) =>
          action === 'key' && ids.has(id) && at >= stamp && toldAt > applied.seq && toldAt < issued,
      )
    if (knew) return false
    // One that compares cannot replace what it has not seen.
    return kind !== 'swap' || replaced === undefined || one.kind === 'expire'
  }
}

/**
 * Since when an invalidation is newer than `made`. What is loaded counts from the beginning of its load. What is written may
 * take its place at any time until its writer is told, among what other machines do meanwhile.
 */
function sinceWhen({ born, machine, written }: Made, one: Invalidation): number {
  if (written === undefined) return born.seq
  const isOrdered = machine === one.machine && written.kind === 'set'
  return isOrdered ? born.seq : (written.acked?.seq ?? Number.POSITIVE_INFINITY)
}

/** Name of the mark of `one` that concerns `made`, or its id; `undefined`: it is none of its business. */
function nameAgainst(one: Invalidation, made: Made): string | undefined {
  if (one.id !== undefined) return one.id === made.id ? one.id : undefined
  const paths = made.space === '' ? [''] : [`${made.space}/`, '']
  return one.names.find((name) =>
    paths.some(
      (path) => name === `clear:${path}` || made.tags.some((tag) => name === `tag:${path}:${tag}`),
    ),
  )
}
