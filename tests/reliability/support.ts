import { Guard, type GuardParts } from '../../src/reliability/guard.ts'
import {
  type GuardOptions,
  localGuard,
  type ResolvedGuardOptions,
  resolveGuardOptions,
} from '../../src/reliability/guard-options.ts'
import { type ManualClock, manualClock } from '../../src/testing/index.ts'

/** A guard on a clock of its own, with what the options say and nothing else. */
export function guardOf(
  options: GuardOptions = {},
  parts: Partial<GuardParts> = {},
  defaults: ResolvedGuardOptions = localGuard,
): { guard: Guard; clock: ManualClock } {
  const clock = manualClock()
  const resolved = resolveGuardOptions('test', options, defaults)
  return { guard: new Guard({ name: 'test', options: resolved, clock, ...parts }), clock }
}

/** What has become of a promise. */
export interface Watched<T> {
  state: 'pending' | 'fulfilled' | 'rejected'
  value?: T
  error?: unknown
  code?: unknown
}

export function watch<T>(promise: Promise<T>): Watched<T> {
  const watched: Watched<T> = { state: 'pending' }
  promise.then(
    (value) => Object.assign(watched, { state: 'fulfilled', value }),
    (error: unknown) =>
      Object.assign(watched, {
        state: 'rejected',
        error,
        code: (error as { code?: unknown } | undefined)?.code,
      }),
  )
  return watched
}

interface Call<T> {
  readonly signal: AbortSignal
  readonly resolve: (value: T) => void
  readonly reject: (error: unknown) => void
}

interface Controlled<T> {
  readonly work: (signal: AbortSignal) => Promise<T>
  readonly calls: readonly Call<T>[]
  readonly call: (index: number) => Call<T>
}

/** Work that ends when the test says so. */
export function controlled<T = string>(): Controlled<T> {
  const calls: Call<T>[] = []
  const work = (signal: AbortSignal): Promise<T> =>
    new Promise<T>((resolve, reject) => {
      calls.push({ signal, resolve, reject })
    })
  const call = (index: number) => {
    const found = calls[index]
    if (found === undefined) throw new Error(`work was not called ${index + 1} times`)
    return found
  }
  return { work, calls, call }
}

/** Lets promises that are ready run. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
