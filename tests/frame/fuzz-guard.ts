import { getHeapStatistics, setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { Worker } from 'node:worker_threads'
import { FuzzFailure } from './fuzz-case.ts'

/** Milliseconds that one input may take. */
export const longest = 2_000

/** What one input may need, in bytes: so much whatever it is, and so many times its size. */
export interface Allowance {
  readonly fixed: number
  readonly ratio: number
}

interface Use {
  readonly milliseconds: number
  /** Growth, in bytes, of JavaScript's heap, and of what lies outside of it. */
  readonly heap: number
  readonly external: number
}

let collect: (() => void) | undefined

/** Collects garbage, so that what is measured next is not hidden behind what goes meanwhile. */
export function collectGarbage(): void {
  if (collect === undefined) {
    setFlagsFromString('--expose-gc')
    collect = runInNewContext('gc') as () => void
  }
  collect()
}

/** Runs `work`, and says what it took. Collected garbage only makes the numbers smaller. */
export function measured<T>(work: () => T): Use & { readonly result: T } {
  const before = getHeapStatistics()
  const start = performance.now()
  const result = work()
  const milliseconds = performance.now() - start
  const after = getHeapStatistics()
  return {
    result,
    milliseconds,
    heap: after.used_heap_size - before.used_heap_size,
    external: after.external_memory - before.external_memory,
  }
}

/**
 * Runs `work` on an input of `size` bytes within `allowance` and {@link longest}. What is exceeded is tried again: neither a
 * library that is loaded nor a pause of the machine happens twice.
 * @throws FuzzFailure for what is exceeded each time.
 */
export function guarded<T>(size: number, allowance: Allowance, work: () => T): Use & { result: T } {
  const limit = allowance.fixed + allowance.ratio * size
  for (let attempt = 1; ; attempt += 1) {
    const use = measured(work)
    const complaint = complaintOf(use, limit)
    if (complaint === undefined) return use
    if (attempt === 3) throw new FuzzFailure(complaint)
    collectGarbage()
  }
}

function complaintOf({ milliseconds, heap, external }: Use, limit: number): string | undefined {
  if (milliseconds > longest) return `it took ${Math.round(milliseconds)} ms`
  if (external > limit) return `it allocated ${external} bytes outside of the heap`
  return heap > limit ? `it allocated ${heap} bytes of heap` : undefined
}

const guardedPrototypes: readonly object[] = [
  Object.prototype,
  Array.prototype,
  Function.prototype,
  Map.prototype,
  Set.prototype,
  Error.prototype,
  RegExp.prototype,
  Uint8Array.prototype,
  Buffer.prototype,
]

/** Everything that built-in prototypes hold, to be compared later. */
export function prototypes(): readonly (readonly unknown[])[] {
  return guardedPrototypes.map((prototype) => {
    const properties = Object.getOwnPropertyDescriptors(prototype)
    return Reflect.ownKeys(properties).flatMap((name) => {
      const { value, get, set } = Reflect.get(properties, name) as PropertyDescriptor
      return [name, value, get, set]
    })
  })
}

/** Whether prototypes are what they were. */
export function arePrototypes(before: readonly (readonly unknown[])[]): boolean {
  const now = prototypes()
  return before.every((old, index) => {
    const next = now[index] ?? []
    return old.length === next.length && old.every((part, at) => Object.is(part, next[at]))
  })
}

/** Watches from another thread, since an endless loop lets this one do nothing. */
export class Watchdog {
  readonly #state = new Float64Array(new SharedArrayBuffer(8))
  readonly #worker: Worker

  /** @param seed for the message. */
  constructor(seed: number) {
    this.#worker = new Worker(new URL('./fuzz-watchdog.mjs', import.meta.url), {
      workerData: { state: this.#state, seed },
    })
    this.#worker.unref()
  }

  /** Says which case is about to run. */
  note(number: number): void {
    this.#state[0] = number
  }

  async stop(): Promise<void> {
    await this.#worker.terminate()
  }
}
