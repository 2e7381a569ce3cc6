// Values that say which one they are: each is written once, by one client.
import { valuesPerClient } from '../record.mjs'

/** Beyond the default `inlineBytes`, so that they become files. */
const largeBytes = 40_000

/** So many counts fit between the values from which two counters start. */
const countsPerStart = 100_000
const startsPerClient = 100_000

/** Numbers for the values of one client. */
export class ValueNumbers {
  #client
  #values = 0
  #starts = 0

  constructor(client) {
    this.#client = client
  }

  next() {
    this.#values += 1
    return this.#client * valuesPerClient + this.#values
  }

  /** One that nobody may ever see: what it is written in is rolled back. */
  poison() {
    return -this.next()
  }

  /** A number from which a counter may start, far enough from all others. */
  start() {
    this.#starts += 1
    return (this.#client * startsPerClient + this.#starts) * countsPerStart
  }
}

/** The value of that number under `key`: plain, nested, or large enough for a file of its own. */
export function valueWith(key, number) {
  const kind = Math.abs(number) % 64
  if (kind === 0) return Buffer.alloc(largeBytes, `${key}=${number};`)
  if (kind === 1) return `${key}=${number}`.padEnd(largeBytes, '.')
  if (kind < 20) return number
  if (kind < 40) return `${key}=${number}`
  return { key, number, list: [number, { deep: number }], at: new Date(Math.abs(number)) }
}

/** The number of a value read under `key`, 0 for none. @throws if it is not as it was written, in every part. */
export function numberOf(key, value) {
  if (value === undefined) return 0
  if (typeof value === 'number') return value
  const number = claimed(key, value)
  if (!Number.isNaN(number) && isWhole(value, valueWith(key, number))) return number
  throw new Error(`a value that nobody wrote under ${key}: ${shown(value)}`)
}

function claimed(key, value) {
  if (typeof value === 'string') return Number(/=(-?\d+)/.exec(value.slice(0, 100))?.[1])
  if (value instanceof Uint8Array) {
    const text = Buffer.from(value.subarray(0, 100)).toString('latin1')
    return Number(/=(-?\d+);/.exec(text)?.[1])
  }
  return value?.key === key ? Number(value.number) : Number.NaN
}

function isWhole(value, wanted) {
  if (typeof wanted === 'string') return value === wanted
  if (wanted instanceof Uint8Array)
    return value instanceof Uint8Array && Buffer.compare(value, wanted) === 0
  return (
    value.list?.length === 2 &&
    value.list[0] === wanted.number &&
    value.list[1]?.deep === wanted.number &&
    value.at?.getTime() === wanted.at.getTime()
  )
}

function shown(value) {
  const text = value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : value
  return JSON.stringify(text)?.slice(0, 200)
}

/** Changes what a caller may change: his own copy. Nobody else may see that. */
export function spoil(value) {
  if (value instanceof Uint8Array) value.fill(0)
  else if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    value.number = -1
    value.list[0] = -1
    value.list[1].deep = -1
    value.at.setTime(0)
  }
}
