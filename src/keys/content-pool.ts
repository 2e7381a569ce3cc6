import { createRequire } from 'node:module'
import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import { xxh3Secret } from '../util/xxh3.ts'
import { type BlockOutcome, type BlockTask, blockSize, readBlocks } from './read-blocks.ts'

/** Reading waits for the disk as much as for the processor, so a small machine gets two. */
const mostWorkers = Math.min(8, Math.max(2, availableParallelism()))

/** Workers that had nothing to do for this long, in milliseconds, end. */
const idleAfter = 1_000

/** What one worker gets at a time: little, so that progress and an abort come soon. */
type Tasks = readonly BlockTask[]

interface Slot {
  readonly worker: Worker
  /** What it works on now. */
  batch: { readonly job: Job; readonly index: number } | undefined
  /** Whether it ever answered: one that never did would not the next time either. */
  works: boolean
}

interface Job {
  readonly batches: readonly Tasks[]
  readonly onBatch: (index: number, outcomes: readonly BlockOutcome[]) => void
  remaining: number
  over: boolean
  /** Ends the job by calling `settle`, unless it is over. */
  end(settle: () => void): void
  readonly resolve: (complete: boolean) => void
  readonly reject: (reason: unknown) => void
}

/** Threads that read and hash blocks of files. They start when there is work; idle ones keep no process alive, and end. */
export class ContentPool {
  readonly #slots = new Set<Slot>()
  #queue: { readonly job: Job; readonly index: number }[] = []
  #idle: NodeJS.Timeout | undefined
  #broken = false
  readonly #program: string

  /** @param source What the threads run. Tests have it fail. */
  constructor(source: string = program) {
    this.#program = source
  }

  /** How many threads there are now. */
  get size(): number {
    return this.#slots.size
  }

  /**
   * Reads `batches`, each in one thread, and tells of each as it is done.
   * @returns Whether threads did it all. Where they cannot (no permission for threads), the caller has to do the rest.
   * @throws The reason of `signal`, as soon as it aborts; or what `onBatch` threw.
   */
  run(batches: readonly Tasks[], onBatch: Job['onBatch'], signal?: AbortSignal): Promise<boolean> {
    if (this.#broken || batches.length === 0) return Promise.resolve(batches.length === 0)
    return new Promise((resolve, reject) => {
      const abort = () => job.end(() => reject(signal?.reason))
      const end = (settle: () => void) => {
        if (job.over) return
        job.over = true
        signal?.removeEventListener('abort', abort)
        this.#queue = this.#queue.filter((batch) => batch.job !== job)
        settle()
        this.#rest()
      }
      const remaining = batches.length
      const job: Job = { batches, onBatch, remaining, over: false, end, resolve, reject }
      signal?.addEventListener('abort', abort)
      for (const index of batches.keys()) this.#queue.push({ job, index })
      this.#dispatch()
    })
  }

  #dispatch(): void {
    clearTimeout(this.#idle)
    while (this.#queue.length > 0) {
      const slot = this.#freeSlot()
      if (slot === undefined) break
      const batch = this.#queue.shift()
      if (batch === undefined) break
      slot.batch = batch
      // Whoever waits for the hash waits for this thread.
      slot.worker.ref()
      slot.worker.postMessage(batch.job.batches[batch.index])
    }
    this.#rest()
  }

  #freeSlot(): Slot | undefined {
    for (const slot of this.#slots) if (slot.batch === undefined) return slot
    if (this.#slots.size >= mostWorkers || this.#broken) return undefined
    try {
      return this.#start()
    } catch {
      this.#giveUp()
      return undefined
    }
  }

  #start(): Slot {
    const require = createRequire(import.meta.url)
    const worker = new Worker(this.#program, {
      eval: true,
      name: 'holdfast-content',
      // Not those of the process: loaders and inspectors are none of its business.
      execArgv: [],
      workerData: { xxhash: require.resolve('@node-rs/xxhash'), secret: xxh3Secret, blockSize },
    })
    const slot: Slot = { worker, batch: undefined, works: false }
    worker.on('message', (outcomes: readonly BlockOutcome[]) => this.#receive(slot, outcomes))
    worker.on('error', () => this.#lose(slot))
    worker.on('exit', () => this.#lose(slot))
    this.#slots.add(slot)
    return slot
  }

  #receive(slot: Slot, outcomes: readonly BlockOutcome[]): void {
    const { batch } = slot
    slot.batch = undefined
    slot.works = true
    if (batch !== undefined && !batch.job.over) {
      const { job, index } = batch
      job.remaining -= 1
      try {
        job.onBatch(index, outcomes)
        if (job.remaining === 0) job.end(() => job.resolve(true))
      } catch (error) {
        job.end(() => job.reject(error))
      }
    }
    this.#dispatch()
  }

  #lose(slot: Slot): void {
    if (!this.#slots.delete(slot)) return
    const { batch } = slot
    if (!slot.works) this.#giveUp()
    batch?.job.end(() => batch.job.resolve(false))
  }

  /** Threads cannot be had here: all that wait do it themselves. */
  #giveUp(): void {
    this.#broken = true
    for (const { job } of [...this.#queue]) job.end(() => job.resolve(false))
  }

  /** Lets go of the threads that nobody waits for, and ends them all once there is nothing to do. */
  #rest(): void {
    let busy = false
    for (const { worker, batch } of this.#slots) {
      if (batch !== undefined) busy = true
      if (batch === undefined || batch.job.over) worker.unref()
    }
    clearTimeout(this.#idle)
    if (!busy && this.#slots.size > 0) {
      this.#idle = setTimeout(() => this.#drop(), idleAfter).unref()
    }
  }

  #drop(): void {
    const idle = [...this.#slots]
    this.#slots.clear()
    for (const { worker } of idle) void worker.terminate()
  }
}

/**
 * What the threads run. A text, not a file: it needs no path, which a bundler would break and which would have to be another
 * for sources than for built files. Some bundlers put calls of `__name` into functions.
 */
const program = `
const { parentPort, workerData } = require('node:worker_threads')
const { xxh3 } = require(workerData.xxhash)
const __name = (target) => target
const tools = {
  fs: require('node:fs'),
  digest: (bytes) => xxh3.xxh128WithSecret(bytes, workerData.secret),
  buffer: Buffer.allocUnsafeSlow(workerData.blockSize),
}
const readBlocks = ${readBlocks.toString()}
parentPort.on('message', (tasks) => {
  parentPort.postMessage(tasks.map((task) => readBlocks(tools, task)))
})
`
