import type { DiskCacheOptions } from 'holdfast'
import { shardOf } from '../../src/disk/shards.ts'
import { toStoredKey } from '../../src/disk/stored-key.ts'

/** One key, or two that are only ever written together. */
export interface HistoryObject {
  readonly index: number
  readonly name: string
  readonly kind: 'plain' | 'counter' | 'pair' | 'expiring'
  readonly keys: readonly string[]
  /** Where it lies: one transaction changes objects of one shard. */
  readonly shard: number
}

/** What one client is: its handle on the store and what it does with it. */
export interface ClientRole {
  readonly store: Pick<DiskCacheOptions, 'hot' | 'readonly' | 'busyTimeout'>
  readonly mix: 'reader' | 'mixed' | 'writer'
}

/** What one process is. */
export interface ProcessRole {
  readonly name: string
  readonly client: ClientRole
  /** A second client, in a thread. */
  readonly thread?: ClientRole
  /** Whether it has to do without maps, as where koffi is not installed. */
  readonly unmapped?: boolean
}

/** Longer than any transaction of a round, and than a process that gets no processor. */
const busyTimeout = '60s'

function mixed(hot: DiskCacheOptions['hot']): ClientRole {
  return { store: { hot, busyTimeout }, mix: 'mixed' }
}

/** Processes in the order in which they are worth having. */
export const everyRole: readonly ProcessRole[] = [
  { name: 'copies', client: mixed({ share: 'copy' }), thread: mixed({ share: 'frozen' }) },
  { name: 'frozen', client: mixed({ share: 'frozen' }) },
  { name: 'readonly', client: { store: { readonly: true }, mix: 'reader' } },
  { name: 'cold', client: mixed(false) },
  { name: 'small', client: mixed({ maxBytes: 4_000 }) },
  { name: 'unmapped', client: mixed({ share: 'copy' }), unmapped: true },
]

/** A fleet of `count` processes. */
export function fleetOf(count: number): ProcessRole[] {
  return Array.from(
    { length: count },
    (_, index) => everyRole[index % everyRole.length] as ProcessRole,
  )
}

/** Few writers, and many who remember: in which what a killed writer leaves behind can be seen. */
export const watchers: readonly ProcessRole[] = [
  { name: 'writer', client: { store: { hot: {}, busyTimeout }, mix: 'writer' } },
  { name: 'writer', client: { store: { hot: {}, busyTimeout }, mix: 'writer' } },
  { name: 'reader', client: { store: { hot: { share: 'frozen' } }, mix: 'reader' } },
  { name: 'reader', client: { store: { hot: {} }, mix: 'reader' } },
  { name: 'cold', client: { store: { hot: false }, mix: 'reader' } },
  { name: 'unmapped', client: { store: { hot: {} }, mix: 'reader' }, unmapped: true },
]

/** Few enough for everybody to meet everybody. */
export const everyObject = { plain: 8, counter: 3, pair: 3, expiring: 2 } as const

/** The objects of a store with so many shards, 0 for one without. */
export function objectsOf(
  counts: Readonly<Record<HistoryObject['kind'], number>>,
  shards: number,
): HistoryObject[] {
  const objects: HistoryObject[] = []
  for (const kind of ['plain', 'counter', 'pair', 'expiring'] as const) {
    for (let number = 0; number < counts[kind]; number += 1) {
      const name = `${kind}-${number}`
      const keys = kind === 'pair' ? [`${name}-a`, partner(`${name}-a`, shards)] : [name]
      objects.push({ index: objects.length, name, kind, keys, shard: shard(name, keys, shards) })
    }
  }
  return objects
}

/** A key in the same shard: only there two keys can be written at once. */
function partner(key: string, shards: number): string {
  for (let number = 0; ; number += 1) {
    const other = `${key.slice(0, -1)}b${number}`
    if (place(other, shards) === place(key, shards)) return other
  }
}

function shard(name: string, keys: readonly string[], shards: number): number {
  return place(keys[0] ?? name, shards)
}

function place(key: string, shards: number): number {
  return shards === 0 ? 0 : shardOf(toStoredKey(key), shards)
}
