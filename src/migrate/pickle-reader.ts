import { ByteReader } from './byte-reader.ts'
import { Budget } from './limits.ts'
import { NotConvertible } from './not-convertible.ts'
import { op, opName } from './pickle-opcodes.ts'
import { PickleStack, type Slot } from './pickle-stack.ts'
import { decodeText } from './python-text.ts'
import { pythonType } from './python-types.ts'
import {
  PythonDict,
  PythonFloat,
  PythonList,
  PythonSet,
  PythonTuple,
  type PythonValue,
} from './python-value.ts'

/** Digits of a number that are worth reading: 64 KiB are some 157,000 decimal ones. */
const longestInteger = 65_536

export interface PickleOptions {
  /** Whether floats become {@link PythonFloat}, as in keys, where 1 and 1.0 are to be told apart. */
  readonly markFloats?: boolean
}

/**
 * The plain data in a pickle of protocol 2 to 5. This is a reader of a data format, not an unpickler: of Python's names it
 * knows the four in `python-types.ts` and looks up none, it calls nothing, and every other opcode that could make Python run
 * something ends it.
 * @throws NotConvertible with the reason.
 */
export function readPickle(bytes: Uint8Array, options: PickleOptions = {}): PythonValue {
  return new PickleReader(bytes, options.markFloats ?? false).read()
}

class PickleReader {
  readonly #input: ByteReader
  readonly #budget: Budget
  readonly #stack: PickleStack
  readonly #markFloats: boolean
  readonly #memo: Slot[] = []

  constructor(bytes: Uint8Array, markFloats: boolean) {
    this.#input = new ByteReader(bytes, 'a pickle')
    this.#budget = new Budget(bytes.byteLength)
    this.#stack = new PickleStack(this.#input, this.#budget)
    this.#markFloats = markFloats
  }

  read(): PythonValue {
    for (;;) {
      const code = this.#input.uint8()
      if (code === op.STOP) return this.#stack.result()
      this.#step(code)
    }
  }

  /** Numbers and texts come first: a pickle consists mostly of these. */
  #step(code: number): void {
    const value = this.#number(code) ?? this.#text(code)
    if (value !== undefined) this.#stack.push(value)
    else if (code === op.NONE) this.#stack.push(null)
    else if (!this.#memory(code) && !this.#container(code) && !this.#fill(code)) this.#other(code)
  }

  #number(code: number): PythonValue | undefined {
    const input = this.#input
    switch (code) {
      case op.BININT1:
        return input.uint8()
      case op.BININT2:
        return input.uint16()
      case op.BININT:
        return input.int32()
      case op.LONG1:
        return this.#integer(input.uint8())
      case op.LONG4:
        return this.#integer(input.int32())
      case op.BINFLOAT:
        return this.#float(input.take(8).readDoubleBE())
      case op.NEWTRUE:
        return true
      case op.NEWFALSE:
        return false
      default:
        return undefined
    }
  }

  #text(code: number): PythonValue | undefined {
    const input = this.#input
    switch (code) {
      case op.SHORT_BINUNICODE:
        return decodeText(input.take(input.uint8()))
      case op.BINUNICODE:
        return decodeText(input.take(input.uint32()))
      case op.BINUNICODE8:
        return decodeText(input.take(input.length64()))
      case op.SHORT_BINBYTES:
        return this.#bytes(input.uint8())
      case op.BINBYTES:
        return this.#bytes(input.uint32())
      case op.BINBYTES8:
      case op.BYTEARRAY8:
        return this.#bytes(input.length64())
      case op.SHORT_BINSTRING:
        return ascii(input.take(input.uint8()))
      case op.BINSTRING:
        return ascii(input.take(input.uint32()))
      default:
        return undefined
    }
  }

  #memory(code: number): boolean {
    const input = this.#input
    switch (code) {
      case op.MEMOIZE:
        this.#remember(this.#memo.length)
        return true
      case op.BINPUT:
        this.#remember(input.uint8())
        return true
      case op.LONG_BINPUT:
        this.#remember(input.uint32())
        return true
      case op.BINGET:
        this.#stack.push(this.#recall(input.uint8()))
        return true
      case op.LONG_BINGET:
        this.#stack.push(this.#recall(input.uint32()))
        return true
      default:
        return false
    }
  }

  #container(code: number): boolean {
    const stack = this.#stack
    switch (code) {
      case op.MARK:
        stack.mark()
        return true
      case op.EMPTY_LIST:
        stack.pushContainer(new PythonList())
        return true
      case op.EMPTY_DICT:
        stack.pushContainer(new PythonDict())
        return true
      case op.EMPTY_SET:
        stack.pushContainer(new PythonSet())
        return true
      case op.EMPTY_TUPLE:
        stack.pushContainer(new PythonTuple([]))
        return true
      case op.TUPLE1:
      case op.TUPLE2:
      case op.TUPLE3:
        stack.pushContainer(new PythonTuple(stack.popMany(code - op.TUPLE1 + 1)))
        return true
      case op.TUPLE:
        stack.pushContainer(new PythonTuple(stack.popToMark()))
        return true
      case op.FROZENSET:
        stack.pushContainer(new PythonSet(stack.popToMark()))
        return true
      default:
        return false
    }
  }

  /** Opcodes that add to the container below. */
  #fill(code: number): boolean {
    const stack = this.#stack
    switch (code) {
      case op.APPEND:
        stack.addToList(stack.popMany(1))
        return true
      case op.APPENDS:
        stack.addToList(stack.popToMark())
        return true
      case op.SETITEM:
        stack.addToDict(stack.popMany(2))
        return true
      case op.SETITEMS:
        stack.addToDict(stack.popToMark())
        return true
      case op.ADDITEMS:
        stack.addToSet(stack.popToMark())
        return true
      default:
        return false
    }
  }

  #other(code: number): void {
    const stack = this.#stack
    switch (code) {
      case op.PROTO:
        if (this.#input.uint8() <= 5) break
        throw new NotConvertible('a pickle of a newer protocol than 5')
      case op.FRAME:
        // Frames only help a reader that reads ahead.
        this.#input.length64()
        break
      case op.POP:
        stack.drop()
        break
      case op.POP_MARK:
        stack.popToMark()
        break
      case op.GLOBAL:
        this.#name(decodeText(this.#input.line(1_000)), decodeText(this.#input.line(1_000)))
        break
      case op.STACK_GLOBAL:
        this.#name(...stack.popMany(2))
        break
      case op.REDUCE:
        stack.makeType()
        break
      default:
        throw new NotConvertible(`a pickle with ${opName(code)}, which is more than plain data`)
    }
  }

  #name(module?: PythonValue, name?: PythonValue): void {
    if (typeof module !== 'string' || typeof name !== 'string') throw this.#input.broken()
    this.#stack.pushType(pythonType(module, name))
  }

  #float(value: number): PythonValue {
    return this.#markFloats ? new PythonFloat(value) : value
  }

  /** Little-endian two's complement. */
  #integer(length: number): number | bigint {
    if (length < 0) throw this.#input.broken()
    if (length > longestInteger) throw new NotConvertible('an integer of more than 64 KiB')
    const bytes = Buffer.from(this.#input.take(length)).reverse()
    if (length === 0) return 0
    const value = BigInt.asIntN(length * 8, BigInt(`0x${bytes.toString('hex')}`))
    const number = Number(value)
    return Number.isSafeInteger(number) ? number : value
  }

  /** A copy, so that a few bytes of a large pickle do not keep all of it in memory. */
  #bytes(length: number): Buffer {
    return Buffer.from(this.#input.take(length))
  }

  #remember(place: number): void {
    // Places are handed out in order: a far one is an attempt to have a huge table made.
    if (place > this.#memo.length) throw this.#input.broken()
    this.#budget.item()
    this.#memo[place] = this.#stack.top()
  }

  #recall(place: number): Slot {
    const found = this.#memo[place]
    if (found === undefined) throw this.#input.broken()
    return found
  }
}

/** The text of Python 2, whose encoding nobody recorded: certain only where it is ASCII. */
function ascii(bytes: Buffer): string {
  if (bytes.some((byte) => byte > 127))
    throw new NotConvertible('text of Python 2 that is not ASCII')
  return bytes.toString('latin1')
}
