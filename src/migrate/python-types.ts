import { NotConvertible, quoted } from './not-convertible.ts'
import { PythonDatetime, PythonText, type PythonValue } from './python-value.ts'

/** The only names of Python that a pickle may ask for. They are never looked up: each has a reader of its own here. */
export interface PythonType {
  readonly name: string
  /** @throws NotConvertible unless the arguments are those that Python pickles. */
  make(args: readonly PythonValue[]): PythonValue
}

const types: readonly PythonType[] = [
  { name: 'datetime.datetime', make: makeDatetime },
  { name: 'datetime.date', make: makeDate },
  { name: 'datetime.timedelta', make: makeTimedelta },
  { name: 'decimal.Decimal', make: makeDecimal },
]

/** The type that a pickle names. @throws NotConvertible for any but the four. */
export function pythonType(module: string, name: string): PythonType {
  const full = `${module}.${name}`
  const found = types.find((type) => type.name === full)
  if (found !== undefined) return found
  throw new NotConvertible(`needs ${quoted(full)} of Python, which is more than plain data`)
}

/** 10 bytes: year (2, big-endian), month, day, hour, minute, second, microseconds (3, big-endian). */
function makeDatetime(args: readonly PythonValue[]): PythonDatetime {
  const [state, zone] = args
  if (zone !== undefined) throw new NotConvertible('holds a datetime with a time zone')
  if (!(state instanceof Uint8Array) || state.length !== 10 || args.length !== 1)
    throw malformed('datetime')
  const [
    high = 0,
    low = 0,
    month = 0,
    day = 0,
    hour = 0,
    minute = 0,
    second = 0,
    a = 0,
    b = 0,
    c = 0,
  ] = state
  // The top bit of the month says that a clock was set back around that time.
  if (month > 127) throw new NotConvertible('holds a datetime with fold=1')
  const microseconds = a * 65_536 + b * 256 + c
  if (hour > 23 || minute > 59 || second > 59 || microseconds > 999_999) throw malformed('datetime')
  const date = civilDate(high * 256 + low, month, day)
  date.setUTCHours(hour, minute, second, Math.floor(microseconds / 1_000))
  return new PythonDatetime(date, microseconds % 1_000)
}

/** 4 bytes: year (2, big-endian), month, day. */
function makeDate(args: readonly PythonValue[]): PythonText {
  const [state] = args
  if (!(state instanceof Uint8Array) || state.length !== 4 || args.length !== 1)
    throw malformed('date')
  const [high = 0, low = 0, month = 0, day = 0] = state
  return new PythonText(
    'date',
    civilDate(high * 256 + low, month, day)
      .toISOString()
      .slice(0, 10),
  )
}

function civilDate(year: number, month: number, day: number): Date {
  const date = new Date(0)
  date.setUTCFullYear(year, month - 1, day)
  if (year < 1 || year > 9_999 || date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day)
    throw malformed('date')
  return date
}

/** Days, seconds, microseconds; as milliseconds, the unit of every duration here. */
function makeTimedelta(args: readonly PythonValue[]): number {
  const [days, seconds, microseconds] = args
  if (typeof days !== 'number' || typeof seconds !== 'number' || typeof microseconds !== 'number') {
    throw malformed('timedelta')
  }
  const total = (days * 86_400 + seconds) * 1_000_000 + microseconds
  if (args.length !== 3 || !args.every(Number.isSafeInteger)) throw malformed('timedelta')
  if (!Number.isSafeInteger(total))
    throw new NotConvertible('holds a timedelta too long for a number')
  return total / 1_000
}

function makeDecimal(args: readonly PythonValue[]): PythonText {
  const [text] = args
  if (typeof text !== 'string' || args.length !== 1 || text.length > 10_000)
    throw malformed('Decimal')
  if (!/^-?(?:\d+(?:\.\d*)?(?:E[+-]?\d+)?|\.\d+|Infinity|s?NaN\d*)$/.test(text))
    throw malformed('Decimal')
  return new PythonText('Decimal', text)
}

function malformed(what: string): NotConvertible {
  return new NotConvertible(`holds a malformed ${what}`)
}
