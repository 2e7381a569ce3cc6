import type { Key } from '../contracts/key.ts'
import type { CacheCore } from './cache-core.ts'
import { type Finder, type Fit, type Lookup, misfit } from './finder.ts'
import type { Item } from './item.ts'
import type { KeyRef, KeySpace } from './key-ref.ts'
import type { Loader } from './load-job.ts'
import type { LoadCall } from './load-options.ts'
import type { Loads } from './loads.ts'
import type { Looked } from './looked.ts'
import { NotFound } from './not-found.ts'
import { loadTimeout, nothing, type Outcome, taken } from './outcome.ts'
import { type Ended, waitWith } from './patience.ts'

/** Reads, and loads what is not there: who gets what, and when. The load itself is in `loads.ts`. */
export class GetOrSet {
  readonly #core: CacheCore
  readonly #loads: Loads

  constructor(core: CacheCore, loads: Loads) {
    this.#core = core
    this.#loads = loads
  }

  /** The value of a key, or its promise: from memory at once if `finder` finds it there. */
  run(finder: Finder, space: KeySpace, key: Key, loader: Loader, call: LoadCall): unknown {
    if (!call.forceFresh && this.#core.starting === undefined) {
      const value = finder.now(space, key)
      if (value !== misfit) {
        if (call.rules.eager !== undefined) {
          const ref = space.ref(key)
          this.#refreshEarly(ref, loader, call, this.#core.stack.memory?.look(ref.id))
        }
        return value
      }
    }
    return this.slow(finder, space.ref(key), loader, call)
  }

  /** As {@link run}, for a key that is not looked for in memory first. */
  async slow(finder: Finder, ref: KeyRef, loader: Loader, call: LoadCall): Promise<unknown> {
    const { signal } = call
    signal?.throwIfAborted()
    if (this.#core.starting !== undefined) await this.#core.starting
    for (;;) {
      const found = await finder.find(ref, signal)
      const { fit } = found
      if (fit?.judged.freshness === 'fresh' && !call.forceFresh) {
        if (fit.judged.item.held === undefined) throw new NotFound(`remembered: '${ref.id}'`)
        this.#refreshEarly(ref, loader, call, fit.judged.item)
        return fit.value
      }
      const stale = fit?.judged.item.held === undefined ? undefined : fit
      if (stale !== undefined && !call.forceFresh && this.#isServedStale(ref, call, stale)) {
        if (!this.#loads.backoffs.has(ref.id))
          this.#refresh(ref, loader, call, { ...found.looked, judged: stale.judged })
        return stale.value
      }
      const value = await this.#load(ref, loader, call, found, stale)
      if (value !== taken && value !== nothing) return value
    }
  }

  async #load(
    ref: KeyRef,
    loader: Loader,
    call: LoadCall,
    found: Lookup,
    stale: Fit | undefined,
  ): Promise<unknown> {
    const { clock } = this.#core
    const { hardTimeout, softTimeout, staleBackoff } = call.rules
    // What does not fit is not for the loader either.
    const looked = { ...found.looked, judged: found.fit?.judged }
    const flight = this.#loads.start({ ref, loader, call, looked, isBackground: false })
    const { leave, result } = flight.join()
    const soft = stale === undefined ? Number.POSITIVE_INFINITY : softTimeout
    const patience = { soft, hard: hardTimeout, signal: call.signal }
    const ended: Ended<Outcome> = await waitWith(result, patience, clock)
    if (ended.how === 'soft') {
      this.#loads.keep(flight, hardTimeout - softTimeout)
      result.catch(() => this.#loads.backoffs.add(ref.id, staleBackoff))
    }
    leave()
    if (ended.how === 'value') return ended.value.take()
    if (ended.how === 'aborted') throw ended.reason
    if (stale !== undefined) {
      // After the soft timeout the load goes on; after the hard one the source has failed.
      if (ended.how !== 'soft') this.#loads.backoffs.add(ref.id, staleBackoff)
      return stale.value
    }
    throw ended.how === 'error' ? ended.error : loadTimeout(hardTimeout)
  }

  /** Whether the caller gets the stale value without waiting. */
  #isServedStale(ref: KeyRef, { rules }: LoadCall, { judged }: Fit): boolean {
    if (this.#loads.backoffs.has(ref.id)) return true
    if (rules.swr === 0) return false
    return this.#core.clock.now() < judged.item.expiresAt + rules.swr
  }

  /** Refreshes in the background; its failure leaves the source alone for a while. */
  #refresh(ref: KeyRef, loader: Loader, call: LoadCall, looked: Looked | undefined): void {
    const work: Loader = async (context) => {
      try {
        return await loader(context)
      } catch (error) {
        this.#loads.backoffs.add(ref.id, call.rules.staleBackoff)
        throw error
      }
    }
    this.#loads.refresh({ ref, loader: work, call, looked, isBackground: true })
  }

  /** Refreshes an entry that is still fresh, if it is near enough to its end. */
  #refreshEarly(ref: KeyRef, loader: Loader, call: LoadCall, item: Item | undefined): void {
    const { eager } = call.rules
    if (eager === undefined || item === undefined || !Number.isFinite(item.expiresAt)) return
    const now = this.#core.clock.now()
    if ('from' in eager) {
      const life = item.expiresAt - item.createdAt
      // Entries that were stored together do not come due together: each read draws within a tenth of the life after `from`.
      const due =
        item.createdAt + life * (eager.from + 0.1 * (1 - eager.from) * this.#core.random())
      if (now < due) return
    } else if (now - (item.cost ?? 0) * eager.beta * Math.log(this.#core.random()) < item.expiresAt)
      return
    if (!this.#loads.backoffs.has(ref.id)) this.#refresh(ref, loader, call, undefined)
  }
}
