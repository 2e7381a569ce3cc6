import { types } from 'node:util'
import type { Codec } from '../contracts/codec.ts'
import { elementTypeOf, type TypedArray } from './element-type.ts'
import { MessagePackOutput } from './msgpack-output.ts'
import { maxDepth } from './refusal.ts'
import { hasOwnNames, isTagged } from './walk.ts'

export interface WriterOptions {
  /** The codec of its own that keeps an object, which MessagePack then does not. @default none has one */
  readonly codecFor?: ((value: object) => Codec | undefined) | undefined
  /** Whether {@link codecFor} may have one for plain objects and arrays too. @default false */
  readonly isForAll?: boolean | undefined
  /** Whether a part that is shared is written once for each place. @default false: then MessagePack does not keep the value */
  readonly isTree?: boolean | undefined
}

/** Thrown inwards at the first part that MessagePack does not keep. */
const notKept = Symbol('not kept')

/** Written into again and again. While it is in use, an accessor of the value may store another value: that takes a new one. */
let spare: MessagePackOutput | undefined

/**
 * The MessagePack of `value`; `undefined` if it would lose something. Checking and writing are one pass, because this is the way
 * of most values, and a walk before a packer that knows nothing of it costs half as much again.
 */
export function writeMessagePack(value: unknown, options: WriterOptions): Uint8Array | undefined {
  const output = spare ?? new MessagePackOutput()
  spare = undefined
  try {
    new Writer(output, options).value(value, 0)
    return output.take()
  } catch (error) {
    if (error === notKept) return undefined
    throw error
  } finally {
    output.reset()
    spare = output
  }
}

class Writer {
  readonly #output: MessagePackOutput
  readonly #options: WriterOptions
  readonly #seen: Set<object> | undefined

  constructor(output: MessagePackOutput, options: WriterOptions) {
    this.#output = output
    this.#options = options
    this.#seen = options.isTree === true ? undefined : new Set()
  }

  value(value: unknown, depth: number): void {
    const output = this.#output
    switch (typeof value) {
      case 'string':
        if (!output.string(value)) throw notKept
        return
      case 'number':
        output.number(value)
        return
      case 'boolean':
        output.boolean(value)
        return
      case 'undefined':
        output.undefined()
        return
      case 'object':
        if (value === null) output.null()
        else this.#object(value, depth)
        return
      case 'bigint':
        if (!output.bigint(value)) throw notKept
        return
      default:
        throw notKept
    }
  }

  #object(value: object, depth: number): void {
    if (depth > maxDepth) throw notKept
    if (this.#seen !== undefined) {
      const { size } = this.#seen
      if (this.#seen.add(value).size === size) throw notKept
    }
    const prototype: unknown = Object.getPrototypeOf(value)
    const isRecord = prototype === Object.prototype && !isTagged(value)
    const isList = prototype === Array.prototype && Array.isArray(value)
    const isAsked = this.#options.isForAll === true || !(isRecord || isList)
    if (isAsked && this.#options.codecFor?.(value) !== undefined) throw notKept
    if (isRecord) this.#record(value as Readonly<Record<string, unknown>>, depth)
    else if (isList) this.#list(value, depth)
    else this.#other(value, prototype, depth)
  }

  #record(value: Readonly<Record<string, unknown>>, depth: number): void {
    if (Object.getOwnPropertySymbols(value).length > 0) throw notKept
    const start = this.#output.beginMap()
    let count = 0
    // Not Object.keys, which takes three times as long; a plain object inherits nothing that could be met here.
    for (const name in value) {
      if (name === '__proto__' || !this.#output.string(name)) throw notKept
      this.value(value[name], depth + 1)
      count += 1
    }
    this.#output.endMap(start, count)
  }

  #list(value: readonly unknown[], depth: number): void {
    if (hasOwnNames(value)) throw notKept
    this.#output.list(value.length)
    for (let index = 0; index < value.length; index += 1) {
      const member = value[index]
      if (member === undefined && !(index in value)) throw notKept
      this.value(member, depth + 1)
    }
  }

  #other(value: object, prototype: unknown, depth: number): void {
    if (prototype === Buffer.prototype && Buffer.isBuffer(value)) {
      this.#output.buffer(value)
      return
    }
    const type = elementTypeOf(value)
    if (type !== undefined) this.#output.elements(type, value as TypedArray)
    else if (prototype === Date.prototype && types.isDate(value) && isBare(value))
      this.#output.date(value)
    else if (prototype === Set.prototype && types.isSet(value) && isBare(value)) {
      this.#output.set()
      this.#list([...value], depth)
    } else throw notKept
  }
}

function isBare(value: object): boolean {
  return Reflect.ownKeys(value).length === 0
}
