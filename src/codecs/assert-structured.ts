import { HoldfastError } from '../contracts/errors.ts'
import { describe } from '../util/describe.ts'

/**
 * Checks that structured clone keeps everything in `value`. V8 would silently turn a class instance into a plain object, and
 * drop symbol names and what was added to an error; a cache that gives back something else than it was given is worse than
 * one that refuses. An accessor counts as the value that it has now.
 * @throws HoldfastError `ERR_UNSUPPORTED_VALUE` with the path to what cannot be kept.
 */
export function assertStructured(value: unknown): void {
  if (typeof value !== 'object' || value === null) {
    if (typeof value === 'function' || typeof value === 'symbol') throw unsupported(value, [])
    return
  }
  visit(value, [], new Set())
}

/** Beyond this the walk (and V8's) would run out of stack. */
const maxDepth = 1_000

type Path = (string | number)[]

function visit(value: unknown, path: Path, seen: Set<object>): void {
  if (typeof value === 'function' || typeof value === 'symbol') throw unsupported(value, path)
  if (typeof value !== 'object' || value === null || seen.has(value)) return
  if (path.length > maxDepth) {
    throw new HoldfastError(
      'ERR_UNSUPPORTED_VALUE',
      `Value: nested more than ${maxDepth} levels deep.`,
    )
  }
  seen.add(value)
  if (Array.isArray(value)) visitArray(value, path, seen)
  else if (value instanceof Map) visitMap(value, path, seen)
  else if (value instanceof Set) visitSet(value, path, seen)
  else if (isPlain(value)) visitRecord(value as Readonly<Record<string, unknown>>, path, seen)
  else if (value instanceof Error) visitError(value, path, seen)
  else if (!isLeaf(value)) throw unsupported(value, path)
}

function visitArray(value: readonly unknown[], path: Path, seen: Set<object>): void {
  if (Object.getPrototypeOf(value) !== Array.prototype) throw unsupported(value, path)
  for (let index = 0; index < value.length; index += 1) {
    const member = value[index]
    if (typeof member === 'number' || typeof member === 'string') continue
    path.push(index)
    visit(member, path, seen)
    path.pop()
  }
}

function visitMap(value: ReadonlyMap<unknown, unknown>, path: Path, seen: Set<object>): void {
  if (Object.getPrototypeOf(value) !== Map.prototype) throw unsupported(value, path)
  let index = 0
  for (const [name, member] of value) {
    path.push(typeof name === 'string' ? name : index)
    visit(name, path, seen)
    visit(member, path, seen)
    path.pop()
    index += 1
  }
}

function visitSet(value: ReadonlySet<unknown>, path: Path, seen: Set<object>): void {
  if (Object.getPrototypeOf(value) !== Set.prototype) throw unsupported(value, path)
  let index = 0
  for (const member of value) {
    path.push(index)
    visit(member, path, seen)
    path.pop()
    index += 1
  }
}

function visitRecord(
  value: Readonly<Record<string, unknown>>,
  path: Path,
  seen: Set<object>,
): void {
  const symbol = Object.getOwnPropertySymbols(value)[0]
  if (symbol !== undefined) throw unsupported(symbol, path)
  for (const name in value) {
    path.push(name)
    visit(value[name], path, seen)
    path.pop()
  }
}

/** What structured clone keeps of an error besides its class. */
const keptOfErrors = new Set(['stack', 'message', 'cause'])

function visitError(value: Error, path: Path, seen: Set<object>): void {
  if (!isLeaf(value)) throw unsupported(value, path)
  const added = Reflect.ownKeys(value).find((name) => !keptOfErrors.has(String(name)))
  if (added !== undefined) {
    throw new HoldfastError(
      'ERR_UNSUPPORTED_VALUE',
      `Value${at(path)}: the property ${describe(added)} of an error would be lost. Store what you need of the error as a plain object.`,
    )
  }
  path.push('cause')
  visit(value.cause, path, seen)
  path.pop()
}

function at(path: Path): string {
  return path.length === 0 ? '' : ` at ${path.map((part) => `[${JSON.stringify(part)}]`).join('')}`
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  return (prototype === Object.prototype || prototype === null) && !(Symbol.toStringTag in value)
}

/** Only the classes themselves: an instance of a subclass would come back as its parent. */
const leaves = new Set<unknown>([
  Date.prototype,
  RegExp.prototype,
  Buffer.prototype,
  ArrayBuffer.prototype,
  DataView.prototype,
  Uint8Array.prototype,
  Int8Array.prototype,
  Uint8ClampedArray.prototype,
  Uint16Array.prototype,
  Int16Array.prototype,
  Uint32Array.prototype,
  Int32Array.prototype,
  Float32Array.prototype,
  Float64Array.prototype,
  BigInt64Array.prototype,
  BigUint64Array.prototype,
  Error.prototype,
  EvalError.prototype,
  RangeError.prototype,
  ReferenceError.prototype,
  SyntaxError.prototype,
  TypeError.prototype,
  URIError.prototype,
])

function isLeaf(value: object): boolean {
  return leaves.has(Object.getPrototypeOf(value))
}

function unsupported(value: unknown, path: Path): HoldfastError {
  return new HoldfastError(
    'ERR_UNSUPPORTED_VALUE',
    `Value${at(path)}: ${describe(value)} cannot be stored without losing what it is. Store its data (plain objects, arrays, Map, Set, dates, bytes, numbers, strings) and rebuild it when reading.`,
  )
}
