import type { DiskCache, ShardedDiskCache } from 'holdfast'
import type { HistoryObject } from './fleet.ts'
import { HistoryChecker } from './history-checker.ts'
import { absent, type Operation, type State } from './object-model.ts'
import { code } from './record.mjs'
import { type ClientLog, readLog } from './round-log.ts'
import { describeViolation } from './violation-report.ts'
import { numberOf } from './workers/values.mjs'

/** Number of the client that only looks, between rounds. */
const observer = 0

/** What is used of a build. */
export type Build = Pick<typeof import('holdfast'), 'DiskCache' | 'ShardedDiskCache'>

/** A store, and the build that opens it. */
export interface StoreToCheck {
  readonly directory: string
  readonly build: Build
  readonly shards: number
  readonly objects: readonly HistoryObject[]
}

/** Checks one store, round by round. What one round leaves open is where the next one starts. */
export class RoundCheck {
  readonly #objects: readonly HistoryObject[]
  readonly #cache: DiskCache | ShardedDiskCache
  readonly #now: () => number
  readonly #states: (readonly State[])[]

  /** Opens the store with a handle that remembers nothing, and creates it if need be. */
  constructor({ directory, build, shards, objects }: StoreToCheck, now: () => number) {
    this.#objects = objects
    this.#cache =
      shards === 0
        ? new build.DiskCache(directory, { hot: false })
        : new build.ShardedDiskCache(directory, { hot: false, shards })
    this.#now = now
    this.#states = objects.map(() => [absent])
  }

  /** Checks what the logs tell, and what is in the store now, when nobody writes. */
  check(
    logs: readonly ClientLog[],
    names: ReadonlyMap<number, string>,
  ): { operations: number; violations: string[] } {
    const histories: Operation[][] = this.#objects.map(() => [])
    for (const log of logs) readLog(log, histories)
    const violations: string[] = []
    let operations = 0
    for (const object of this.#objects) {
      const history = histories[object.index] ?? []
      history.push(this.#look(object))
      for (const { code: what, result } of history) operations += what === code.read ? result : 1
      const verdict = new HistoryChecker(this.#states[object.index] ?? [absent]).check(history)
      if ('states' in verdict) this.#states[object.index] = verdict.states
      else violations.push(describeViolation(object, history, verdict.violation, names))
    }
    return { operations, violations }
  }

  /** Whether the store is sound, after all that was done to it. @returns what is not. */
  problems(): string[] {
    return this.#cache.check({ verify: true }).problems.map((problem) => JSON.stringify(problem))
  }

  close(): void {
    this.#cache.close()
  }

  #look(object: HistoryObject): Operation {
    const times = { start: this.#now(), wallStart: Date.now() }
    const found = this.#cache.getMany(object.keys)
    const [expect = Number.NaN, second = Number.NaN] = object.keys.map((key) =>
      object.kind === 'counter' ? ((found.get(key) as number) ?? 0) : numberOf(key, found.get(key)),
    )
    return {
      code: code.read,
      client: observer,
      operation: 0,
      object: object.index,
      expect,
      second,
      result: 1,
      written: Number.NaN,
      tags: 0,
      expires: Number.NaN,
      ...times,
      end: this.#now(),
      wallEnd: Date.now(),
      isOptional: false,
    }
  }
}
