import { Random } from './random.ts'

/** What a loader does, and for how long. */
export interface LoaderPlan {
  readonly ms: number
  readonly ends: 'value' | 'error' | 'absent' | 'skip'
}

/** How a call that loads or stores is told to; milliseconds. */
export interface CallPlan {
  readonly ttl?: number
  readonly grace?: number
  readonly tags?: readonly string[]
  readonly swr?: number
  readonly eager?: number
  readonly softTimeout?: number
  readonly hardTimeout?: number
  readonly negativeTtl?: number
  readonly forceFresh?: boolean
  readonly lock?: 'process' | 'cluster'
  /** The caller gives up after so many milliseconds. */
  readonly abortAfter?: number
}

interface At {
  /** Milliseconds from the beginning of the history. */
  readonly at: number
  readonly node: number
}

interface OfKey extends At {
  readonly space: string
  readonly key: string
}

/** What a caller does. */
export type Operation =
  | (OfKey & {
      readonly do: 'get' | 'getStale' | 'getEntry' | 'peek' | 'has' | 'delete' | 'expire'
    })
  | (OfKey & { readonly do: 'touch'; readonly ttl: number })
  | (OfKey & { readonly do: 'set' | 'add'; readonly call: CallPlan })
  | (OfKey & { readonly do: 'getOrSet'; readonly loader: LoaderPlan; readonly call: CallPlan })
  | (At & { readonly do: 'getMany'; readonly space: string; readonly keys: readonly string[] })
  | (At & {
      readonly do: 'getOrSetMany'
      readonly space: string
      readonly keys: readonly string[]
      readonly loader: LoaderPlan
      readonly call: CallPlan
    })
  | (At & {
      readonly do: 'tags'
      readonly space: string
      readonly tags: readonly string[]
      readonly hard: boolean
    })
  | (At & { readonly do: 'clear'; readonly space: string })

/** What goes wrong. */
export type Fault =
  /** The node dies and a new one starts in its place, `ms` later. */
  | (At & { readonly do: 'crash'; readonly ms: number })
  /** Calls to the shared tier fail, or hang until they fail. */
  | (At & { readonly do: 'cutStore'; readonly ms: number; readonly how: 'refuse' | 'hang' })
  | (At & { readonly do: 'cutBus'; readonly ms: number })
  /** The k-th call from now on fails. */
  | (At & { readonly do: 'failCall'; readonly k: number })
  /** The shared tier drops an entry for want of room. */
  | (At & { readonly do: 'evict'; readonly key: string; readonly space: string })

export type Step = Operation | Fault

/** Shares of the calls and messages that something happens to. */
export interface Weather {
  /** Longest usual delay of one way, in milliseconds. */
  readonly delay: number
  /** Takes up to {@link longDelay} instead. */
  readonly slow: number
  readonly longDelay: number
  /** A call fails before it has an effect. */
  readonly fail: number
  /** A call has its effect and fails. */
  readonly failAfter: number
  readonly dropMessage: number
  readonly repeatMessage: number
}

/** Everything that decides a history. */
export interface Plan {
  readonly seed: number
  readonly nodes: number
  readonly hasMemory: boolean
  readonly hasStore: boolean
  readonly hasBus: boolean
  readonly canSwap: boolean
  readonly hasBreaker: boolean
  readonly hasRetry: boolean
  /** Milliseconds that each node's clock is ahead. */
  readonly offsets: readonly number[]
  readonly clockSkew: number
  readonly markerTtl: number
  readonly memoryTtl: number
  /** Deadline of a call to the shared tier. */
  readonly timeout: number
  readonly maxEntries: number
  readonly defaults: CallPlan
  readonly weather: Weather
  readonly steps: readonly Step[]
}

export const keys = ['k0', 'k1', 'k2'] as const
const tags = ['t0', 't1'] as const
export const spaces = ['', 'a'] as const
export const never: number = Number.POSITIVE_INFINITY

const fair: Weather = {
  delay: 4,
  slow: 0,
  longDelay: 0,
  fail: 0,
  failAfter: 0,
  dropMessage: 0,
  repeatMessage: 0,
}

/** The plan of `seed`. */
export function planOf(seed: number): Plan {
  const random = new Random(seed * 2_654_435_761)
  const kind = random.weighted([
    ['tiered', 12],
    ['noBus', 5],
    ['memoryOnly', 2],
    ['storeOnly', 2],
  ] as const)
  const isRough = random.chance(0.7)
  const clockSkew = random.chance(0.3) ? 20 : 0
  const nodes = random.between(1, 3)
  const hasBus = kind === 'tiered' || kind === 'memoryOnly'
  const plan = {
    seed,
    nodes,
    hasMemory: kind !== 'storeOnly',
    hasStore: kind !== 'memoryOnly',
    hasBus,
    canSwap: random.chance(0.9),
    hasBreaker: random.chance(0.15),
    hasRetry: random.chance(0.5),
    offsets: Array.from({ length: nodes }, () => random.between(0, clockSkew)),
    clockSkew,
    markerTtl: random.pick([150, 300]),
    memoryTtl: hasBus && random.chance(0.5) ? never : random.between(100, 600),
    timeout: 100,
    maxEntries: random.chance(0.2) ? 2 : 1_000,
    defaults: {
      ttl: random.pick([150, 400, 2_000, never]),
      grace: random.pick([0, 0, 300, 3_000]),
      ...(random.chance(0.2) && kind !== 'memoryOnly' ? { lock: 'cluster' as const } : {}),
    },
    weather: isRough ? roughWeather(random) : fair,
  }
  return { ...plan, steps: stepsOf(plan, isRough, random) }
}

function roughWeather(random: Random): Weather {
  const some = (share: number): number => (random.chance(0.5) ? random.next() * share : 0)
  return {
    delay: random.pick([1, 5, 20]),
    slow: some(0.15),
    longDelay: random.pick([50, 300]),
    fail: some(0.1),
    failAfter: some(0.05),
    dropMessage: some(0.2),
    repeatMessage: some(0.3),
  }
}

function stepsOf(plan: Omit<Plan, 'steps'>, isRough: boolean, random: Random): Step[] {
  const steps: Step[] = []
  const count = random.between(30, 60)
  const pace = random.pick([3, 15, 60])
  const invalidations = random.pick([0.5, 1, 2])
  let at = 0
  for (let index = 0; index < count; index += 1) {
    at += random.chance(0.3) ? 0 : random.between(1, pace)
    const base = { at, node: random.between(0, plan.nodes - 1) }
    steps.push(
      isRough && random.chance(0.08)
        ? faultOf(base, plan, random)
        : operationOf(base, plan, invalidations, random),
    )
  }
  return steps
}

function faultOf(
  base: { at: number; node: number },
  plan: Omit<Plan, 'steps'>,
  random: Random,
): Step {
  const kind = random.weighted([
    ['crash', 1],
    ['cutStore', plan.hasStore ? 3 : 0],
    ['cutBus', plan.hasBus ? 2 : 0],
    ['failCall', plan.hasStore ? 2 : 0],
    ['evict', plan.hasStore ? 1 : 0],
  ] as const)
  const ms = random.between(10, 400)
  if (kind === 'failCall') return { ...base, do: kind, k: random.between(1, 4) }
  if (kind === 'evict')
    return { ...base, do: kind, key: random.pick(keys), space: random.pick(spaces) }
  if (kind === 'cutStore') return { ...base, do: kind, ms, how: random.pick(['refuse', 'hang']) }
  return { ...base, do: kind, ms }
}

function operationOf(
  base: { at: number; node: number },
  plan: Omit<Plan, 'steps'>,
  invalidations: number,
  random: Random,
): Operation {
  const kind = random.weighted([
    ['get', 12],
    ['getStale', 4],
    ['getEntry', 5],
    ['peek', 3],
    ['has', 1],
    ['getMany', 4],
    ['getOrSet', 22],
    ['getOrSetMany', 4],
    ['set', 5 * invalidations],
    ['add', 2 * invalidations],
    ['delete', 4 * invalidations],
    ['expire', 2 * invalidations],
    ['touch', 2 * invalidations],
    ['tags', 5 * invalidations],
    ['clear', 1.5 * invalidations],
  ] as const)
  const space = random.chance(0.75) ? '' : 'a'
  // Most of what happens is about one key: there is more to meet.
  const key = random.weighted([
    ['k0', 4],
    ['k1', 1],
    ['k2', 1],
  ] as const)
  const of = { ...base, space, key }
  switch (kind) {
    case 'touch':
      return { ...of, do: kind, ttl: random.pick([100, 500, 3_000]) }
    case 'set':
    case 'add':
      return { ...of, do: kind, call: storeCall(random) }
    case 'getOrSet':
      return { ...of, do: kind, loader: loaderOf(random), call: loadCall(plan, random) }
    case 'getMany':
      return { ...base, do: kind, space, keys }
    case 'getOrSetMany': {
      const { forceFresh: _, ...call } = loadCall(plan, random)
      return { ...base, do: kind, space, keys, loader: loaderOf(random), call }
    }
    case 'tags':
      return { ...base, do: kind, space, tags: someTags(random), hard: random.chance(0.4) }
    case 'clear':
      return { ...base, do: kind, space }
    default:
      return { ...of, do: kind }
  }
}

function loaderOf(random: Random): LoaderPlan {
  return {
    ms: random.chance(0.15)
      ? 0
      : random.chance(0.2)
        ? random.between(50, 250)
        : random.between(1, 40),
    ends: random.weighted([
      ['value', 10],
      ['error', 1],
      ['absent', 1],
      ['skip', 0.5],
    ] as const),
  }
}

function someTags(random: Random): readonly string[] {
  return random.chance(0.25) ? tags : [random.pick(tags)]
}

function storeCall(random: Random): CallPlan {
  return {
    ...(random.chance(0.6) ? { tags: someTags(random) } : {}),
    ...(random.chance(0.3) ? { ttl: random.pick([60, 300, 3_000]) } : {}),
    ...(random.chance(0.3) ? { grace: random.pick([100, 1_000]) } : {}),
  }
}

function loadCall(plan: Omit<Plan, 'steps'>, random: Random): CallPlan {
  return {
    ...storeCall(random),
    ...(random.chance(0.1) ? { swr: random.pick([100, 1_000]) } : {}),
    ...(random.chance(0.1) ? { eager: 0.5 } : {}),
    ...(random.chance(0.1) ? { softTimeout: random.between(5, 50) } : {}),
    ...(random.chance(0.1) ? { hardTimeout: random.between(10, 100) } : {}),
    ...(random.chance(0.3) ? { negativeTtl: random.pick([50, 500]) } : {}),
    ...(random.chance(0.07) ? { forceFresh: true } : {}),
    ...(plan.hasStore && random.chance(0.1) ? { lock: 'cluster' as const } : {}),
    ...(random.chance(0.06) ? { abortAfter: random.between(1, 50) } : {}),
  }
}
