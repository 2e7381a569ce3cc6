import { Budget, maxDepth } from './limits.ts'
import { NotConvertible } from './not-convertible.ts'
import { decodeText } from './python-text.ts'
import { PythonDict, PythonList, type PythonValue } from './python-value.ts'

/**
 * The plain data in a MessagePack value (https://github.com/msgpack/msgpack/blob/master/spec.md). Extensions, by which
 * SciQLop keeps arrays of numpy and objects of classes, are refused.
 * @throws NotConvertible
 */
export function readMsgpack(bytes: Uint8Array): PythonValue {
  const reader = new MsgpackReader(bytes)
  const value = reader.read(0)
  if (!reader.atEnd) throw broken()
  return value
}

class MsgpackReader {
  readonly #bytes: Buffer
  readonly #budget: Budget
  #position = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#budget = new Budget(bytes.byteLength)
  }

  get atEnd(): boolean {
    return this.#position === this.#bytes.length
  }

  read(depth: number): PythonValue {
    this.#budget.item()
    const code = this.#uint(1)
    if (code < 0x80) return code
    if (code < 0x90) return this.#map(code & 0x0f, depth)
    if (code < 0xa0) return this.#array(code & 0x0f, depth)
    if (code < 0xc0) return decodeText(this.#take(code & 0x1f))
    if (code >= 0xe0) return code - 0x100
    return this.#marked(code, depth)
  }

  #marked(code: number, depth: number): PythonValue {
    switch (code) {
      case 0xc0:
        return null
      case 0xc2:
      case 0xc3:
        return code === 0xc3
      case 0xc4:
      case 0xc5:
      case 0xc6:
        return Buffer.from(this.#take(this.#uint(2 ** (code - 0xc4))))
      case 0xca:
        return this.#take(4).readFloatBE()
      case 0xcb:
        return this.#take(8).readDoubleBE()
      case 0xcc:
      case 0xcd:
      case 0xce:
        return this.#uint(2 ** (code - 0xcc))
      case 0xcf:
        return exact(this.#take(8).readBigUInt64BE())
      case 0xd0:
      case 0xd1:
      case 0xd2:
        return this.#take(2 ** (code - 0xd0)).readIntBE(0, 2 ** (code - 0xd0))
      case 0xd3:
        return exact(this.#take(8).readBigInt64BE())
      case 0xd9:
      case 0xda:
      case 0xdb:
        return decodeText(this.#take(this.#uint(2 ** (code - 0xd9))))
      case 0xdc:
      case 0xdd:
        return this.#array(this.#uint(code === 0xdc ? 2 : 4), depth)
      case 0xde:
      case 0xdf:
        return this.#map(this.#uint(code === 0xde ? 2 : 4), depth)
      default:
        throw new NotConvertible('holds a numpy array or an object of a class')
    }
  }

  #array(length: number, depth: number): PythonList {
    const list = new PythonList()
    this.#enter(depth)
    for (let index = 0; index < length; index += 1) list.items.push(this.read(depth + 1))
    return list
  }

  #map(length: number, depth: number): PythonDict {
    const dict = new PythonDict()
    this.#enter(depth)
    for (let index = 0; index < length; index += 1) {
      dict.names.push(this.read(depth + 1))
      dict.members.push(this.read(depth + 1))
    }
    return dict
  }

  #enter(depth: number): void {
    this.#budget.container()
    if (depth >= maxDepth) throw new NotConvertible(`nested more than ${maxDepth} levels deep`)
  }

  #uint(length: number): number {
    return this.#take(length).readUIntBE(0, length)
  }

  #take(length: number): Buffer {
    const start = this.#position
    if (length > this.#bytes.length - start) throw broken()
    this.#position = start + length
    return this.#bytes.subarray(start, start + length)
  }
}

function exact(value: bigint): number | bigint {
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : value
}

function broken(): NotConvertible {
  return new NotConvertible('a MessagePack value that is damaged or cut short')
}
