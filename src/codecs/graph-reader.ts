import { types } from 'node:util'
import { HoldfastError } from '../contracts/errors.ts'
import { type ErrorClassName, errorClasses } from './built-in-types.ts'
import type { GraphCodecs } from './graph.ts'
import { extra } from './graph-message.ts'
import { setOwn } from './own-property.ts'
import { isPlainCodec } from './plain-codec.ts'
import { maxDepth } from './refusal.ts'

const noMeta = new Uint8Array(0)

/** What an extra became, or that it is on its way. */
const waiting = Symbol('waiting')

/** Puts the extras of one message back into their places. Nothing in a message is trusted. */
export class GraphReader {
  readonly #codecs: GraphCodecs
  readonly #seen = new Set<object>()
  readonly #made = new Map<number, unknown>()
  #extras: readonly unknown[] = []
  /** Bytes of extras that were used: each belongs to one, or a few could ask for many copies. */
  readonly #used = new Set<unknown>()
  #depth = 0
  #nesting = 0

  constructor(codecs: GraphCodecs) {
    this.#codecs = codecs
  }

  /** @throws HoldfastError `ERR_CORRUPT`, `ERR_UNSUPPORTED_VALUE` for an unknown codec; whatever a codec throws. */
  read(message: unknown): unknown {
    const [root, extras, bare, patterns] = list(message)
    this.#extras = list(extras)
    for (const object of list(bare)) Object.setPrototypeOf(object, null)
    const indexes = list(patterns)
    for (let at = 0; at + 1 < indexes.length; at += 2) {
      const [pattern, index] = [indexes[at], indexes[at + 1]]
      if (!types.isRegExp(pattern) || typeof index !== 'number') throw damaged('a pattern')
      pattern.lastIndex = index
    }
    return this.#resolved(root)
  }

  /** `value`, or what it stands for; with what it stands for in its members too. */
  #resolved(value: unknown): unknown {
    if (typeof value !== 'object' || value === null) return value
    if (types.isNumberObject(value)) return this.#extra(Number(value))
    if (this.#seen.has(value)) return value
    this.#seen.add(value)
    this.#depth += 1
    // Extras within extras: as deep as a value and all its codecs may be.
    if (this.#depth > 3 * maxDepth) throw damaged('nesting')
    if (types.isMap(value)) this.#fillMap(value)
    else if (types.isSet(value)) this.#fillSet(value)
    else if (!ArrayBuffer.isView(value) && !types.isRegExp(value)) this.#fillRecord(value)
    this.#depth -= 1
    return value
  }

  #fillRecord(record: object): void {
    for (const name of Object.keys(record)) {
      const before = (record as Record<string, unknown>)[name]
      const after = this.#resolved(before)
      if (after !== before) setOwn(record, name, after)
    }
  }

  #fillMap(map: Map<unknown, unknown>): void {
    const members = [...map]
    map.clear()
    for (const [name, member] of members) map.set(this.#resolved(name), this.#resolved(member))
  }

  #fillSet(set: Set<unknown>): void {
    const members = [...set]
    set.clear()
    for (const member of members) set.add(this.#resolved(member))
  }

  #extra(index: number): unknown {
    const known = this.#made.get(index)
    if (known === waiting) throw damaged('an instance within itself')
    if (known !== undefined || this.#made.has(index)) return known
    this.#made.set(index, waiting)
    this.#nesting += 1
    // Instances within instances: each is a level of the value that was written.
    if (this.#nesting > maxDepth + 1) throw damaged('nesting')
    const made = this.#make(index, list(this.#extras[index]))
    this.#nesting -= 1
    this.#made.set(index, made)
    return made
  }

  #make(index: number, [kind, id, ...parts]: readonly unknown[]): unknown {
    if (kind === extra.error) return this.#error(index, id, parts[0])
    const codec = typeof id === 'string' ? this.#codecs.codecOf(id) : undefined
    if (codec === undefined)
      throw new HoldfastError(
        'ERR_UNSUPPORTED_VALUE',
        'A part of the value was written by a codec that is not known here. Pass the classes and codecs that it was written with to auto().',
      )
    const version = parts[0]
    if (typeof version !== 'number') throw damaged('a version')
    if (kind === extra.plain && isPlainCodec(codec))
      return codec.fromPlain(this.#resolved(parts[1]), version)
    const [, meta = noMeta, bytes] = parts
    if (kind !== extra.bytes || !(bytes instanceof Uint8Array) || !(meta instanceof Uint8Array))
      throw damaged('an extra')
    // A graph is written whole, never as bytes within another; neither is what stands for an instance.
    if (codec.id === 'graph' || (isPlainCodec(codec) && (meta[0] ?? 0) !== 0))
      throw damaged('an extra')
    this.#use(bytes)
    if (meta !== noMeta) this.#use(meta)
    // A copy, because within the message they may lie on any boundary.
    return codec.decode(new Uint8Array(bytes), {
      meta: new Uint8Array(meta),
      version,
    })
  }

  #use(bytes: Uint8Array): void {
    if (this.#used.has(bytes)) throw damaged('an extra')
    this.#used.add(bytes)
  }

  #error(index: number, type: unknown, properties: unknown): Error {
    if (typeof type !== 'string' || !Object.hasOwn(errorClasses, type)) throw damaged('an error')
    const error = shell(type as ErrorClassName)
    // Before its properties: they may lead back to it.
    this.#made.set(index, error)
    for (const name of Reflect.ownKeys(error)) Reflect.deleteProperty(error, name)
    const parts = list(properties)
    for (let at = 0; at + 2 < parts.length; at += 3) {
      const name = parts[at]
      if (typeof name !== 'string') throw damaged('a property')
      const value = this.#resolved(parts[at + 1])
      const enumerable = parts[at + 2] === true
      Object.defineProperty(error, name, {
        value,
        enumerable,
        writable: true,
        configurable: true,
      })
    }
    return error
  }
}

function shell(type: ErrorClassName): Error {
  return type === 'AggregateError' ? new AggregateError([]) : new errorClasses[type]()
}

function list(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value
  throw damaged('a list')
}

function damaged(what: string): HoldfastError {
  return new HoldfastError(
    'ERR_CORRUPT',
    `The value is no graph of ours: ${what} is not as we write it.`,
  )
}
