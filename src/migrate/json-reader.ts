import { Budget, maxDepth } from './limits.ts'
import { NotConvertible } from './not-convertible.ts'
import { PythonDict, PythonFloat, PythonList, type PythonValue } from './python-value.ts'

/** One token and the space before it; of a text its first quote. Python also writes NaN and the infinities. */
const token =
  /[\t\n\r ]*(?:([[\]{},:"])|(-?Infinity|NaN)|(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|(true|false|null))/y

/**
 * JSON as Python writes and reads it: whole numbers of any length stay exact, which `JSON.parse` does not do.
 * @throws NotConvertible
 */
export function readJson(text: string): PythonValue {
  return new JsonReader(text).read()
}

class JsonReader {
  readonly #text: string
  readonly #budget: Budget
  #position = 0

  constructor(text: string) {
    this.#text = text
    this.#budget = new Budget(text.length)
  }

  read(): PythonValue {
    const value = this.#value(this.#next(), 0)
    if (this.#text.slice(this.#position).trim() !== '') throw broken()
    return value
  }

  #value(match: RegExpExecArray, depth: number): PythonValue {
    this.#budget.item()
    const [, sign, odd, number, word] = match
    if (sign === '"') return this.#string()
    if (number !== undefined) return parseNumber(number)
    if (word !== undefined) return word === 'null' ? null : word === 'true'
    if (odd !== undefined) return new PythonFloat(Number(odd))
    if (depth >= maxDepth) throw new NotConvertible(`nested more than ${maxDepth} levels deep`)
    this.#budget.container()
    if (sign === '[') return this.#list(depth + 1)
    if (sign === '{') return this.#dict(depth + 1)
    throw broken()
  }

  #list(depth: number): PythonList {
    const list = new PythonList()
    let match = this.#next()
    if (match[1] === ']') return list
    for (;;) {
      list.items.push(this.#value(match, depth))
      if (this.#separator(']')) return list
      match = this.#next()
    }
  }

  #dict(depth: number): PythonDict {
    const members = new Map<string, PythonValue>()
    let match = this.#next()
    if (match[1] !== '}') {
      for (;;) {
        if (match[1] !== '"') throw broken()
        const name = this.#string()
        if (this.#next()[1] !== ':') throw broken()
        // Of a name that comes twice Python keeps the last.
        members.set(name, this.#value(this.#next(), depth))
        if (this.#separator('}')) break
        match = this.#next()
      }
    }
    const dict = new PythonDict()
    for (const [name, member] of members) {
      dict.names.push(name)
      dict.members.push(member)
    }
    return dict
  }

  /** The text whose first quote was just read. A pattern for all of it would run out of stack on long ones. */
  #string(): string {
    const start = this.#position - 1
    for (let end = this.#position; ; end += 1) {
      end = this.#text.indexOf('"', end)
      if (end < 0) throw broken()
      let escapes = 0
      while (this.#text[end - 1 - escapes] === '\\') escapes += 1
      if (escapes % 2 === 1) continue
      this.#position = end + 1
      return parseText(this.#text.slice(start, end + 1))
    }
  }

  /** Whether the container ends here; otherwise a comma was read. */
  #separator(end: string): boolean {
    const sign = this.#next()[1]
    if (sign === end) return true
    if (sign === ',') return false
    throw broken()
  }

  #next(): RegExpExecArray {
    token.lastIndex = this.#position
    const match = token.exec(this.#text)
    if (match === null) throw broken()
    this.#position = token.lastIndex
    return match
  }
}

function parseText(quotedText: string): string {
  try {
    return JSON.parse(quotedText) as string
  } catch {
    throw broken()
  }
}

function parseNumber(text: string): PythonValue {
  if (/[.eE]/.test(text)) return new PythonFloat(Number(text))
  const number = Number(text)
  if (Number.isSafeInteger(number)) return number
  // Python itself refuses to read more than 4,300 digits.
  if (text.length > 4_301) throw new NotConvertible('an integer of more than 4,300 digits')
  return BigInt(text)
}

function broken(): NotConvertible {
  return new NotConvertible('no JSON')
}
