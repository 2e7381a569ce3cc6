import { types } from 'node:util'
import type { Codec } from '../contracts/codec.ts'
import { errorClassOf, isIndex, isOtherBytes, isSimpleError } from './built-in-types.ts'
import { elementTypeOf } from './element-type.ts'
import { assertHoles, assertSpare, Expansion } from './expansion.ts'
import type { GraphCodecs } from './graph.ts'
import { type Extra, extra, type GraphMessage } from './graph-message.ts'
import { setOwn } from './own-property.ts'
import { encodedBy } from './plain-codec.ts'
import { maxDepth, refused, tooDeep, unsupported } from './refusal.ts'
import { assertBare } from './walk.ts'

type Names = Record<string, unknown>

/** Copies one value into a {@link GraphMessage}. */
export class GraphWriter {
  readonly #codecs: GraphCodecs
  /** What stands for each object in the copy. */
  readonly #copies = new Map<object, unknown>()
  readonly #extras: Extra[] = []
  readonly #bare: object[] = []
  readonly #patterns: (RegExp | number)[] = []
  readonly #path: (string | number)[] = []
  readonly #expansion = new Expansion()
  /** Those whose codec is still waiting for its parts. */
  readonly #unfinished = new Set<object>()

  constructor(codecs: GraphCodecs) {
    this.#codecs = codecs
  }

  /** @throws HoldfastError `ERR_UNSUPPORTED_VALUE` with the path to what cannot be kept. */
  write(value: unknown): GraphMessage {
    return [this.#copy(value), this.#extras, this.#bare, this.#patterns]
  }

  #copy(value: unknown): unknown {
    if (typeof value === 'function' || typeof value === 'symbol')
      throw unsupported(value, this.#path)
    if (typeof value !== 'object' || value === null) return value
    if (this.#unfinished.has(value))
      throw refused(
        this.#path,
        'the instance of a class is within itself, so that it could not be rebuilt from its parts.',
      )
    const known = this.#copies.get(value)
    if (known !== undefined) return known
    if (this.#path.length + this.#unfinished.size > maxDepth) throw tooDeep()
    return this.#copyObject(value)
  }

  #copyObject(value: object): unknown {
    const prototype: unknown = Object.getPrototypeOf(value)
    const codec = this.#codecs.codecFor(value)
    if (codec !== undefined) return this.#special(value, codec)
    if (prototype === Object.prototype) return this.#record(value as Names, {})
    if (prototype === null) {
      const copy = this.#record(value as Names, {})
      this.#bare.push(copy)
      return copy
    }
    if (prototype === Array.prototype && Array.isArray(value)) return this.#array(value)
    return this.#builtIn(value, prototype)
  }

  #builtIn(value: object, prototype: unknown): unknown {
    const path = () => this.#path
    if (elementTypeOf(value) !== undefined || prototype === Buffer.prototype)
      return this.#same(value)
    if (prototype === Map.prototype && types.isMap(value)) return this.#map(value)
    if (prototype === Set.prototype && types.isSet(value)) return this.#set(value)
    if (prototype === Date.prototype && types.isDate(value)) assertBare(value, path)
    else if (prototype === RegExp.prototype && types.isRegExp(value)) {
      assertBare(value, path, 'lastIndex')
      if (value.lastIndex !== 0) this.#patterns.push(value, value.lastIndex)
    } else if (isOtherBytes(value, prototype)) {
      if (!ArrayBuffer.isView(value)) assertBare(value, path)
      assertSpare(this.#expansion, value, path)
    } else if (errorClassOf(value) !== undefined) {
      if (!isSimpleError(value as Error)) return this.#error(value as Error)
    } else throw unsupported(value, this.#path)
    return this.#same(value)
  }

  #same(value: object): object {
    this.#copies.set(value, value)
    return value
  }

  #record(value: Names, copy: Names): Names {
    this.#copies.set(value, copy)
    this.#refuseSymbols(value)
    for (const name of Object.keys(value)) setOwn(copy, name, this.#member(name, value[name]))
    return copy
  }

  #array(value: readonly unknown[]): unknown[] {
    const copy: unknown[] = []
    this.#copies.set(value, copy)
    this.#refuseSymbols(value)
    const names = Object.keys(value)
    const elements = names.filter(isIndex).length
    assertHoles(this.#expansion, value.length - elements, () => this.#path)
    if (elements < value.length) copy.length = value.length
    for (const name of names) {
      const at = isIndex(name) ? Number(name) : name
      setOwn(copy as unknown as Names, name, this.#member(at, (value as unknown as Names)[name]))
    }
    return copy
  }

  #map(value: ReadonlyMap<unknown, unknown>): Map<unknown, unknown> {
    const copy = new Map<unknown, unknown>()
    this.#copies.set(value, copy)
    assertBare(value, () => this.#path)
    let index = 0
    for (const [name, member] of value) {
      const at = typeof name === 'string' ? name : index
      copy.set(this.#member(at, name), this.#member(at, member))
      index += 1
    }
    return copy
  }

  #set(value: ReadonlySet<unknown>): Set<unknown> {
    const copy = new Set<unknown>()
    this.#copies.set(value, copy)
    assertBare(value, () => this.#path)
    let index = 0
    for (const member of value) {
      copy.add(this.#member(index, member))
      index += 1
    }
    return copy
  }

  #error(value: Error): object {
    const properties: unknown[] = []
    const placeholder = this.#place(value, [
      extra.error,
      errorClassOf(value) ?? 'Error',
      properties,
    ])
    this.#refuseSymbols(value)
    for (const name of Reflect.ownKeys(value) as string[]) {
      const isEnumerable = Object.prototype.propertyIsEnumerable.call(value, name)
      const member = this.#member(name, (value as unknown as Names)[name])
      properties.push(name, member, isEnumerable)
    }
    return placeholder
  }

  #special(value: object, codec: Codec): object {
    const version = codec.version ?? 1
    this.#unfinished.add(value)
    const encoded = encodedBy(codec, value)
    const made: Extra =
      'plain' in encoded
        ? [extra.plain, codec.id, version, this.#copy(encoded.plain)]
        : [extra.bytes, codec.id, version, copyOf(encoded.meta), copyOf(encoded.bytes)]
    this.#unfinished.delete(value)
    return this.#place(value, made)
  }

  #place(value: object, made: Extra): object {
    // A boxed number, because no value has one: the walk refuses them.
    const placeholder: object = Object(this.#extras.push(made) - 1)
    this.#copies.set(value, placeholder)
    return placeholder
  }

  #member(at: string | number, value: unknown): unknown {
    this.#path.push(at)
    const copy = this.#copy(value)
    this.#path.pop()
    return copy
  }

  #refuseSymbols(value: object): void {
    const symbol = Object.getOwnPropertySymbols(value)[0]
    if (symbol !== undefined) throw unsupported(symbol, this.#path)
  }
}

/** Codecs may use the same memory for their next value. */
function copyOf(bytes: Uint8Array): Uint8Array
function copyOf(bytes: Uint8Array | undefined): Uint8Array | undefined
function copyOf(bytes: Uint8Array | undefined): Uint8Array | undefined {
  return bytes === undefined ? undefined : new Uint8Array(bytes)
}
