import { readStructured } from '../codecs/structured.ts'
import type { EntryInfo, Meta } from '../contracts/entry.ts'
import { HoldfastError } from '../contracts/errors.ts'
import { checkTag } from '../util/check-tag.ts'
import { checkOptionNames, invalidOption, oneOf } from '../util/options.ts'
import { codecName } from './codec-column.ts'
import type { Row, SqlValue } from './driver.ts'
import type { Engine } from './engine.ts'
import { parseTags } from './entries.ts'
import { millisOf } from './stamp.ts'
import { keyOfRow, readableKey, storedKeyOf, textOfRow } from './stored-key.ts'

/** Which entries `list` gives, and in which order. */
export interface ListFilter {
  /** Only text keys that begin so. */
  readonly prefix?: string | undefined
  /** Only entries with this tag. */
  readonly tag?: string | undefined
  /** At most so many. @default all */
  readonly limit?: number | undefined
  /** Only entries behind the one with this id, in the same order: the last id of the page before. */
  readonly after?: string | undefined
  /** Ascending order. @default 'key', which orders by id */
  readonly orderBy?: 'key' | 'created' | 'accessed' | 'size' | undefined
}

const columns = `key, long_key, size, written, coalesce(used, written), expires, tags, codec, description, meta`

/** Unique places: what the order is by, then what tells equals apart. The whole text of a key is in `long_key` if it is long. */
const text = 'coalesce(long_key, key)'
const orders = {
  key: text,
  created: 'written',
  accessed: 'coalesce(used, written)',
  size: 'size',
} as const

/** What is known of live entries, without their values. */
export function listEntries(engine: Engine, filter: ListFilter = {}): EntryInfo[] {
  return listShards([engine], filter)
}

/** As {@link listEntries}, over several stores in one order. */
export function listShards(engines: readonly Engine[], filter: ListFilter = {}): EntryInfo[] {
  checkOptionNames('list', filter, ['prefix', 'tag', 'limit', 'after', 'orderBy'])
  const orderBy = oneOf('orderBy', filter.orderBy, ['key', 'created', 'accessed', 'size'], 'key')
  const limit = limitOf(filter.limit)
  const place = placeAfter(engines, filter.after, orderBy)
  const rows = engines.flatMap((engine) => selectTrusted(engine, filter, orderBy, place, limit))
  if (engines.length > 1) rows.sort(byPlace)
  // A row whose key nobody can read is no entry; check() reports it.
  const listed = rows.filter((row) => readableKey(row[0], row[1]) !== undefined)
  return (limit < 0 ? listed : listed.slice(0, limit)).map(toInfo)
}

/** A place in an order: what it is by, then the text of the key. */
type Place = readonly [by: SqlValue, text: Uint8Array]

/** The rows that may be believed: in a store that signs, what others wrote into it is not told. */
function selectTrusted(
  engine: Engine,
  filter: ListFilter,
  orderBy: keyof typeof orders,
  start: Place | undefined,
  limit: number,
): Row[] {
  if (engine.signatures === undefined) return select(engine, filter, orderBy, start, limit)
  const trusted: Row[] = []
  for (let place = start; ; ) {
    const rows = select(engine, filter, orderBy, place, limit)
    trusted.push(...rows.filter((row) => engine.rows.has(storedKeyOf(row[0], row[1]))))
    const last = rows.at(-1)
    if (last === undefined || limit < 0 || trusted.length >= limit) return trusted
    place = [last.at(-2) as SqlValue, last.at(-1) as Uint8Array]
  }
}

function select(
  engine: Engine,
  filter: ListFilter,
  orderBy: keyof typeof orders,
  place: Place | undefined,
  limit: number,
): Row[] {
  const where: string[] = ['(expires IS NULL OR expires > ?)']
  const parameters: SqlValue[] = [engine.now()]
  addPrefix(filter.prefix, where, parameters)
  if (filter.tag !== undefined) {
    checkTag(filter.tag)
    where.push('id IN (SELECT id FROM tags WHERE tag = ?)')
    parameters.push(filter.tag)
  }
  if (place !== undefined) {
    where.push(`(${orders[orderBy]}, ${text}) > (?, ?)`)
    parameters.push(...place)
  }
  const order = `ORDER BY ${orders[orderBy]}, ${text} LIMIT ?`
  const sql = `SELECT ${columns}, ${orders[orderBy]}, ${text} FROM entries WHERE ${where.join(' AND ')} ${order}`
  return engine.connection.rows(sql, ...parameters, limit)
}

/** By the last two columns of {@link select}. */
function byPlace(a: Row, b: Row): number {
  const [byA, byB] = [a.at(-2), b.at(-2)]
  if (typeof byA === 'number' && typeof byB === 'number' && byA !== byB) return byA - byB
  return Buffer.compare(a.at(-1) as Uint8Array, b.at(-1) as Uint8Array)
}

/** Everything but the value of one entry's row, whose columns are {@link infoColumns}. */
export function toInfo(row: Row): EntryInfo {
  const [key, long, size, written, accessed, expires, tags, codec, description, meta] = row
  return {
    id: textOfRow(key, long),
    key: keyOfRow(key, long),
    size: size as number,
    createdAt: millisOf(written as number),
    accessedAt: millisOf(accessed as number),
    expiresAt: (expires as number | null) ?? Number.POSITIVE_INFINITY,
    tags: parseTags(tags as string | null),
    codec: codecName(codec as number | string),
    ...(description === null ? {} : { description: description as string }),
    ...(meta === null ? {} : readMeta(meta)),
  }
}

/** Meta data that somebody changed is left out; it is read as carefully as values are. */
function readMeta(meta: unknown): { meta?: Meta } {
  try {
    return { meta: readStructured(meta as Uint8Array, false) as Meta }
  } catch {
    return {}
  }
}

/** The columns that {@link toInfo} reads, in their order. */
export const infoColumns: string = columns

function limitOf(limit: unknown): number {
  if (limit === undefined || limit === Number.POSITIVE_INFINITY) return -1
  if (typeof limit === 'number' && Number.isSafeInteger(limit) && limit >= 0) return limit
  throw invalidOption('limit', limit, 'a whole number from 0 up')
}

function addPrefix(prefix: unknown, where: string[], parameters: SqlValue[]): void {
  if (prefix === undefined) return
  if (typeof prefix !== 'string' || !prefix.isWellFormed())
    throw invalidOption('prefix', prefix, 'a string')
  const bytes = Buffer.from(`s${prefix}`, 'utf8')
  // Short keys by the range that the index knows, long ones (which begin with `#`) by their whole text.
  where.push(
    `(key >= ? AND key < ? OR key >= x'23' AND key < x'24' AND substr(long_key, 1, ?) = ?)`,
  )
  parameters.push(bytes, Buffer.concat([bytes, Buffer.of(0xff)]), bytes.length, bytes)
}

function placeAfter(
  engines: readonly Engine[],
  after: unknown,
  orderBy: keyof typeof orders,
): Place | undefined {
  if (after === undefined) return undefined
  if (typeof after !== 'string') throw invalidOption('after', after, 'the id of an entry')
  const id = Buffer.from(after, 'utf8')
  if (orderBy === 'key') return [id, id]
  for (const engine of engines) {
    const row = engine.connection.row(
      `SELECT ${orders[orderBy]} FROM entries WHERE ${text} = ?`,
      id,
    )
    if (row !== undefined) return [row[0] as SqlValue, id]
  }
  throw new HoldfastError(
    'ERR_INVALID_OPTION',
    `after: the entry '${after.slice(0, 60)}' is gone, so its place by '${orderBy}' is not known. Order by 'key', or begin again.`,
  )
}
