import type { Backend, BackendCall, BackendRecord, Clock } from '../../../src/index.ts'

/** Records that several backends of a test share. */
export type Records = Map<string, BackendRecord>

/** Told before each call; what it returns is waited for, what it throws is what the call rejects with. */
export type BeforeCall = (verb: string, key: string) => void | Promise<void>

export interface TestBackendOptions {
  readonly clock: Clock
  readonly records?: Records
  readonly isRemote?: boolean
  readonly isShared?: boolean
  readonly before?: BeforeCall
  readonly swap?: boolean
}

/** A small backend whose calls a test can hold up or let fail, and which can swap. */
export function testBackend(options: TestBackendOptions): Backend & { readonly records: Records } {
  const { clock, isRemote = false, isShared = true, records = new Map() } = options
  const before = async (verb: string, key: string): Promise<void> => {
    if (key.length > 65_536) throw new RangeError('the key is longer than a backend must take')
    await options.before?.(verb, key)
  }
  const find = (key: string): BackendRecord | undefined => {
    const record = records.get(key)
    return record !== undefined && record.expiresAt > clock.now() ? record : undefined
  }
  const backend: Backend = {
    ...{ kind: 'test', isRemote, isShared },
    async get(key: string) {
      await before('get', key)
      return find(key)
    },
    async getMany(keys: readonly string[]) {
      for (const key of keys) await before('getMany', key)
      return keys.map(find)
    },
    async set(key: string, record: BackendRecord) {
      await before('set', key)
      records.set(key, record)
    },
    async add(key: string, record: BackendRecord) {
      await before('add', key)
      if (find(key) !== undefined) return false
      records.set(key, record)
      return true
    },
    async delete(key: string) {
      await before('delete', key)
      const had = find(key) !== undefined
      records.delete(key)
      return had
    },
    close: () => Promise.resolve(),
  }
  async function swap(
    key: string,
    expected: Uint8Array | undefined,
    record: BackendRecord,
    _call: BackendCall,
  ): Promise<boolean> {
    await before('swap', key)
    const there = find(key)
    if (expected === undefined ? there !== undefined : !beginsWith(there?.bytes, expected))
      return false
    records.set(key, record)
    return true
  }
  return Object.assign(backend, { records }, options.swap === true ? { swap } : {})
}

function beginsWith(bytes: Uint8Array | undefined, start: Uint8Array): boolean {
  if (bytes === undefined || bytes.byteLength < start.byteLength) return false
  return Buffer.from(bytes).subarray(0, start.byteLength).equals(start)
}

/** Bytes of the only entry in a backend. */
export function entryIn(records: Records): Buffer {
  const [record] = [...records].filter(([key]) => key.includes(':e:')).map(([, one]) => one)
  if (record === undefined) throw new Error('there is no entry')
  return Buffer.from(record.bytes)
}
