import { HoldfastError } from '../contracts/errors.ts'
import { Expansion } from './expansion.ts'
import { maxDepth } from './refusal.ts'

/** What stands where V8 aligns strings of two-byte units. */
const padding = 0

/** Tags of V8's format, as its ValueSerializer writes them. */
const tag = {
  version: 0xff,
  undefined: code('_'),
  null: code('0'),
  true: code('T'),
  false: code('F'),
  int32: code('I'),
  uint32: code('U'),
  double: code('N'),
  bigint: code('Z'),
  boxedNumber: code('n'),
  latin1: code('"'),
  utf16: code('c'),
  reference: code('^'),
  date: code('D'),
  object: code('o'),
  endObject: code('{'),
  dense: code('A'),
  endDense: code('$'),
  sparse: code('a'),
  endSparse: code('@'),
  hole: code('-'),
  regexp: code('R'),
  map: code(';'),
  endMap: code(':'),
  set: code("'"),
  endSet: code(','),
  buffer: code('B'),
  resizable: code('~'),
  error: code('r'),
  host: code('\\'),
} as const

/** A graph puts a value a few levels deeper than it is. */
const deepest = maxDepth + 8

/** Within an error: which class it is; then its message, cause and stack, and the end. */
const errorClassTags: ReadonlySet<number> = new Set([...'EFRSTU'].map(code))
const errorMessage = code('m')
const errorCause = code('c')
const errorStack = code('s')
const errorEnd = code('.')

function code(character: string): number {
  return character.charCodeAt(0)
}

/**
 * Checks, before V8 allocates anything, that `bytes` are one value in V8's format as we write it. V8 itself checks less: ten
 * bytes can ask it for an array of 30 million holes, and nested arrays for a thousand times their length. Here every announced
 * member is seen, so what V8 builds is never larger than a multiple of the bytes; nesting has a limit, and nothing is left over.
 * Format, version 15 of V8 8 to 13: https://source.chromium.org/chromium/chromium/src/+/main:v8/src/objects/value-serializer.cc
 * @param withBoxes whether boxed numbers may occur.
 * @throws HoldfastError `ERR_CORRUPT`.
 */
export function scanStructured(bytes: Uint8Array, withBoxes: boolean): void {
  const scan = new Scan(bytes, withBoxes)
  scan.header()
  scan.value(scan.tag(), 0)
  scan.end()
}

class Scan {
  readonly #bytes: Uint8Array
  readonly #withBoxes: boolean
  readonly #expansion = new Expansion()
  #position = 0

  constructor(bytes: Uint8Array, withBoxes: boolean) {
    this.#bytes = bytes
    this.#withBoxes = withBoxes
  }

  header(): void {
    if (this.#byte() !== tag.version || this.#byte() < 15) throw damaged('another format version')
  }

  end(): void {
    if (this.#position !== this.#bytes.length) throw damaged('bytes are left over')
  }

  tag(): number {
    for (;;) {
      const found = this.#byte()
      if (found !== padding) return found
    }
  }

  value(kind: number, depth: number): void {
    switch (kind) {
      case tag.undefined:
      case tag.null:
      case tag.true:
      case tag.false:
        return
      case tag.int32:
      case tag.uint32:
      case tag.reference:
        this.#number()
        return
      case tag.double:
      case tag.date:
        this.#skip(8)
        return
      case tag.latin1:
      case tag.utf16:
      case tag.buffer:
        this.#skip(this.#number())
        return
      case tag.bigint:
        this.#skip(this.#number() >>> 1)
        return
      case tag.boxedNumber:
        if (!this.#withBoxes) throw damaged('a boxed number')
        this.#skip(8)
        return
      case tag.host:
        this.#number()
        this.#skip(this.#number())
        return
      default:
        if (depth > deepest) throw damaged('nested too deeply')
        this.#compound(kind, depth + 1)
    }
  }

  #compound(kind: number, depth: number): void {
    switch (kind) {
      case tag.object:
        this.#properties(tag.endObject, depth)
        return
      case tag.dense:
        this.#dense(depth)
        return
      case tag.sparse:
        this.#sparse(depth)
        return
      case tag.map:
        this.#members(tag.endMap, depth)
        return
      case tag.set:
        this.#members(tag.endSet, depth)
        return
      case tag.regexp:
        this.#string()
        this.#number()
        return
      case tag.resizable:
        this.#resizable()
        return
      case tag.error:
        this.#error(depth)
        return
      default:
        throw damaged('an unknown tag')
    }
  }

  /** Names and values until `end`. @returns how many. */
  #properties(end: number, depth: number): number {
    let count = 0
    for (let name = this.tag(); name !== end; name = this.tag()) {
      this.#name(name)
      this.value(this.tag(), depth)
      count += 1
    }
    if (this.#number() !== count) throw damaged('a wrong count of properties')
    return count
  }

  #name(kind: number): void {
    if (kind === tag.latin1 || kind === tag.utf16) this.#skip(this.#number())
    else if (kind === tag.int32 || kind === tag.uint32) this.#number()
    else if (kind === tag.double) this.#skip(8)
    else throw damaged('a name that is none')
  }

  #dense(depth: number): void {
    const length = this.#number()
    if (length > this.#left()) throw damaged('a count beyond its end')
    for (let index = 0; index < length; index += 1) {
      const kind = this.tag()
      if (kind !== tag.hole) this.value(kind, depth)
    }
    this.#properties(tag.endDense, depth)
    if (this.#number() !== length) throw damaged('two lengths of one array')
  }

  #sparse(depth: number): void {
    const length = this.#number()
    const count = this.#properties(tag.endSparse, depth)
    if (this.#number() !== length) throw damaged('two lengths of one array')
    if (!this.#expansion.addHoles(Math.max(0, length - count))) throw damaged('too many holes')
  }

  #members(end: number, depth: number): void {
    let count = 0
    for (let kind = this.tag(); kind !== end; kind = this.tag()) {
      this.value(kind, depth)
      count += 1
    }
    if (this.#number() !== count) throw damaged('a wrong count of members')
  }

  #resizable(): void {
    const length = this.#number()
    if (!this.#expansion.addSpare(this.#number() - length)) throw damaged('too large a buffer')
    this.#skip(length)
  }

  #error(depth: number): void {
    for (let part = this.#byte(); part !== errorEnd; part = this.#byte()) {
      if (errorClassTags.has(part)) continue
      if (part === errorMessage || part === errorStack) this.#string()
      else if (part === errorCause) this.value(this.tag(), depth)
      else throw damaged('an unknown part of an error')
    }
  }

  #string(): void {
    const kind = this.tag()
    if (kind !== tag.latin1 && kind !== tag.utf16) throw damaged('no string where one must be')
    this.#skip(this.#number())
  }

  /** A varint of 32 bits: seven bits a byte, least first. V8 ignores what is beyond; here it is refused. */
  #number(): number {
    let value = 0
    for (let factor = 1; factor <= 2 ** 28; factor *= 128) {
      const byte = this.#byte()
      value += (byte & 0x7f) * factor
      if (byte < 0x80) {
        if (value < 2 ** 32) return value
        break
      }
    }
    throw damaged('a number of more than 32 bits')
  }

  #byte(): number {
    const byte = this.#bytes[this.#position]
    if (byte === undefined) throw damaged('it ends too early')
    this.#position += 1
    return byte
  }

  #skip(size: number): void {
    if (size > this.#left()) throw damaged('a length beyond its end')
    this.#position += size
  }

  #left(): number {
    return this.#bytes.length - this.#position
  }
}

function damaged(what: string): HoldfastError {
  return new HoldfastError('ERR_CORRUPT', `The value is no structured clone of ours: ${what}.`)
}
