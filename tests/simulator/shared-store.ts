import type {
  Backend,
  BackendCall,
  BackendLeases,
  BackendRecord,
} from '../../src/contracts/backend.ts'
import type { History } from './history.ts'
import type { Machine } from './machine.ts'
import type { Weather } from './plan.ts'
import type { Random } from './random.ts'
import type { Scheduler } from './scheduler.ts'

/** What every machine reaches over the network. Its own work takes no time: what takes time is the way. */
export class SharedStore {
  readonly #records = new Map<string, BackendRecord>()
  readonly #leases = new Map<string, { readonly token: string; readonly until: number }>()
  readonly #scheduler: Scheduler
  #tokens = 0

  constructor(scheduler: Scheduler) {
    this.#scheduler = scheduler
  }

  find(key: string): BackendRecord | undefined {
    const record = this.#records.get(key)
    if (record === undefined || record.expiresAt > this.#scheduler.now) return record
    this.#records.delete(key)
    return undefined
  }

  get(key: string): BackendRecord | undefined {
    const record = this.find(key)
    return record && { ...record, bytes: new Uint8Array(record.bytes) }
  }

  put(key: string, record: BackendRecord): void {
    if (record.expiresAt <= this.#scheduler.now) this.#records.delete(key)
    else this.#records.set(key, { ...record, bytes: new Uint8Array(record.bytes) })
  }

  remove(key: string): boolean {
    return this.find(key) !== undefined && this.#records.delete(key)
  }

  /** Drops records for want of room: `key`, and every mark that it may drop. */
  evict(key: string): void {
    for (const [one, { isPinned }] of this.#records)
      if (isPinned !== true && (one === key || !one.includes(':e:'))) this.#records.delete(one)
  }

  acquire(name: string, ttl: number): string | undefined {
    const now = this.#scheduler.now
    const lease = this.#leases.get(name)
    if (lease !== undefined && lease.until > now) return undefined
    this.#tokens += 1
    const token = String(this.#tokens)
    this.#leases.set(name, { token, until: now + ttl })
    return token
  }

  renew(name: string, token: string, ttl: number): boolean {
    if (this.#leases.get(name)?.token !== token) return false
    this.#leases.set(name, { token, until: this.#scheduler.now + ttl })
    return true
  }

  release(name: string, token: string): void {
    if (this.#leases.get(name)?.token === token) this.#leases.delete(name)
  }
}

interface LinkParts {
  readonly store: SharedStore
  readonly machine: Machine
  readonly history: History
  readonly scheduler: Scheduler
  readonly weather: Weather
  readonly random: Random
  readonly timeout: number
}

/** A call that hangs ends after so many milliseconds at the latest, long after its deadline. */
const longestHang = 1_500

/** What one machine has of the shared store: a backend over a network that delays, loses and cuts. */
export function storeLink(parts: LinkParts, canSwap: boolean): Backend {
  const { history, machine, store } = parts
  const call = <T>(what: string, key: string, apply: (issued: number) => T): Promise<T> =>
    callOver(parts, `${what} ${key}`, apply)
  const put = (kind: 'set' | 'swap', key: string, record: BackendRecord, issued: number): void => {
    const before = store.find(key)
    store.put(key, record)
    history.landed({ machine, kind, key, bytes: record.bytes, replaced: before?.bytes, issued })
  }
  const leases: BackendLeases = {
    acquire: (name, ttl) => call('acquire', name, () => store.acquire(name, ttl)),
    renew: (name, token, ttl) => call('renew', name, () => store.renew(name, token, ttl)),
    release: (name, token) => call('release', name, () => store.release(name, token)),
  }
  const swap = (
    key: string,
    expected: Uint8Array | undefined,
    record: BackendRecord,
    _call: BackendCall,
  ): Promise<boolean> =>
    call('swap', key, (issued) => {
      if (!begins(store.find(key)?.bytes, expected)) return false
      put('swap', key, record, issued)
      return true
    })
  return {
    kind: 'store',
    isRemote: true,
    isShared: true,
    leases,
    get: (key) => call('get', key, () => store.get(key)),
    getMany: (keys) => call('getMany', keys.join(' '), () => keys.map((key) => store.get(key))),
    set: (key, record) => call('set', key, (issued) => put('set', key, record, issued)),
    add: (key, record) =>
      call('add', key, (issued) => {
        if (store.find(key) !== undefined) return false
        put('swap', key, record, issued)
        return true
      }),
    delete: (key) =>
      call('delete', key, (issued) => {
        const replaced = store.find(key)?.bytes
        const had = store.remove(key)
        history.landed({ machine, kind: 'delete', key, bytes: undefined, replaced, issued })
        return had
      }),
    ...(canSwap ? { swap } : {}),
    close: async () => {},
  }
}

function begins(bytes: Uint8Array | undefined, expected: Uint8Array | undefined): boolean {
  if (bytes === undefined || expected === undefined) return bytes === expected
  return Buffer.from(bytes.subarray(0, expected.length)).equals(expected)
}

function callOver<T>(parts: LinkParts, about: string, apply: (issued: number) => T): Promise<T> {
  const { history, machine, random, scheduler, timeout, weather } = parts
  const way = (): number =>
    random.chance(weather.slow)
      ? random.between(0, weather.longDelay)
      : random.between(0, weather.delay)
  const issued = history.tick()
  const began = scheduler.now
  const [there, back] = [way(), way()]
  const isUnlucky = machine.countCall() || random.chance(weather.fail)
  const isLost = random.chance(weather.failAfter)
  if (there + back >= timeout) machine.trouble(began, began + there + back)
  return new Promise<T>((resolve, reject) => {
    const end = (after: number, settleIt: () => void): void => {
      scheduler.after(after, () => {
        if (machine.isAlive) settleIt()
      })
    }
    const fail = (after: number, why: string): void => {
      machine.trouble(began, scheduler.now + after)
      end(after, () => reject(new Error(`store: ${why} (${about})`)))
    }
    const cut = machine.storeCut
    if (cut === 'refuse') return fail(1, 'refused')
    if (cut === 'hang') return fail(random.between(50, longestHang), 'cut')
    if (isUnlucky) return fail(there, 'failed')
    scheduler.after(there, () => {
      if (machine.storeCut !== undefined && machine.isAlive)
        return fail(random.between(50, longestHang), 'cut on the way')
      const result = apply(issued)
      if (history.isLogged) history.log(`store: ${about} of ${machine.name} = ${told(result)}`)
      if (machine.storeCut !== undefined || isLost) return fail(back, 'answer lost')
      end(back, () => resolve(result))
    })
  })
}

function told(result: unknown): string {
  if (result === undefined || typeof result === 'boolean') return String(result)
  const one = (record: BackendRecord | undefined): string =>
    record === undefined
      ? '-'
      : (Buffer.from(record.bytes).toString('latin1').match(/#\w+#/)?.[0] ??
        Buffer.from(record.bytes).toString('latin1').slice(0, 60))
  if (Array.isArray(result)) return result.map(one).join(' ')
  return typeof result === 'object' ? one(result as BackendRecord) : String(result)
}
