import type { CacheCore } from './cache-core.ts'
import type { Item } from './item.ts'
import type { KeyRef } from './key-ref.ts'
import type { LoadCall } from './load-options.ts'

/** How long a lease lasts, and how often it is renewed, in milliseconds. */
const leaseTtl = 10_000
const renewEvery = 3_000
/** Bounds of the wait between two looks, in milliseconds: drawn anew each time, so that waiters do not come together. */
const shortestWait = 15
const longestWait = 60

/** What a load under a lease can come to. */
export interface LockedLoad<T> {
  readonly load: () => Promise<T>
  /** Another process has brought it. */
  readonly found: (item: Item) => T
  /** What can be served if another process takes too long. */
  readonly stale: () => T | undefined
}

/**
 * Lets one process of all that share a tier load a key. For efficiency only: where the tier that leases is down, or its holder
 * takes longer than `lockWait`, a process loads by itself.
 */
export class ClusterLock {
  readonly #core: CacheCore

  constructor(core: CacheCore) {
    this.#core = core
  }

  async run<T>(ref: KeyRef, call: LoadCall, signal: AbortSignal, work: LockedLoad<T>): Promise<T> {
    const tier = this.#core.stack.bytes.findLast(({ backend }) => backend.leases !== undefined)
    const leases = tier?.backend.leases
    if (tier === undefined || leases === undefined) return await work.load()
    const name = `${this.#core.options.name}:${ref.id}`
    const end = this.#core.clock.now() + call.rules.lockWait
    for (;;) {
      let token: string | undefined
      try {
        token = await tier.guard.run('lease', (inner) =>
          leases.acquire(name, leaseTtl, { signal: inner }),
        )
      } catch {
        return await work.load()
      }
      if (token !== undefined) return await this.#holding(tier, name, token, ref, call, work)
      const found = await this.#found(ref)
      if (found !== undefined) return work.found(found)
      if (this.#core.clock.now() >= end) return work.stale() ?? (await work.load())
      await this.#pause(signal)
    }
  }

  async #holding<T>(
    tier: CacheCore['stack']['bytes'][number],
    name: string,
    token: string,
    ref: KeyRef,
    call: LoadCall,
    work: LockedLoad<T>,
  ): Promise<T> {
    const { clock } = this.#core
    const leases = tier.backend.leases
    let timer = clock.setTimeout(renew, renewEvery)
    function renew(): void {
      const renewed = tier.guard.run('renew', (signal) =>
        (leases as NonNullable<typeof leases>).renew(name, token, leaseTtl, { signal }),
      )
      // One that is lost is not missed: what is stored is checked by what was there before.
      renewed.catch(() => {})
      timer = clock.setTimeout(renew, renewEvery)
    }
    try {
      // Whoever had the lease before may have brought it.
      const found = call.forceFresh ? undefined : await this.#found(ref)
      return found === undefined ? await work.load() : work.found(found)
    } finally {
      timer.clear()
      const released = tier.guard.run('release', async (signal) => {
        await leases?.release(name, token, { signal })
      })
      this.#core.background.track(released)
    }
  }

  async #found(ref: KeyRef): Promise<Item | undefined> {
    const { judged } = await this.#core.lookups.lookDeeper(ref, undefined)
    return judged?.freshness === 'fresh' && judged.item.held !== undefined ? judged.item : undefined
  }

  #pause(signal: AbortSignal): Promise<void> {
    const { clock, random } = this.#core
    const ms = shortestWait + (longestWait - shortestWait) * random()
    return new Promise((resolve, reject) => {
      const timer = clock.setTimeout(() => {
        signal.removeEventListener('abort', abort)
        resolve()
      }, ms)
      function abort(): void {
        timer.clear()
        reject(signal.reason)
      }
      if (signal.aborted) abort()
      else signal.addEventListener('abort', abort, { once: true })
    })
  }
}
