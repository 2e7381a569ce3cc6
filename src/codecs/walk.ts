import { inspect, types } from 'node:util'
import type { Codec } from '../contracts/codec.ts'
import { describe } from '../util/describe.ts'
import {
  errorClassOf,
  isIndex,
  isOtherBytes,
  isSimpleError,
  isTypedArrayPrototype,
} from './built-in-types.ts'
import { assertHoles, assertSpare, Expansion } from './expansion.ts'
import { maxDepth, notKept, type Path, refused, tooDeep, unsupported } from './refusal.ts'

/** What can hold a value: each form holds what the ones before it hold, and costs more. */
export const forms = { msgpack: 0, structured: 1, graph: 2 } as const

/** A form of {@link forms}. */
export type Form = (typeof forms)[keyof typeof forms]

const codecOfForm = ['msgpack()', 'structured()', 'auto()'] as const

export interface WalkOptions {
  /** The richest form there is. What needs a richer one is refused. */
  readonly most: Form
  /** The codec of its own that keeps an object, which then needs a graph. @default none has one */
  readonly codecFor?: ((value: object) => Codec | undefined) | undefined
  /** Whether {@link codecFor} may have one for plain objects and arrays too. @default false: they need not be asked about */
  readonly isForAll?: boolean | undefined
}

/** Thrown inwards, where it is clear before the end what the value needs. */
const enough = Symbol('enough')

/**
 * Checks that nothing of `value` would be lost, and finds the cheapest form that keeps it exactly: one walk for both, because
 * it runs before every write. Where a graph is needed the walk ends at once: the graph's writer checks the rest itself.
 * @throws HoldfastError `ERR_UNSUPPORTED_VALUE` with the path to what cannot be kept.
 */
export function formOf(value: unknown, options: WalkOptions): Form {
  const walk = new Walk(options)
  try {
    walk.member(value, 0)
  } catch (error) {
    if (error !== enough) throw error
    return forms.graph
  }
  return walk.form
}

/** MessagePack's integers. */
const leastInteger = -(2n ** 63n)
const largestInteger = 2n ** 64n - 1n

class Walk {
  form: Form = forms.msgpack
  readonly #most: Form
  readonly #codecFor: WalkOptions['codecFor']
  readonly #isForAll: boolean
  /** What was met. Without one a shared part is written once for each place, and only depth ends a cycle. */
  readonly #seen: Set<object> | undefined
  readonly #expansion = new Expansion()
  /** The names down to where the walk is; only the first `depth` are of this path. */
  readonly #trail: (string | number)[] = []

  constructor({ most, codecFor, isForAll = false }: WalkOptions) {
    this.#most = most
    this.#isForAll = isForAll
    this.#codecFor = codecFor
    this.#seen = most === forms.msgpack ? undefined : new Set()
  }

  member(value: unknown, depth: number): void {
    switch (typeof value) {
      case 'string':
        if (!value.isWellFormed()) this.#need(forms.structured, 'half of a surrogate pair', depth)
        return
      case 'number':
      case 'boolean':
      case 'undefined':
        return
      case 'object':
        if (value !== null) this.#object(value, depth)
        return
      case 'bigint':
        if (value < leastInteger || value > largestInteger)
          this.#need(forms.structured, 'a bigint of more than 64 bits', depth)
        return
      default:
        throw unsupported(value, this.#path(depth))
    }
  }

  #object(value: object, depth: number): void {
    if (this.#seen !== undefined) {
      const { size } = this.#seen
      if (this.#seen.add(value).size === size) {
        this.#need(forms.structured, 'that it is shared', depth)
        return
      }
    }
    if (depth > maxDepth) throw tooDeep()
    const prototype: unknown = Object.getPrototypeOf(value)
    const isRecord = prototype === Object.prototype && !isTagged(value)
    const isList = prototype === Array.prototype && Array.isArray(value)
    const isAsked = this.#isForAll || !(isRecord || isList)
    if (isAsked && this.#codecFor?.(value) !== undefined)
      this.#need(forms.graph, 'what has a codec of its own', depth)
    else if (isList) this.#array(value, depth)
    else if (prototype === Object.prototype)
      this.#record(value as Readonly<Record<string, unknown>>, depth)
    else this.#other(value, prototype, depth)
  }

  #record(value: Readonly<Record<string, unknown>>, depth: number): void {
    this.#refuseSymbols(value, depth)
    // Not Object.keys, which takes three times as long; a plain object inherits nothing that could be met here.
    for (const name in value) {
      this.#trail[depth] = name
      if (name === '__proto__' || !name.isWellFormed())
        this.#need(forms.structured, 'the name of this property', depth + 1)
      this.member(value[name], depth + 1)
    }
  }

  #array(value: readonly unknown[], depth: number): void {
    this.#refuseSymbols(value, depth)
    let holes = 0
    for (let index = 0; index < value.length; index += 1) {
      const member = value[index]
      this.#trail[depth] = index
      if (member !== undefined || index in value) this.member(member, depth + 1)
      else {
        holes += 1
        assertHoles(this.#expansion, 1, () => this.#path(depth))
      }
    }
    if (holes > 0) this.#need(forms.structured, 'its holes', depth)
    if (holes > 0 || hasOwnNames(value)) this.#names(value, depth)
  }

  /** What an array has beside its elements, such as the `index` of a match. */
  #names(value: object, depth: number): void {
    for (const name of Object.keys(value)) {
      if (isIndex(name)) continue
      this.#need(forms.structured, 'the named properties of an array', depth)
      this.#trail[depth] = name
      this.member((value as Readonly<Record<string, unknown>>)[name], depth + 1)
    }
  }

  #other(value: object, prototype: unknown, depth: number): void {
    if (
      ArrayBuffer.isView(value) &&
      (prototype === Buffer.prototype || isTypedArrayPrototype(prototype))
    )
      return
    if (prototype === Date.prototype && types.isDate(value)) this.#bare(value, depth)
    else if (prototype === Set.prototype && types.isSet(value)) this.#set(value, depth)
    else if (prototype === Map.prototype && types.isMap(value)) this.#map(value, depth)
    else if (prototype === RegExp.prototype && types.isRegExp(value)) this.#pattern(value, depth)
    else if (isOtherBytes(value, prototype)) this.#buffer(value, depth)
    else if (errorClassOf(value) !== undefined) this.#error(value as Error, depth)
    else if (prototype === null) this.#need(forms.graph, 'that it has no prototype', depth)
    else throw unsupported(value, this.#path(depth))
  }

  #set(value: ReadonlySet<unknown>, depth: number): void {
    this.#bare(value, depth)
    let index = 0
    for (const member of value) {
      this.#trail[depth] = index
      this.member(member, depth + 1)
      index += 1
    }
  }

  #map(value: ReadonlyMap<unknown, unknown>, depth: number): void {
    this.#bare(value, depth)
    this.#need(forms.structured, 'a Map', depth)
    let index = 0
    for (const [name, member] of value) {
      this.#trail[depth] = typeof name === 'string' ? name : index
      this.member(name, depth + 1)
      this.member(member, depth + 1)
      index += 1
    }
  }

  #pattern(value: RegExp, depth: number): void {
    this.#bare(value, depth, 'lastIndex')
    if (value.lastIndex === 0) this.#need(forms.structured, 'a RegExp', depth)
    else this.#need(forms.graph, 'the lastIndex of a RegExp', depth)
  }

  #buffer(value: object, depth: number): void {
    this.#bare(value, depth)
    if (!ArrayBuffer.isView(value)) assertSpare(this.#expansion, value, () => this.#path(depth))
    this.#need(forms.structured, 'this kind of bytes', depth)
  }

  #error(value: Error, depth: number): void {
    const isSimple = isSimpleError(value)
    this.#need(isSimple ? forms.structured : forms.graph, 'parts of this Error', depth)
  }

  #bare(value: object, depth: number, own?: string): void {
    assertBare(value, this.#path.bind(this, depth), own)
  }

  #refuseSymbols(value: object, depth: number): void {
    const symbol = Object.getOwnPropertySymbols(value)[0]
    if (symbol !== undefined) throw unsupported(symbol, this.#path(depth))
  }

  #need(form: Form, what: string, depth: number): void {
    if (form <= this.form) return
    if (form > this.#most) throw notKept(what, this.#path(depth), codecOfForm[this.#most])
    this.form = form
    if (form === forms.graph) throw enough
  }

  #path(depth: number): readonly (string | number)[] {
    return this.#trail.slice(0, depth)
  }
}

const nothingInside = { maxArrayLength: 0, depth: 0, customInspect: false } as const

/** Whether an array has more than its elements, such as the `index` of a match. */
export function hasOwnNames(value: readonly unknown[]): boolean {
  // V8 tells the names of an array only together with a text for each index, which takes longer than all the rest; but to
  // inspect it tells the others alone. Should inspect ever choose other words, the names are counted.
  const isLong = value.length > 64
  if (isLong && inspect(value, nothingInside) === `[ ... ${value.length} more items ]`) return false
  return Object.keys(value).length > value.length || Object.getOwnPropertySymbols(value).length > 0
}

/** Whether a plain object says what it is: a frame of polars is a proxy that looks like one, but for this. */
export function isTagged(value: object): boolean {
  return (value as { [Symbol.toStringTag]?: unknown })[Symbol.toStringTag] !== undefined
}

/**
 * Refuses what was added to a built-in object such as a Date: no form keeps it.
 * @param own the one property that all such objects have.
 */
export function assertBare(value: object, path: () => Path, own?: string): void {
  for (const name of Reflect.ownKeys(value)) {
    if (name === own) continue
    const what = `the property '${String(name)}' that was added to ${describe(value)}`
    throw refused(path(), `${what} would be lost. Store it beside that.`)
  }
}
