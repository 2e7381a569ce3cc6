import { never, type Plan, type Step } from './plan.ts'

/** A bug that is planted in the source of the cache: the first place of `find` in `file` becomes `put`. */
export interface Mutant {
  readonly file: string
  readonly find: string
  readonly put: string
  /** What every seed's plan has instead of its own, for a bug that plans of chance meet seldom. */
  readonly plan?: Partial<Plan>
  /** It is caught within so many seeds from 1 on. @default 100 */
  readonly within?: number
}

const k0 = { space: '', key: 'k0' } as const

function set(node: number, at: number): Step {
  return { ...k0, do: 'set', node, at, call: { ttl: 10_000 } }
}

function gets(node: number, from: number, count: number): Step[] {
  return Array.from({ length: count }, (_, n) => ({ ...k0, do: 'get', node, at: from + 3 * n }))
}

const calm = {
  ...{ nodes: 2, hasMemory: true, hasStore: true, hasBus: true, canSwap: true, hasBreaker: false },
  ...{ hasRetry: false, offsets: [0, 0], clockSkew: 0, memoryTtl: never, maxEntries: 1_000 },
  defaults: { ttl: never, grace: 0 },
  weather: {
    ...{ delay: 10, slow: 0, longDelay: 0, fail: 0, failAfter: 0 },
    ...{ dropMessage: 0, repeatMessage: 0 },
  },
} as const

/** Bugs that the simulator must catch. One whose place is gone from the source must be planted anew. */
export const mutants: Readonly<Record<string, Mutant>> = {
  'stamp after the loader': {
    file: 'loads.ts',
    find: 'const begun = Math.min(job.begun?.() ?? createdAt, createdAt)',
    put: 'const begun = stamps.next()',
  },
  'flights are not cut by a change': {
    file: 'loads.ts',
    find: '      this.flights.cut(id)\n',
    put: '',
  },
  'a load is joined after an invalidation': {
    file: 'flights.ts',
    find: 'if (id.startsWith(path)) this.#open.delete(id)',
    put: 'id.startsWith(path)',
  },
  'a cut flight can still be joined': {
    file: 'flights.ts',
    find: '    this.#open.delete(id)\n    for (const flight of',
    put: '    for (const flight of',
  },
  'an outdated read fills memory': {
    file: 'lookups.ts',
    find: 'found.place > 0 && !isOutdated',
    put: 'found.place > 0',
  },
  'marks are not asked for': {
    file: 'mark-sync.ts',
    find: 'const marks = await home.marks(missing)',
    put: 'const marks = missing.map(() => unmarked)',
  },
  'markerTtl counts for nothing': {
    file: 'mark-sync.ts',
    find: 'return clock.now() < this.#lookedAt + (hasBus() ? markerTtlWithBus : markerTtl)',
    put: 'return clock.now() < this.#lookedAt + Number.MAX_SAFE_INTEGER * (hasBus() ? markerTtlWithBus : markerTtl)',
  },
  'marks are forgotten with what a look finds': {
    file: 'markers.ts',
    find: '    this.#known.clear()\n    this.shorten()',
    put: '    this.#known.clear()\n    this.#marks.clear()',
  },
  'clocks are believed': {
    file: 'markers.ts',
    find: 'Math.floor(marker.at) + this.#skew',
    put: 'Math.floor(marker.at) - this.#skew',
  },
  'messages of others are ignored': {
    file: 'announcer.ts',
    find: 'const isOwn = node === this.#node || cache !== this.#cache',
    put: 'const isOwn = node !== this.#node || cache !== this.#cache',
  },
  'a gap is ignored': {
    file: 'cache-core.ts',
    find: 'gap: () => this.#distrust()',
    put: 'gap: () => {}',
    plan: {
      ...calm,
      steps: [
        set(0, 0),
        ...gets(1, 100, 1),
        { do: 'cutBus', node: 1, at: 150, ms: 100 },
        set(0, 180),
        ...gets(1, 400, 1),
      ],
    },
  },
  'a message leaves memory as it is': {
    file: 'cache-core.ts',
    find: 'const gone = tier.delete(id, false)',
    put: 'const gone = tier.isMemory ? undefined : tier.delete(id, false)',
  },
  'others are told before the shared tier has it': {
    file: 'cache-core.ts',
    find: 'const written = this.stack.write((tier) => tier.set(item, strict))',
    put: 'void this.announceKeys([item.id], item.createdAt)\n    const written = this.stack.write((tier) => tier.set(item, strict))\n    return (await written) ? "stored" : "queued"',
    plan: { ...calm, steps: [set(0, 0), set(0, 100), ...gets(1, 90, 20), ...gets(1, 400, 1)] },
  },
  'a replay does not look what is there': {
    file: 'tier-storage.ts',
    find: 'if (stamp !== undefined && stamp > own) {',
    put: 'if (stamp !== undefined && stamp < 0) {',
    plan: {
      ...calm,
      ...{ hasBus: false, memoryTtl: 100 },
      steps: [
        { do: 'cutStore', node: 0, at: 50, ms: 60, how: 'refuse' },
        set(0, 60),
        set(1, 90),
        ...gets(1, 700, 1),
      ],
    },
  },
  'deletions are not replayed': {
    within: 1_000,
    file: 'tier-storage.ts',
    find: 'if (there === undefined || (await this.#parts.backend.delete(key, call))) break',
    put: 'return undefined',
  },
  'nothing is replayed': {
    file: 'byte-tier.ts',
    find: "this.#missed.add(key, op.kind === 'item' && isOutdated() ? removalOf(op.item) : op, rest)",
    put: '',
  },
  'writes of a key lose their order': {
    within: 1_000,
    file: 'keyed-queue.ts',
    find: 'const mine = before === undefined ? work() : before.then(work, work)',
    put: 'const mine = work()',
  },
  'a load stores over what came since': {
    file: 'tier-storage.ts',
    find: 'if ((await backend.swap?.(key, expected, record, call)) === true) return true',
    put: 'void expected\n    const now = (await backend.get(key, call))?.bytes\n    if ((await backend.swap?.(key, now, record, call)) === true) return true',
    plan: {
      ...calm,
      ...{ hasBus: false, memoryTtl: 100 },
      steps: [
        { ...k0, do: 'getOrSet', node: 0, at: 0, loader: { ms: 90, ends: 'value' }, call: {} },
        set(1, 40),
        ...gets(1, 500, 1),
      ],
    },
  },
  'an absence is stored over what is newer': {
    file: 'loads.ts',
    find: 'if (negativeTtl === 0 || flight.isOutdated || !isNegative(error)) return',
    put: 'if (negativeTtl === 0 || !isNegative(error)) return',
  },
  'marks may be evicted': {
    file: 'tier-storage.ts',
    find: 'const record = { bytes, expiresAt: Number.POSITIVE_INFINITY, isPinned: true }\n      if (swap',
    put: 'const record = { bytes, expiresAt: Number.POSITIVE_INFINITY }\n      if (swap',
    plan: {
      ...calm,
      hasBus: false,
      steps: [
        { ...k0, do: 'set', node: 0, at: 0, call: { tags: ['t0'] } },
        { do: 'tags', node: 0, at: 60, space: '', tags: ['t0'], hard: true },
        { do: 'evict', node: 0, at: 150, space: '', key: 'k1' },
        ...gets(1, 800, 1),
      ],
    },
  },
  'grace is not respected': {
    within: 1_000,
    file: 'item.ts',
    find: "return now < item.staleUntil ? 'stale' : 'absent'",
    put: "return now < item.staleUntil + 500 ? 'stale' : 'absent'",
  },
  'every caller loads': {
    file: 'loads.ts',
    find: 'const flying = call.forceFresh ? undefined : this.flights.get(ref.id)',
    put: 'const flying = undefined as Flight<Outcome> | undefined',
  },
}
