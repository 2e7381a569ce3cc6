import { types } from 'node:util'

/** Classes of views and buffers whose bytes and class are all there is. Only themselves: a subclass would come back as its parent. */
const typedArrays = new Set<unknown>(
  [
    Int8Array,
    Uint8Array,
    Uint8ClampedArray,
    Int16Array,
    Uint16Array,
    Int32Array,
    Uint32Array,
    Float32Array,
    Float64Array,
    BigInt64Array,
    BigUint64Array,
  ].map((type) => type.prototype),
)

const otherBytes = new Set<unknown>([ArrayBuffer.prototype, DataView.prototype])
// Node 24 has it, Node 20 does not.
const float16 = (globalThis as { Float16Array?: { prototype: unknown } }).Float16Array
if (float16 !== undefined) otherBytes.add(float16.prototype)

/** Whether `prototype` is that of one of the eleven typed-array classes of every Node. */
export function isTypedArrayPrototype(prototype: unknown): boolean {
  return typedArrays.has(prototype)
}

/** Whether `value`, which has this prototype, is an ArrayBuffer, a DataView or a newer typed array. */
export function isOtherBytes(value: object, prototype: unknown): boolean {
  return otherBytes.has(prototype) && (ArrayBuffer.isView(value) || types.isArrayBuffer(value))
}

interface ErrorClasses {
  readonly Error: ErrorConstructor
  readonly EvalError: EvalErrorConstructor
  readonly RangeError: RangeErrorConstructor
  readonly ReferenceError: ReferenceErrorConstructor
  readonly SyntaxError: SyntaxErrorConstructor
  readonly TypeError: TypeErrorConstructor
  readonly URIError: URIErrorConstructor
  readonly AggregateError: AggregateErrorConstructor
}

/** The error classes of the language, by the name under which graphs keep them: append only. */
export const errorClasses: ErrorClasses = {
  Error,
  EvalError,
  RangeError,
  ReferenceError,
  SyntaxError,
  TypeError,
  URIError,
  AggregateError,
}

/** Name of an error class of the language. */
export type ErrorClassName = keyof ErrorClasses

const errorNames: ReadonlyMap<unknown, ErrorClassName> = new Map(
  Object.entries(errorClasses).map(([name, type]) => [type.prototype, name as ErrorClassName]),
)

/** Which error class `value` is an instance of; `undefined` for any other value, and for subclasses. */
export function errorClassOf(value: object): ErrorClassName | undefined {
  const name = errorNames.get(Object.getPrototypeOf(value))
  return name !== undefined && types.isNativeError(value) ? name : undefined
}

const keptByV8 = new Set<unknown>(['stack', 'message'])

/**
 * Whether V8's format keeps all of an error. It does not for own properties, nor for AggregateError; and where V8 11 (Node 20)
 * puts a cause before the stack, V8 13 (Node 24) puts it behind, and reads no other order.
 */
export function isSimpleError(value: Error): boolean {
  if (errorClassOf(value) === 'AggregateError' || typeof value.stack !== 'string') return false
  for (const name of Reflect.ownKeys(value)) if (!keptByV8.has(name)) return false
  return typeof value.message === 'string'
}

/** Whether `name` is that of an array's element. */
export function isIndex(name: string): boolean {
  return String(Number(name) >>> 0) === name && name !== '4294967295'
}
