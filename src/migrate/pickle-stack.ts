import type { ByteReader } from './byte-reader.ts'
import type { Budget } from './limits.ts'
import { NotConvertible } from './not-convertible.ts'
import type { PythonType } from './python-types.ts'
import { PythonDict, PythonList, PythonSet, PythonTuple, type PythonValue } from './python-value.ts'

/** One of the allowed types, named by the pickle and not used yet. */
export class TypeReference {
  readonly type: PythonType

  constructor(type: PythonType) {
    this.type = type
  }
}

/** What lies on the stack: a type only until REDUCE takes it. */
export type Slot = PythonValue | TypeReference

/** The stack of a pickle, with its marks. Refuses whatever Python would not have written. */
export class PickleStack {
  readonly #input: ByteReader
  readonly #budget: Budget
  readonly #slots: Slot[] = []
  /** Heights at which marks lie. */
  readonly #marks: number[] = []

  constructor(input: ByteReader, budget: Budget) {
    this.#input = input
    this.#budget = budget
  }

  push(value: Slot): void {
    this.#budget.item()
    this.#slots.push(value)
  }

  pushContainer(value: PythonValue): void {
    this.#budget.container()
    this.#slots.push(value)
  }

  pushType(type: PythonType): void {
    this.push(new TypeReference(type))
  }

  mark(): void {
    this.#budget.item()
    this.#marks.push(this.#slots.length)
  }

  top(): Slot {
    const top = this.#slots.at(-1)
    if (top === undefined || this.#slots.length <= this.#floor) throw this.#input.broken()
    return top
  }

  /** The last thing that is left. */
  result(): PythonValue {
    const [value] = this.popMany(1)
    if (value === undefined || this.#slots.length > 0 || this.#marks.length > 0)
      throw this.#input.broken()
    return value
  }

  /** Takes the last value or, if that is a mark, the mark off. */
  drop(): void {
    if (this.#marks.length > 0 && this.#slots.length === this.#floor) this.#marks.pop()
    else this.#pop(1)
  }

  popMany(count: number): PythonValue[] {
    return this.#pop(count).map(plain)
  }

  /** Everything above the last mark, and the mark. */
  popToMark(): PythonValue[] {
    const height = this.#marks.pop()
    if (height === undefined) throw this.#input.broken()
    return this.#slots.splice(height).map(plain)
  }

  addToList(items: readonly PythonValue[]): void {
    const list = this.top()
    if (!(list instanceof PythonList)) throw this.#input.broken()
    for (const item of items) {
      this.#budget.item()
      list.items.push(item)
    }
  }

  addToSet(items: readonly PythonValue[]): void {
    const set = this.top()
    if (!(set instanceof PythonSet)) throw this.#input.broken()
    for (const item of items) {
      this.#budget.item()
      set.items.push(item)
    }
  }

  /** Adds names and members, one after the other. */
  addToDict(items: readonly PythonValue[]): void {
    const dict = this.top()
    if (!(dict instanceof PythonDict) || items.length % 2 !== 0) throw this.#input.broken()
    for (let index = 0; index < items.length; index += 2) {
      this.#budget.item()
      dict.names.push(items[index] as PythonValue)
      dict.members.push(items[index + 1] as PythonValue)
    }
  }

  /** REDUCE: makes one of the allowed types from its arguments. */
  makeType(): void {
    const [reference, args] = this.#pop(2)
    if (!(args instanceof PythonTuple) || !(reference instanceof TypeReference)) {
      throw new NotConvertible('a pickle that calls something, which is more than plain data')
    }
    this.push(reference.type.make(args.items))
  }

  #pop(count: number): Slot[] {
    if (this.#slots.length - count < this.#floor) throw this.#input.broken()
    const taken = new Array<Slot>(count)
    // One by one: a splice costs more than the few that are asked for.
    for (let index = count - 1; index >= 0; index -= 1) taken[index] = this.#slots.pop() as Slot
    return taken
  }

  /** Nothing below the last mark may be taken off. */
  get #floor(): number {
    return this.#marks.at(-1) ?? 0
  }
}

function plain(slot: Slot): PythonValue {
  if (!(slot instanceof TypeReference)) return slot
  throw new NotConvertible(`holds the type ${slot.type.name} itself`)
}
