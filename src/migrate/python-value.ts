/**
 * Python's data as the readers build it: close enough to the original that a key can be named as Python would write it, and
 * that containers which hold themselves stay possible. `toPlain` and `toKey` turn it into what holdfast keeps.
 */
export type PythonValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | PythonFloat
  | PythonDatetime
  | PythonText
  | PythonList
  | PythonTuple
  | PythonDict
  | PythonSet

/** A float where it must be told from an int, which is in keys. */
export class PythonFloat {
  readonly value: number

  constructor(value: number) {
    this.value = value
  }
}

/** A date and time without a zone. */
export class PythonDatetime {
  readonly date: Date
  /** What a `Date` cannot hold of it: 0 to 999. */
  readonly microseconds: number

  constructor(date: Date, microseconds: number) {
    this.date = date
    this.microseconds = microseconds
  }
}

/** Something that is kept as its text: a Decimal, a date. */
export class PythonText {
  readonly type: string
  readonly text: string

  constructor(type: string, text: string) {
    this.type = type
    this.text = text
  }
}

/** A list. */
export class PythonList {
  readonly items: PythonValue[] = []
}

/** A tuple. */
export class PythonTuple {
  readonly items: readonly PythonValue[]

  constructor(items: readonly PythonValue[]) {
    this.items = items
  }
}

/** A dict, as the assignments that made it. */
export class PythonDict {
  readonly names: PythonValue[] = []
  /** The member of each name. */
  readonly members: PythonValue[] = []
}

/** A set or frozenset. */
export class PythonSet {
  readonly items: PythonValue[]

  constructor(items: PythonValue[] = []) {
    this.items = items
  }
}
