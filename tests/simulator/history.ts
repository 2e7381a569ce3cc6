import type { Machine } from './machine.ts'
import type { Scheduler } from './scheduler.ts'

/** A place in the history and the time at it. */
export interface Moment {
  readonly seq: number
  readonly time: number
}

/** A value, or that there is none, that a call made. What is younger is newer: its loader or its writer began later. */
export interface Made {
  readonly token: string
  /** Namespace and key as the cache writes them. */
  readonly id: string
  readonly space: string
  readonly tags: readonly string[]
  readonly machine: Machine
  readonly born: Moment
  readonly isAbsence: boolean
  /** The call that writes it; `undefined`: it is loaded. */
  written: Invalidation | undefined
  /** Since when it may be in memory of its machine; `undefined`: its loader has not ended. */
  kept: Moment | undefined
  freshUntil: number
  staleUntil: number
}

/** A call after which older values must not be seen. */
export interface Invalidation {
  readonly kind: 'set' | 'add' | 'delete' | 'expire' | 'tags' | 'clear'
  readonly machine: Machine
  /** Of one entry. */
  readonly id: string | undefined
  /** Of marks. */
  readonly names: readonly string[]
  /** Stale values may still be served. */
  readonly isSoft: boolean
  readonly began: Moment
  /** What the call itself wrote. */
  readonly token: string | undefined
  /** When its caller was told. */
  acked: Moment | undefined
  /** Since when the shared store says so; `undefined`: it waits in its machine. */
  applied: Moment | undefined
}

/** A message that a machine has had. */
export interface Told {
  readonly seq: number
  readonly from: Machine | undefined
  readonly action: string
  readonly ids: ReadonlySet<string>
  readonly at: number
  readonly isHard: boolean
}

/** A write of an entry that had its effect in the shared store. */
export interface Landing {
  readonly machine: Machine
  readonly kind: 'set' | 'swap' | 'delete'
  readonly key: string
  readonly bytes: Uint8Array | undefined
  readonly replaced: Uint8Array | undefined
  readonly issued: number
}

export type PlacedLanding = Landing & Moment & { readonly made: readonly Made[] }

/** All that happened, as somebody would know it who sees all machines at once. */
export class History {
  readonly made: Map<string, Made> = new Map()
  readonly invalidations: Invalidation[] = []
  readonly landings: PlacedLanding[] = []
  readonly lines: string[] = []
  readonly #told = new Map<Machine, Told[]>()
  readonly #gaps = new Map<Machine, number[]>()
  readonly #names = new Map<string, Machine>()
  readonly #touched = new Map<Machine, Map<string, Moment>>()
  readonly #scheduler: Scheduler
  readonly #hasStore: boolean
  readonly isLogged: boolean
  #seq = 0
  #isSettled = false

  constructor(scheduler: Scheduler, hasStore: boolean, isLogged: boolean) {
    this.#scheduler = scheduler
    this.#hasStore = hasStore
    this.isLogged = isLogged
  }

  tick(): number {
    this.#seq += 1
    return this.#seq
  }

  moment(): Moment {
    return { seq: this.tick(), time: this.#scheduler.now }
  }

  log(line: string): void {
    if (this.isLogged) this.lines.push(`${this.#scheduler.now - start} ${line}`)
  }

  /** A call begins to make a value. */
  make(made: Omit<Made, 'token' | 'born' | 'kept' | 'written'>): Made {
    const token = `#${made.isAbsence ? 'n' : 'v'}${this.made.size}#`
    const one = { ...made, token, born: this.moment(), kept: undefined, written: undefined }
    this.made.set(token, one)
    return one
  }

  begin(given: Omit<Invalidation, 'began' | 'acked' | 'applied'>): Invalidation {
    const one = { ...given, began: this.moment(), acked: undefined, applied: undefined }
    this.invalidations.push(one)
    return one
  }

  ack(one: Invalidation): void {
    one.acked = this.moment()
    const wasClean = !one.machine.hadTrouble(one.began.time, one.acked.time)
    if (!this.#hasStore || wasClean) one.applied ??= one.acked
  }

  /** The machines that live have had time to make everything good. */
  settled(): void {
    this.#isSettled = true
    for (const one of this.invalidations)
      if (one.acked !== undefined && one.machine.isAlive) one.applied ??= this.moment()
  }

  get isSettled(): boolean {
    return this.#isSettled
  }

  touched(machine: Machine, id: string): void {
    let ids = this.#touched.get(machine)
    if (ids === undefined) {
      ids = new Map()
      this.#touched.set(machine, ids)
    }
    ids.set(id, this.moment())
  }

  lastTouch(machine: Machine, id: string): Moment | undefined {
    return this.#touched.get(machine)?.get(id)
  }

  said(machine: Machine, text: string): void {
    const { node } = JSON.parse(text) as { node: string }
    this.#names.set(node, machine)
  }

  told(machine: Machine, text: string): void {
    const { action, at, hard, ids, node } = JSON.parse(text) as {
      action: string
      at: number
      hard?: boolean
      ids: string[]
      node: string
    }
    const told = {
      ...{ seq: this.tick(), from: this.#names.get(node), action, at },
      ids: new Set(ids),
      isHard: hard === true,
    }
    // A node does not listen to itself.
    if (told.from === machine) return
    this.#listOf(this.#told, machine).push(told)
    this.log(`bus: ${machine.name} is told of ${action} ${ids.join(' ')} by ${told.from?.name}`)
  }

  gap(machine: Machine): void {
    this.#listOf(this.#gaps, machine).push(this.tick())
    this.log(`bus: ${machine.name} is told of a gap`)
  }

  toldOf(machine: Machine): readonly Told[] {
    return this.#told.get(machine) ?? []
  }

  /** Whether messages to `machine` may have been lost between two places, and it was told so. */
  hadGap(machine: Machine, from: number, to: number): boolean {
    return this.#gaps.get(machine)?.some((seq) => seq > from && seq < to) ?? false
  }

  landed(landing: Landing): void {
    const [, id] = /^[^:]*:e:(.*)$/s.exec(landing.key) ?? []
    const { kind, issued, machine } = landing
    const moment = this.moment()
    if (id === undefined) {
      this.#markLanded(landing, moment)
      return
    }
    const made = this.#madeIn(landing, id)
    this.landings.push({ ...landing, ...moment, made })
    const mine = this.invalidations.filter((one) => one.machine === machine && one.id === id)
    const told = mine.findLast((one) =>
      kind === 'delete'
        ? one.kind === 'delete' && one.applied === undefined && one.began.seq < issued
        : made.some(({ token }) => token === one.token),
    )
    // Writes of one key by one machine are in order: what began before has been done, or has been made needless.
    for (const one of mine)
      if (told !== undefined && one.began.seq <= told.began.seq) one.applied ??= moment
    this.#undo(landing, made, mine)
  }

  /** A call that was given up long ago may land over what its machine wrote since; which then must write it again. */
  #undo(landing: Landing, made: readonly Made[], mine: readonly Invalidation[]): void {
    for (const one of mine) {
      const isOlder = made.some(({ born }) => born.seq < one.began.seq)
      const isDeletion = landing.kind === 'delete' && one.token !== undefined
      if (landing.issued < one.began.seq && (isOlder || isDeletion)) one.applied = undefined
    }
  }

  #markLanded({ issued, key, machine }: Landing, moment: Moment): void {
    if (key.endsWith(':marks')) {
      for (const one of this.invalidations) {
        const ended = this.#marked.get(one)
        if (one.machine === machine && ended?.left.size === 0 && ended.at < issued)
          one.applied ??= moment
      }
      return
    }
    const [, name] = /^[^:]*:m:(.*)$/s.exec(key) ?? []
    for (const one of this.invalidations) {
      if (name === undefined || one.machine !== machine || one.began.seq > issued) continue
      if (!one.names.includes(name)) continue
      const marked = this.#marked.get(one) ?? { left: new Set(one.names), at: 0 }
      if (marked.left.delete(name)) marked.at = moment.seq
      this.#marked.set(one, marked)
    }
  }

  readonly #marked = new Map<Invalidation, { readonly left: Set<string>; at: number }>()

  /** What the bytes of an entry hold. An absence has nothing to be known by: it may be any of its machine's. */
  #madeIn({ bytes, kind, machine }: Landing, id: string): readonly Made[] {
    if (kind === 'delete' || bytes === undefined) return []
    const token = Buffer.from(bytes)
      .toString('latin1')
      .match(/#v\d+#/)?.[0]
    const one = token === undefined ? undefined : this.made.get(token)
    if (one !== undefined) return [one]
    return [...this.made.values()].filter(
      (made) => made.isAbsence && made.id === id && made.machine === machine,
    )
  }

  #listOf<T>(lists: Map<Machine, T[]>, machine: Machine): T[] {
    let list = lists.get(machine)
    if (list === undefined) {
      list = []
      lists.set(machine, list)
    }
    return list
  }
}

const start = Date.UTC(2026, 0, 1)
