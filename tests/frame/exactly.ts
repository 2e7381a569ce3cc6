import { types } from 'node:util'

/**
 * Where two values differ, as a path with what is different there; `undefined` if they are the same in all that a program can
 * tell: -0 from 0, holes from `undefined`, a Buffer from a Uint8Array, the order of names, Maps and Sets, which parts are one
 * object, and cycles.
 */
export function differenceOf(actual: unknown, expected: unknown): string | undefined {
  return new Comparison().difference(actual, expected, 'value')
}

class Comparison {
  /** Which object stands for which, in both directions: shared parts must be shared in the same way. */
  readonly #actual = new Map<object, object>()
  readonly #expected = new Map<object, object>()

  difference(actual: unknown, expected: unknown, path: string): string | undefined {
    if (typeof actual !== 'object' || typeof expected !== 'object' || !actual || !expected)
      return Object.is(actual, expected) ? undefined : `${path}: ${show(actual)}, ${show(expected)}`
    const [known, met] = [this.#actual.get(actual), this.#expected.get(expected)]
    if (known !== undefined || met !== undefined)
      return known === expected && met === actual ? undefined : `${path}: shared in another way`
    this.#actual.set(actual, expected)
    this.#expected.set(expected, actual)
    if (Object.getPrototypeOf(actual) !== Object.getPrototypeOf(expected))
      return `${path}: another class`
    return this.#inner(actual, expected, path) ?? this.#properties(actual, expected, path)
  }

  #inner(actual: object, expected: object, path: string): string | undefined {
    const [a, b] = [internals(actual), internals(expected)]
    if (a.length !== b.length) return `${path}: ${a.length} members, not ${b.length}`
    for (let at = 0; at < a.length; at += 1) {
      const found = this.difference(a[at], b[at], `${path}<${at}>`)
      if (found !== undefined) return found
    }
    return undefined
  }

  #properties(actual: object, expected: object, path: string): string | undefined {
    // Elements were compared as bytes.
    if (ArrayBuffer.isView(actual)) return undefined
    const [names, others] = [Reflect.ownKeys(actual), Reflect.ownKeys(expected)]
    if (names.length !== others.length || names.some((name, at) => name !== others[at]))
      return `${path}: has ${names.map(String)}, not ${others.map(String)}`
    for (const name of names) {
      if (isEnumerable(actual, name) !== isEnumerable(expected, name))
        return `${path}.${String(name)}: another enumerability`
      const found = this.difference(
        Reflect.get(actual, name),
        Reflect.get(expected, name),
        `${path}.${String(name)}`,
      )
      if (found !== undefined) return found
    }
    return undefined
  }
}

function isEnumerable(value: object, name: string | symbol): boolean {
  return Object.prototype.propertyIsEnumerable.call(value, name)
}

/** What a value holds besides its properties, in order. */
function internals(value: object): readonly unknown[] {
  if (types.isMap(value)) return [...value].flat()
  if (types.isSet(value)) return [...value]
  if (types.isDate(value)) return [value.getTime()]
  if (types.isRegExp(value)) return [value.source, value.flags]
  if (types.isBoxedPrimitive(value)) return [value.valueOf()]
  if (value instanceof URL) return [value.href]
  if (ArrayBuffer.isView(value)) return [value.byteLength, textOf(value)]
  if (types.isAnyArrayBuffer(value)) {
    const { maxByteLength } = value as { maxByteLength?: number }
    return [maxByteLength, value.byteLength, textOf(new Uint8Array(value))]
  }
  return []
}

function textOf({ buffer, byteOffset, byteLength }: ArrayBufferView): string {
  return Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength).toString('latin1')
}

function show(value: unknown): string {
  return Object.is(value, -0) ? '-0' : `${typeof value} ${String(value).slice(0, 60)}`
}
