import { HoldfastError } from '../contracts/errors.ts'
import { maxDepth } from './refusal.ts'

/** Elements as wide as these are what msgpackr's extension for typed arrays numbers 0 to 10. */
const elementWidths: readonly number[] = [1, 1, 1, 2, 2, 4, 4, 4, 8, 8, 8]

/** Extension types that we write: undefined, timestamp (-1), and msgpackr's own for Set ('s') and typed arrays ('t'). */
const extensionUndefined = 0x00
const extensionTimestamp = 0xff
const extensionSet = 0x73
const extensionTypedArray = 0x74

/** What a map's key is: any form of string. */
function isString(token: number): boolean {
  return (token >= 0xa0 && token < 0xc0) || (token >= 0xd9 && token <= 0xdb)
}

function isArray(token: number): boolean {
  return (token >= 0x90 && token < 0xa0) || token === 0xdc || token === 0xdd
}

/** How many bytes follow each token from 0xc0 on that has nothing to look at; -1 for those that have. */
const fixedSizes = Int8Array.of(0, -1, 0, 0, -1, -1, -1, -1, -1, -1, 4, 8, 1, 2, 4, 8, 1, 2, 4, 8)

/** For each container around the present one how many values are still to come in it, and whether it is a map. */
const left = new Float64Array(maxDepth + 2)
const isMap = new Uint8Array(maxDepth + 2)

/**
 * Checks, before anything is allocated, that `bytes` are one MessagePack value as we write them: lengths and counts within
 * the bytes, nesting of at most 1,000 levels, names that are strings, known extensions, nothing left over. One pass, in
 * linear time: every announced member is seen, so what is built afterwards is never larger than a multiple of the bytes.
 * Format: https://github.com/msgpack/msgpack/blob/master/spec.md
 * @throws HoldfastError `ERR_CORRUPT`.
 */
export function scanMessagePack(bytes: Uint8Array): void {
  const scan = new Scan(bytes)
  let depth = 0
  let open = 1
  let isInMap = false
  while (open > 0 || depth > 0) {
    if (open === 0) {
      depth -= 1
      open = left[depth] as number
      isInMap = isMap[depth] === 1
      continue
    }
    const isName = isInMap && open % 2 === 0
    open -= 1
    const token = scan.byte()
    if (isName && !isString(token)) throw damaged('a name that is no string')
    const members = scan.value(token)
    if (members < 0) continue
    if (depth > maxDepth) throw damaged('nested too deeply')
    left[depth] = open
    isMap[depth] = isInMap ? 1 : 0
    depth += 1
    open = members
    isInMap = scan.isMap
  }
  if (scan.position !== bytes.length) throw damaged('bytes are left over')
}

class Scan {
  position = 0
  /** Whether the container that {@link value} just began is a map. */
  isMap = false
  readonly #bytes: Uint8Array

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  byte(): number {
    const byte = this.#bytes[this.position]
    if (byte === undefined) throw damaged('it ends too early')
    this.position += 1
    return byte
  }

  /** Passes what belongs to `token`. @returns how many values follow within it, -1 if it is no container. */
  value(token: number): number {
    if (token < 0x80 || token >= 0xe0) return -1
    // Doubles come by the thousand.
    if (token === 0xcb) return this.#skip(8)
    if (token >= 0xa0 && token < 0xc0) return this.#skip(token - 0xa0)
    if (token < 0x90) return this.#open((token - 0x80) * 2, true)
    if (token < 0xa0) return this.#open(token - 0x90, false)
    const size = fixedSizes[token - 0xc0]
    if (size !== undefined && size >= 0) return this.#skip(size)
    return this.#sized(token)
  }

  #sized(token: number): number {
    switch (token) {
      case 0xc4:
      case 0xd9:
        return this.#skip(this.#number(1))
      case 0xc5:
      case 0xda:
        return this.#skip(this.#number(2))
      case 0xc6:
      case 0xdb:
        return this.#skip(this.#number(4))
      case 0xdc:
        return this.#open(this.#number(2), false)
      case 0xdd:
        return this.#open(this.#number(4), false)
      case 0xde:
        return this.#open(this.#number(2) * 2, true)
      case 0xdf:
        return this.#open(this.#number(4) * 2, true)
      default:
        return this.#extension(token)
    }
  }

  #extension(token: number): number {
    if (token === 0xd4) return this.#smallExtension()
    const size = token >= 0xd6 && token <= 0xd8 ? 2 ** (token - 0xd4) : this.#extensionSize(token)
    const type = this.byte()
    const start = this.position
    this.#skip(size)
    const isTimestamp = type === extensionTimestamp && (size === 4 || size === 8 || size === 12)
    if (isTimestamp) return -1
    const width = elementWidths[this.#bytes[start] as number]
    const isElements =
      type === extensionTypedArray && size > 0 && width !== undefined && (size - 1) % width === 0
    if (!isElements) throw damaged('an unknown extension')
    return -1
  }

  #extensionSize(token: number): number {
    if (token >= 0xc7 && token <= 0xc9) return this.#number(2 ** (token - 0xc7))
    throw damaged('an unknown token')
  }

  /** An extension with one byte. */
  #smallExtension(): number {
    const type = this.byte()
    this.byte()
    if (type === extensionUndefined || type === extensionTimestamp) return -1
    if (type !== extensionSet) throw damaged('an unknown extension')
    // The members of a set follow as an array, which takes its place here.
    const token = this.byte()
    if (!isArray(token)) throw damaged('a set that is no list')
    return this.value(token)
  }

  #number(width: number): number {
    let value = 0
    for (let index = 0; index < width; index += 1) value = value * 256 + this.byte()
    return value
  }

  #skip(size: number): -1 {
    if (size > this.#bytes.length - this.position) throw damaged('a length beyond its end')
    this.position += size
    return -1
  }

  #open(members: number, map: boolean): number {
    if (members > this.#bytes.length - this.position) throw damaged('a count beyond its end')
    this.isMap = map
    return members
  }
}

function damaged(what: string): HoldfastError {
  return new HoldfastError('ERR_CORRUPT', `The value is no MessagePack of ours: ${what}.`)
}
