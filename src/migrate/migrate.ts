import { existsSync, realpathSync } from 'node:fs'
import { basename, dirname, join, resolve, sep } from 'node:path'
import { type Clock, systemClock } from '../contracts/clock.ts'
import { HoldfastError } from '../contracts/errors.ts'
import { checkOptionNames, invalidOption, oneOf } from '../util/options.ts'
import { type CopyOptions, copyStore } from './copy-store.ts'
import { findStores } from './detect.ts'
import { type OpenedStore, openSource } from './open-source.ts'
import { type MigratedStore, type MigrateReport, newTally, type Tally } from './report.ts'
import { SeenKeys } from './seen-keys.ts'
import { Snapshot } from './snapshot.ts'
import { openTarget } from './target-store.ts'

/** Options of {@link migrate}. */
export interface MigrateOptions {
  /** Deletes from the source what the target has for certain, batch by batch after its commit. @default false: the source is only read */
  readonly drop?: boolean | undefined
  /** Whether a diskcache source was written through `JSONDisk`, which it does not record. @default guessed from its keys */
  readonly jsonDisk?: boolean | undefined
  /** Whether a cache (with expiry and tags) or an index (without) is made. @default guessed: what never evicts and has neither time nor tag becomes an index */
  readonly as?: 'cache' | 'index' | undefined
  /** Stops after the batch at hand; what was copied stays, and another run continues. */
  readonly signal?: AbortSignal | undefined
  /** By which time entries are expired. @default the machine's clock */
  readonly clock?: Clock | undefined
}

/**
 * Copies the cache in `source` (made by Python's diskcache or SciQLop) into a new store at `target`, with times and tags.
 * Every entry arrives or is named in the report with the reason. The source is only read, unless `drop` is given. May be
 * run again, after it was interrupted or to bring what is new: what the target has is never changed.
 *
 * Pickled values are read as data and never run; see `docs/migrating.md` for what becomes of which type.
 *
 * @throws HoldfastError `ERR_FOREIGN_DIRECTORY` if `source` is no cache (then no target is made), `ERR_CORRUPT` if its
 * database is damaged, `ERR_BUSY` if somebody keeps writing to it; `ERR_INVALID_OPTION`; as opening the target does.
 * @example
 * const { opensWith, copied, skipped } = await migrate('old-python-cache', 'cache')
 */
export async function migrate(
  source: string,
  target: string,
  options: MigrateOptions = {},
): Promise<MigrateReport> {
  const resolved = resolveOptions(options)
  const found = findStores(checkPath('source', source))
  const directory = resolve(checkPath('target', target))
  checkApart(found.root, directory)
  options.signal?.throwIfAborted()
  using snapshot = new Snapshot(directory)
  using opened = openSource(found.stores, snapshot, resolved)
  const tally = newTally()
  const stores: MigratedStore[] = []
  for (const store of opened.stores) {
    stores.push(
      await copyOne(store, found.root, join(directory, store.place), snapshot, tally, resolved),
    )
  }
  const [first] = stores as [MigratedStore]
  const { kind, opensWith, jsonDisk } = first
  return { kind, source: found.root, target: directory, opensWith, jsonDisk, ...tally, stores }
}

interface Resolved extends CopyOptions {
  readonly jsonDisk: boolean | undefined
  readonly as: 'cache' | 'index' | undefined
}

async function copyOne(
  store: OpenedStore,
  root: string,
  directory: string,
  snapshot: Snapshot,
  whole: Tally,
  options: Resolved,
): Promise<MigratedStore> {
  using target = openTarget(directory, store, {
    clock: options.clock,
    durability: options.drop ? 'machine' : 'process',
  })
  using seen = new SeenKeys(snapshot.folder)
  const tally: Tally = { ...newTally(), skipped: whole.skipped, changed: whole.changed }
  await copyStore(store, target, seen, tally, options)
  const { entries, copied, existing, expired, dropped } = tally
  whole.entries += entries
  whole.copied += copied
  whole.existing += existing
  whole.expired += expired
  whole.dropped += dropped
  const { kind, jsonDisk } = store
  const counts = { entries, copied, existing, expired, dropped }
  return {
    kind,
    source: join(root, store.place),
    target: directory,
    opensWith: target.opensWith,
    jsonDisk,
    ...counts,
  }
}

function resolveOptions(options: MigrateOptions): Resolved {
  checkOptionNames('migrate', options, ['drop', 'jsonDisk', 'as', 'signal', 'clock'])
  const { signal } = options
  if (signal !== undefined && !(signal instanceof AbortSignal))
    throw invalidOption('signal', signal, 'an AbortSignal')
  return {
    drop: checkFlag('drop', options.drop) ?? false,
    jsonDisk: checkFlag('jsonDisk', options.jsonDisk),
    as: checkAs(options.as),
    signal,
    clock: options.clock ?? systemClock,
  }
}

function checkAs(value: unknown): Resolved['as'] {
  return value === undefined
    ? undefined
    : oneOf<'cache' | 'index'>('as', value, ['cache', 'index'], 'cache')
}

function checkFlag(option: string, value: unknown): boolean | undefined {
  if (value === undefined || typeof value === 'boolean') return value
  throw invalidOption(option, value, 'true or false')
}

function checkPath(option: string, value: unknown): string {
  if (typeof value === 'string' && value !== '' && !value.includes('\0')) return value
  throw invalidOption(option, value, 'the path of a directory')
}

/** One inside the other would be changed by reading, or read while it is written. */
function checkApart(source: string, target: string): void {
  const real = realTarget(target)
  if (
    !`${real}${sep}`.startsWith(`${source}${sep}`) &&
    !`${source}${sep}`.startsWith(`${real}${sep}`)
  )
    return
  throw new HoldfastError(
    'ERR_INVALID_OPTION',
    `target: ${target} and the source lie in one another. Give a directory beside the source.`,
  )
}

function realTarget(target: string): string {
  if (existsSync(target)) return realpathSync(target)
  const parent = dirname(target)
  return parent === target ? target : join(realTarget(parent), basename(target))
}
