/**
 * One piece of work that can be done here and now, or by another thread. Compression is written once, as a generator that
 * yields jobs; who runs it decides which of the two it is to be.
 */
export interface Job<T> {
  /** How much there is to do, in bytes: below {@link asyncThreshold} it is done at once in either case. */
  readonly size: number
  now(): T
  later(): Promise<T>
}

/** Work that consists of jobs. */
export type Steps<T> = Generator<Job<unknown>, T, unknown>

/**
 * Bytes up to which the asynchronous forms work on the event loop's own thread. Handing 64 KiB to the thread pool and taking
 * the result back keeps that thread busy for about as long as LZ4 or a decompression of them would, 0.1 ms; with 256 KiB it
 * is a fifth.
 */
export const asyncThreshold = 65_536

/**
 * Jobs of one value that are in the thread pool at a time. The pool has four threads unless it was set up otherwise; one is
 * left to whoever reads files meanwhile.
 */
const jobsAtOnce = 3

/** The result of `job`, within a generator of steps. */
export function* run<T>(job: Job<T>): Steps<T> {
  return (yield job) as T
}

/** Does all of `steps` here and now. */
export function finishNow<T>(steps: Steps<T>): T {
  let step = steps.next()
  while (!step.done) {
    let result: unknown
    try {
      result = step.value.now()
    } catch (error) {
      step = steps.throw(error)
      continue
    }
    step = steps.next(result)
  }
  return step.value
}

/** Does `steps`, and what is large in the thread pool. */
export async function finishLater<T>(steps: Steps<T>): Promise<T> {
  let step = steps.next()
  while (!step.done) {
    const job = step.value
    let result: unknown
    try {
      result = job.size <= asyncThreshold ? job.now() : await job.later()
    } catch (error) {
      step = steps.throw(error)
      continue
    }
    step = steps.next(result)
  }
  return step.value
}

/** `count` pieces of work that do not need each other, together `size` bytes, as one job. Results are in order. */
export function each<T>(
  count: number,
  size: number,
  stepsOf: (index: number) => Steps<T>,
): Job<T[]> {
  return {
    size,
    now() {
      const results: T[] = []
      for (let index = 0; index < count; index++) results.push(finishNow(stepsOf(index)))
      return results
    },
    async later() {
      const results: T[] = new Array(count)
      let next = 0
      let hasFailed = false
      const worker = async () => {
        while (next < count && !hasFailed) {
          const index = next++
          try {
            results[index] = await finishLater(stepsOf(index))
          } catch (error) {
            hasFailed = true
            throw error
          }
        }
      }
      await Promise.all(Array.from({ length: Math.min(count, jobsAtOnce) }, worker))
      return results
    },
  }
}
