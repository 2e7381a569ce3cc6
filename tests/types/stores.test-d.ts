import { describe, expectTypeOf, it } from 'vitest'
import {
  type ByteSize,
  type CheckReport,
  DiskCache,
  type DiskCacheOptions,
  DiskIndex,
  type Duration,
  type Entry,
  type EntryInfo,
  type Key,
  type Lock,
  type MappedValue,
  type SetOptions,
  ShardedDiskCache,
  ShardedDiskIndex,
} from '../../src/index.ts'

interface User {
  name: string
}

declare const users: DiskCache<User>
declare const anything: DiskCache
declare const sharded: ShardedDiskCache<User>

describe('DiskCache<V>', () => {
  it('reads V, or what the call says', () => {
    expectTypeOf(users.get('a')).toEqualTypeOf<User | undefined>()
    expectTypeOf(users.get<number>('a')).toEqualTypeOf<number | undefined>()
    expectTypeOf(anything.get('a')).toEqualTypeOf<unknown>()
    expectTypeOf(anything.get<string>('a')).toEqualTypeOf<string | undefined>()
    expectTypeOf(users.getEntry('a')).toEqualTypeOf<Entry<User> | undefined>()
    expectTypeOf(users.pop('a')).toEqualTypeOf<User | undefined>()
    expectTypeOf(users.getMany(['a'])).toEqualTypeOf<Map<Key, User>>()
    expectTypeOf(users.values()).toEqualTypeOf<IterableIterator<User>>()
    expectTypeOf(users.entries()).toEqualTypeOf<IterableIterator<[Key, User]>>()
    expectTypeOf(users.keys()).toEqualTypeOf<IterableIterator<Key>>()
  })

  it('stores V only', () => {
    expectTypeOf(users.set).parameter(1).toEqualTypeOf<User>()
    expectTypeOf(users.set).returns.toEqualTypeOf<void>()
    expectTypeOf(users.setAsync).returns.toEqualTypeOf<Promise<void>>()
    expectTypeOf(users.add).returns.toEqualTypeOf<boolean>()
    // @ts-expect-error: a number is no user
    users.set('a', 1)
    // @ts-expect-error: a user has a name
    users.setMany([['a', {}]])
  })

  it('infers what is computed and loaded', () => {
    expectTypeOf(users.getOrSet('a', () => ({ name: 'x' }))).toExtend<User>()
    expectTypeOf(anything.getOrSet('a', () => 1)).toEqualTypeOf<number>()
    expectTypeOf(anything.load('a', async () => 1)).toEqualTypeOf<Promise<number>>()
    expectTypeOf(anything.transact(() => 'x')).toEqualTypeOf<string>()
    expectTypeOf(anything.update<number>('a', (old) => (old ?? 0) + 1)).toEqualTypeOf<number>()
    users.update('a', (old) => {
      expectTypeOf(old).toEqualTypeOf<User | undefined>()
      return { name: 'x' }
    })
  })

  it('returns what the contract says', () => {
    expectTypeOf(users.size).toEqualTypeOf<number>()
    expectTypeOf(users.list()).toEqualTypeOf<EntryInfo[]>()
    expectTypeOf(users.check()).toEqualTypeOf<CheckReport>()
    expectTypeOf(users.map('a')).toEqualTypeOf<MappedValue | undefined>()
    expectTypeOf(users.lock('a')).toEqualTypeOf<Promise<Lock>>()
    expectTypeOf(users.incr('a')).toEqualTypeOf<number>()
    expectTypeOf(users.touch('a')).toEqualTypeOf<boolean>()
    expectTypeOf(users.evictTag('a')).toEqualTypeOf<number>()
    expectTypeOf(users.backup('a')).toEqualTypeOf<Promise<void>>()
    expectTypeOf(users).toExtend<Disposable>()
  })
})

describe('the other stores', () => {
  it('have the same types', () => {
    const index: DiskIndex<User> = {} as DiskIndex<User>
    expectTypeOf(index.get('a')).toEqualTypeOf<User | undefined>()
    expectTypeOf(sharded.get('a')).toEqualTypeOf<User | undefined>()
    expectTypeOf(sharded.transact('a', () => 1)).toEqualTypeOf<number>()
    expectTypeOf(new ShardedDiskIndex<User>('a').get('a')).toEqualTypeOf<User | undefined>()
    // @ts-expect-error: a sharded transaction needs the key whose shard it is in
    sharded.transact(() => 1)
    // @ts-expect-error: an index has no expiry
    index.touch('a')
    new ShardedDiskCache('a', { shards: 4, maxBytes: '1GiB' })
    // @ts-expect-error: an index has no ttl
    new DiskIndex('a', { ttl: 1 })
  })
})

describe('options', () => {
  it('are readonly, and take undefined', () => {
    expectTypeOf<DiskCacheOptions['maxBytes']>().toEqualTypeOf<ByteSize | undefined>()
    expectTypeOf<DiskCacheOptions['ttl']>().toEqualTypeOf<Duration | undefined>()
    expectTypeOf<{ ttl: undefined; tags: readonly string[] }>().toExtend<SetOptions>()
    const options: SetOptions = { ttl: '5m' }
    // @ts-expect-error: options cannot be assigned
    options.ttl = 5
    // @ts-expect-error: there is no such policy
    new DiskCache('a', { eviction: 'random' })
  })
})

describe('Key', () => {
  it('takes what has a canonical form, and nothing else', () => {
    expectTypeOf<string>().toExtend<Key>()
    expectTypeOf<readonly [number, { a: Date; b: undefined }]>().toExtend<Key>()
    expectTypeOf<Uint8Array>().toExtend<Key>()
    expectTypeOf<symbol>().not.toExtend<Key>()
    expectTypeOf<undefined>().not.toExtend<Key>()
    expectTypeOf<() => void>().not.toExtend<Key>()
  })
})
