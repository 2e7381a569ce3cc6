import { describe, expect, it } from 'vitest'
import { memoryBackend } from '../../src/backends/memory.ts'
import { MemoryStore } from '../../src/backends/memory-store.ts'
import type { Backend, BackendLeases, BackendRecord } from '../../src/contracts/backend.ts'
import { backendSuite, manualClock } from '../../src/testing/index.ts'

type Overrides = Partial<Backend> | ((inner: Backend, store: MemoryStore) => Partial<Backend>)

/** `inner` with some of its members replaced; an `undefined` one is missing. */
function altered<T extends object>(inner: T, overrides: Partial<T>): T {
  return new Proxy(inner, {
    get(target, name) {
      if (name in overrides) return overrides[name as keyof T]
      const member: unknown = Reflect.get(target, name)
      return typeof member === 'function' ? member.bind(target) : member
    },
  })
}

function withLeases(change: (leases: BackendLeases) => Partial<BackendLeases>): Overrides {
  return ({ leases }) => ({
    leases: altered(leases as BackendLeases, change(leases as BackendLeases)),
  })
}

const known = new Map<Overrides, Promise<string[]>>()

/** Names of the cases that fail for a memory backend with these changes. */
function failures(overrides: Overrides): Promise<string[]> {
  const found = known.get(overrides) ?? findFailures(overrides)
  known.set(overrides, found)
  return found
}

async function findFailures(overrides: Overrides): Promise<string[]> {
  const clock = manualClock()
  const store = new MemoryStore({ clock })
  const open = async () => {
    const inner = memoryBackend({ store })
    const changes = typeof overrides === 'function' ? overrides(inner, store) : overrides
    return { backend: altered(inner, changes), close: () => inner.close() }
  }
  const failed: string[] = []
  for (const { name, run } of backendSuite({ open, clock })) {
    try {
      await run()
    } catch {
      failed.push(name)
    }
  }
  return failed
}

/** Every key is what `change` makes of it. */
function rekeyed(change: (key: string) => string): Overrides {
  return (inner) => ({
    get: (key, call) => inner.get(change(key), call),
    getMany: (keys, call) => inner.getMany(keys.map(change), call),
    set: (key, record, call) => inner.set(change(key), record, call),
    setMany: (entries, call) =>
      inner.setMany?.(
        entries.map(([key, record]) => [change(key), record] as const),
        call,
      ) ?? Promise.resolve(),
    add: (key, record, call) => inner.add(change(key), record, call),
    delete: (key, call) => inner.delete(change(key), call),
  })
}

/** Every record that is written is what `change` makes of it. */
function rewritten(change: (record: BackendRecord) => BackendRecord): Overrides {
  return (inner) => ({
    set: (key, record, call) => inner.set(key, change(record), call),
  })
}

const planted: Record<string, [Overrides, RegExp]> = {
  'text instead of bytes': [
    rewritten((record) => ({
      ...record,
      bytes: Buffer.from(Buffer.from(record.bytes).toString()),
    })),
    /every byte/,
  ],
  'only the first 64 KiB': [
    rewritten((record) => ({ ...record, bytes: record.bytes.subarray(0, 65_536) })),
    /mebibyte/,
  ],
  'the whole buffer of a part': [
    rewritten((record) => ({ ...record, bytes: new Uint8Array(record.bytes.buffer) })),
    /part of a larger/,
  ],
  'found records without gaps': [
    (inner) => ({
      getMany: async (keys, call) => (await inner.getMany(keys, call)).filter((found) => found),
    }),
    /with gaps/,
  ],
  'each key once': [
    (inner) => ({ getMany: (keys, call) => inner.getMany([...new Set(keys)], call) }),
    /repetitions/,
  ],
  'the order of the store': [
    (inner) => ({ getMany: (keys, call) => inner.getMany(keys.toSorted(), call) }),
    /order of the keys/,
  ],
  'setMany in any order': [
    (inner) => ({
      setMany: async (entries, call) => inner.setMany?.(entries.toReversed(), call),
    }),
    /the last of the same key/,
  ],
  'a look before add': [
    (inner) => ({
      add: async (key, record, call) => {
        if ((await inner.get(key, call)) !== undefined) return false
        await inner.set(key, record, call)
        return true
      },
    }),
    /adds at once/,
  ],
  'add that replaces': [
    (inner) => ({
      add: async (key, record, call) => {
        const wasThere = (await inner.get(key, call)) !== undefined
        await inner.set(key, record, call)
        return !wasThere
      },
    }),
    /add keeps a record only/,
  ],
  'delete that always says yes': [
    (inner) => ({ delete: async (key, call) => (await inner.delete(key, call)) || true }),
    /delete says whether/,
  ],
  'deleteMany that counts keys': [
    (inner) => ({
      deleteMany: async (keys, call) => {
        await inner.deleteMany?.(keys, call)
        return keys.length
      },
    }),
    /deleteMany says how many/,
  ],
  'clear without the end of the prefix': [
    (inner) => ({ clear: async (prefix, call) => inner.clear?.(prefix.slice(0, -1), call) }),
    /clear removes/,
  ],
  'clear of everything': [
    (inner) => ({ clear: async (_, call) => inner.clear?.('', call) }),
    /clear removes/,
  ],
  'records that are not copied': [
    (_, store) => ({ get: async (key) => store.find(key) }),
    /caller’s own/,
  ],
  'bytes kept as they were given': [
    (inner) => {
      const kept = new Map<string, BackendRecord>()
      return {
        set: async (key, record, call) => {
          kept.set(key, record)
          await inner.set(key, record, call)
        },
        get: async (key, call) => (await inner.get(key, call)) && kept.get(key),
      }
    },
    /copy of what was set/,
  ],
  'keys without regard to case': [rekeyed((key) => key.toLowerCase()), /differ in case/],
  'normalised keys': [rekeyed((key) => key.normalize('NFC')), /how Unicode writes/],
  'trimmed keys': [rekeyed((key) => key.trim()), /control character|differ in case/],
  'keys up to NUL': [rekeyed((key) => key.split('\0')[0] ?? ''), /control character/],
  'keys of 250 characters': [rekeyed((key) => key.slice(0, 250)), /65,536/],
  'keys in Latin-1': [rekeyed((key) => Buffer.from(key, 'latin1').toString('latin1')), /emoji/],
  'decoded keys': [rekeyed((key) => key.replaceAll('%25', '%')), /mean something/],
  'no end': [
    rewritten((record) => ({
      ...record,
      expiresAt: Math.max(record.expiresAt, Date.UTC(2027, 0)),
    })),
    /until it ends/,
  ],
  'an end in whole seconds': [
    rewritten((record) => ({
      ...record,
      expiresAt: Math.floor(record.expiresAt / 1_000) * 1_000 + 1,
    })),
    /until it ends|knows when/,
  ],
  'an end that is a millisecond late': [
    rewritten((record) => ({ ...record, expiresAt: record.expiresAt + 1 })),
    /until it ends/,
  ],
  'an end that is a millisecond early': [
    rewritten((record) => ({ ...record, expiresAt: record.expiresAt - 1 })),
    /until it ends/,
  ],
  'the first end for good': [
    (inner) => ({
      set: async (key, record, call) => {
        const before = await inner.get(key, call)
        await inner.set(key, { ...record, expiresAt: before?.expiresAt ?? record.expiresAt }, call)
      },
    }),
    /new end/,
  ],
  'lives of 31 bits': [
    (inner, { clock }) => ({
      set: (key, record, call) => {
        const life = record.expiresAt - clock.now()
        const kept = life === Infinity ? life : life % 2 ** 31
        return inner.set(key, { ...record, expiresAt: clock.now() + kept }, call)
      },
    }),
    /in a month/,
  ],
  'an ended record that leaves the old one': [
    (inner, { clock }) => ({
      set: async (key, record, call) => {
        if (record.expiresAt > clock.now()) await inner.set(key, record, call)
      },
    }),
    /removes what was there/,
  ],
  'the end 0 as none': [
    rewritten((record) => ({ ...record, expiresAt: record.expiresAt || Infinity })),
    /removes what was there/,
  ],
  'time in seconds': [
    (inner) => ({ now: async (call) => ((await inner.now?.(call)) ?? 0) / 1_000 }),
    /now is the time/,
  ],
  'an aborted set that says it is done': [
    (inner) => ({
      set: async (key, record, call) => {
        if (!call.signal.aborted) await inner.set(key, record, call)
      },
    }),
    /aborted before/,
  ],
  'an error of its own for aborted calls': [
    (inner) => ({
      get: async (key, call) => {
        if (call.signal.aborted) throw new Error('aborted')
        return await inner.get(key, call)
      },
    }),
    /aborted before/,
  ],
  'an error of its own for calls that are aborted meanwhile': [
    (inner) => ({
      get: (key, call) =>
        new Promise((resolve, reject) => {
          call.signal.addEventListener('abort', () => reject(new Error('aborted')))
          setImmediate(() => inner.get(key, call).then(resolve, reject))
        }),
    }),
    /aborted meanwhile/,
  ],
  'reads after close': [
    (inner, store) => ({
      get: async (key, call) => inner.get(key, call).catch(() => store.get(key)),
    }),
    /after close rejects/,
  ],
  'a throw after close': [
    (inner) => {
      let isClosed = false
      return {
        close: async () => {
          isClosed = true
          await inner.close()
        },
        get: (key, call) => {
          if (isClosed) throw new Error('closed')
          return inner.get(key, call)
        },
      }
    },
    /after close rejects/,
  ],
  'one close': [
    (inner) => {
      let times = 0
      return {
        close: async () => {
          times += 1
          if (times > 1) throw new Error('closed already')
          await inner.close()
        },
      }
    },
    /close twice/,
  ],
  'close of the store': [
    (inner, store) => ({
      close: async () => {
        store.clear('')
        await inner.close()
      },
    }),
    /outlive the client/,
  ],
  'reads that a client remembers': [
    (inner) => {
      const known = new Map<string, BackendRecord | undefined>()
      return {
        get: async (key, call) => {
          if (!known.has(key)) known.set(key, await inner.get(key, call))
          return known.get(key)
        },
        set: async (key, record, call) => {
          known.delete(key)
          await inner.set(key, record, call)
        },
      }
    },
    /two clients see/,
  ],
  'a lease for everybody': [withLeases(() => ({ acquire: async () => 'token' })), /held by one/],
  'a lease that is renewed by anybody': [
    withLeases(() => ({ renew: async () => true })),
    /somebody else renews/,
  ],
  'a lease that renew leaves as it was': [
    (inner, store) => ({
      leases: altered(inner.leases as BackendLeases, {
        renew: async (name, token) => store.acquire(name, 1) === undefined && token !== '',
      }),
    }),
    /renewed does not run out/,
  ],
  'a lease without an end': [
    withLeases((leases) => ({ acquire: (name, _, call) => leases.acquire(name, 1e12, call) })),
    /runs out/,
  ],
  'leases among the records': [
    (inner, store) => ({
      leases: altered(inner.leases as BackendLeases, {
        acquire: async (name, ttl) => {
          if (store.find(name) !== undefined) return undefined
          store.set(name, { bytes: Buffer.from('token'), expiresAt: store.clock.now() + ttl })
          return 'token'
        },
      }),
    }),
    /records are apart/,
  ],
  'release by name': [
    (inner, store) => {
      const tokens = new Map<string, string>()
      return {
        leases: altered(inner.leases as BackendLeases, {
          acquire: async (name, ttl) => {
            const token = store.acquire(name, ttl)
            if (token !== undefined) tokens.set(name, token)
            return token
          },
          release: async (name) => store.release(name, tokens.get(name) ?? ''),
        }),
      }
    },
    /somebody else renews|lost a lease/,
  ],
  'nothing that is kept': [{ set: async () => {}, add: async () => true }, /gives what was set/],
  'the first record for good': [
    (inner) => ({
      set: async (key, record, call) => {
        await inner.add(key, record, call)
      },
    }),
    /replaces what was there/,
  ],
  'a record where there is none': [
    (inner) => ({
      get: async (key, call) =>
        (await inner.get(key, call)) ?? { bytes: Uint8Array.of(0), expiresAt: Infinity },
    }),
    /never set/,
  ],
  'fixed size': [
    rewritten((record) => ({ ...record, bytes: Buffer.concat([record.bytes, Buffer.of(0)]) })),
    /single zero/,
  ],
  'an error for no keys': [
    (inner) => ({
      getMany: async (keys, call) => {
        if (keys.length === 0) throw new Error('no keys')
        return await inner.getMany(keys, call)
      },
    }),
    /no keys/,
  ],
  'hundred keys at once': [
    (inner) => ({
      getMany: async (keys, call) => await inner.getMany(keys.slice(0, 100), call),
    }),
    /1,000 keys/,
  ],
  'a missing capability': [{ clear: undefined } as never, /said to have|clear removes/],
  'a size for everything': [{ sizeOf: () => 1 }, /sizeOf/],
  'a name that is none': [{ kind: 'My Store' }, /said to have/],
}

describe('the suite for backends', () => {
  it('finds nothing wrong with one that is right', async () => {
    expect(await failures({})).toEqual([])
  })

  it.each(Object.entries(planted))('finds the fault: %s', async (_, [overrides, expected]) => {
    const failed = await failures(overrides)
    expect(failed.length).toBeGreaterThan(0)
    expect(
      failed.some((name) => expected.test(name)),
      failed.join('\n'),
    ).toBe(true)
  })

  it('has a case that fails for each fault alone, and each case fails for some', async () => {
    const found = new Set<string>()
    for (const [overrides] of Object.values(planted))
      for (const name of await failures(overrides)) found.add(name)
    const open = async () => ({ backend: memoryBackend(), close: async () => {} })
    const never = backendSuite({ open })
      .map(({ name }) => name)
      .filter((name) => !found.has(name))
    expect(never).toEqual([])
  })

  it('leaves out what is said to be missing', async () => {
    const open = async () => ({ backend: memoryBackend(), close: async () => {} })
    const all = backendSuite({ open })
    const some = backendSuite({ open, lacks: ['leases', 'sharing', 'clear'] })
    expect(some.length).toBeLessThan(all.length - 10)
    expect(
      some.filter(({ name }) => /lease|client|clear/.test(name)).map(({ name }) => name),
    ).toEqual([])
  })

  it('takes ends that are as exact as is said', async () => {
    const clock = manualClock()
    const store = new MemoryStore({ clock })
    const open = async () => {
      const inner = memoryBackend({ store })
      const set: Backend['set'] = (key, record, call) =>
        inner.set(key, { ...record, expiresAt: Math.floor(record.expiresAt / 1_000) * 1_000 }, call)
      const setMany: Backend['setMany'] = async (entries, call) => {
        for (const [key, record] of entries) await set(key, record, call)
      }
      return { backend: altered(inner, { set, setMany }), close: () => inner.close() }
    }
    for (const { run } of backendSuite({ open, clock, precision: 1_000 })) await run()
  })
})
