import { createHash } from 'node:crypto'
import type { Backend, BackendCall, BackendRecord } from '../contracts/backend.ts'
import { wrap } from '../frame/frame.ts'
import type { ValueFormat } from '../frame/value-format.ts'
import { type EnvelopeFields, encodeFields, writeEnvelope } from './envelope.ts'
import type { Item } from './item.ts'
import { ItemReader } from './item-reader.ts'
import { readMark, writeMark } from './mark-record.ts'
import { type Mark, mergeMarks } from './markers.ts'
import type { TierContext } from './tier.ts'
import { type EntryOp, idOf, type Op, stampOf } from './tier-op.ts'

export interface TierStorageParts {
  readonly name: string
  readonly backend: Backend
  readonly format: ValueFormat
  /** Longest life in this tier, in milliseconds. */
  readonly ttl: number
  readonly context: TierContext
}

/** What is said to the backend of a tier: items and marks as records, under keys of their own. */
export class TierStorage {
  readonly #parts: TierStorageParts
  readonly #reader: ItemReader
  readonly #prefix: string

  constructor(parts: TierStorageParts) {
    this.#parts = parts
    this.#prefix = `${parts.context.cache}:`
    this.#reader = new ItemReader(parts.format, parts.context.holder)
  }

  keyOf(id: string): string {
    if (id.length <= longestId) return `${this.#prefix}e:${id}`
    return `${this.#prefix}l:${createHash('sha256').update(id).digest('base64url')}`
  }

  markKey(name: string): string {
    return `${this.#prefix}m:${name}`
  }

  get signKey(): string {
    return `${this.#prefix}marks`
  }

  open(id: string, record: BackendRecord | undefined): Item | undefined {
    if (record === undefined) return undefined
    try {
      return this.#reader.read(id, record.bytes)
    } catch (error) {
      this.#parts.context.onUnreadable(id, this.#parts.name, error)
      return undefined
    }
  }

  /** Puts `item` in the place of `seen`, if that still stands there. The backend must have `swap`. */
  async replace(
    key: string,
    item: Item,
    seen: Item | undefined,
    call: BackendCall,
  ): Promise<boolean> {
    const { backend } = this.#parts
    const record = await this.record(item)
    // What was read is known by all that stands beside its value.
    const expected = seen === undefined ? undefined : encodeFields(fieldsOf(seen))
    if ((await backend.swap?.(key, expected, record, call)) === true) return true
    if (seen !== undefined) return false
    // Nothing was seen where something stands: unless it came since, it cannot be read.
    const there = await backend.get(key, call)
    if (there === undefined || this.#isReadable(item.id, there)) return false
    return (await backend.swap?.(key, there.bytes, record, call)) === true
  }

  #isReadable(id: string, { bytes }: BackendRecord): boolean {
    try {
      this.#reader.read(id, bytes)
      return true
    } catch {
      return false
    }
  }

  async record(item: Item): Promise<BackendRecord> {
    const { context, format, ttl } = this.#parts
    const end = Math.min(item.staleUntil, context.clock.now() + ttl)
    const fields: EnvelopeFields = {
      ...fieldsOf(item),
      staleUntil: end,
      expiresAt: Math.min(item.expiresAt, end),
    }
    const about = encodeFields(fields)
    if (item.held === undefined) return { bytes: writeEnvelope(about, none), expiresAt: end }
    const encoded = context.holder.encode(item.held, format)
    const sealed = await format.sealAsync(encoded, this.#reader.bound(item.id, about))
    const frame = wrap(sealed.fields, sealed.payload)
    return { bytes: writeEnvelope(about, frame), expiresAt: end }
  }

  async sign(call: BackendCall): Promise<void> {
    const { node, stamp } = this.#parts.context
    const bytes = Buffer.from(`${node} ${stamp()}`)
    const record = { bytes, expiresAt: Number.POSITIVE_INFINITY, isPinned: true }
    await this.#parts.backend.set(this.signKey, record, call)
  }

  /** Adds a mark to what others have marked: where the backend can swap, none of two that come at once is lost. */
  async mergeMark(key: string, mark: Mark, call: BackendCall): Promise<void> {
    const { swap } = this.#parts.backend
    for (;;) {
      const there = (await this.#parts.backend.get(key, call))?.bytes
      const bytes = writeMark(mergeMarks(readMark(there), mark))
      const record = { bytes, expiresAt: Number.POSITIVE_INFINITY, isPinned: true }
      if (swap === undefined) {
        await this.#parts.backend.set(key, record, call)
        return
      }
      if (await swap.call(this.#parts.backend, key, there, record, call)) return
      call.signal.throwIfAborted()
    }
  }

  /**
   * Makes a missed write of an entry good, unless what is there is newer.
   * @param isCurrent whether it still waits.
   * @returns that which is newer.
   */
  async replay(
    key: string,
    op: EntryOp,
    call: BackendCall,
    isCurrent: () => boolean,
  ): Promise<Op | undefined> {
    const { swap } = this.#parts.backend
    const id = idOf(op)
    const own = stampOf(op)
    const isRemoval = op.kind === 'delete' || op.item.staleUntil <= this.#parts.context.clock.now()
    for (;;) {
      const there = await this.#parts.backend.get(key, call)
      if (!isCurrent()) return undefined
      const stamp = there === undefined ? undefined : (this.#reader.stampOf(there.bytes) ?? 0)
      if (stamp !== undefined && stamp > own) {
        const item = this.open(id, there)
        return item === undefined ? undefined : { kind: 'item', item }
      }
      if (isRemoval) {
        if (there === undefined || (await this.#parts.backend.delete(key, call))) break
      } else {
        // One of the same stamp may be what it was before its times were changed: it is written anew.
        const record = await this.record(op.item)
        if (swap === undefined) await this.#parts.backend.set(key, record, call)
        else if (!(await swap.call(this.#parts.backend, key, there?.bytes, record, call))) {
          call.signal.throwIfAborted()
          continue
        }
      }
      break
    }
    // Others may have read and kept what was there until now.
    this.#parts.context.onReplay(id, own)
    return undefined
  }
}

const none = new Uint8Array(0)

/** Backends take keys of 65,536 characters; a longer id is stored under its hash. */
const longestId = 65_000

/** What stands beside the value of an item. */
function fieldsOf(item: Item): EnvelopeFields {
  const { createdAt, expiresAt, staleUntil, tags, node } = item
  const { version, etag, lastModified, description, meta, held, cost } = item
  return {
    createdAt,
    expiresAt,
    staleUntil,
    tags,
    node,
    ...(version === undefined ? {} : { version }),
    ...(etag === undefined ? {} : { etag }),
    ...(lastModified === undefined ? {} : { lastModified }),
    ...(description === undefined ? {} : { description }),
    ...(meta === undefined ? {} : { meta }),
    ...(held === undefined ? { negative: true } : {}),
    ...(cost === undefined ? {} : { cost }),
  }
}
