import {
  PythonDatetime,
  PythonDict,
  PythonFloat,
  PythonList,
  type PythonSet,
  PythonText,
  PythonTuple,
  type PythonValue,
} from './python-value.ts'

/** Characters of a key's name in a report. Text keys are not cut. */
const longestName = 400

/** A key as reports name it: text as it is, anything else as Python writes it. */
export function nameOfKey(value: PythonValue): string {
  if (typeof value === 'string') return value
  const text = repr(value, { left: longestName })
  return text.length > longestName ? `${text.slice(0, longestName)}...` : text
}

/** Characters that may still be written. Also ends the walk of values that hold themselves, or one thing very often. */
interface Room {
  left: number
}

function repr(value: PythonValue, room: Room): string {
  if (room.left <= 0) return '...'
  const text = reprOf(value, room)
  room.left -= text.length
  return text
}

function reprOf(value: PythonValue, room: Room): string {
  if (value === null) return 'None'
  if (typeof value === 'boolean') return value ? 'True' : 'False'
  if (typeof value === 'number')
    return Number.isSafeInteger(value) ? String(value) : floatRepr(value)
  if (typeof value === 'bigint') return String(value)
  if (typeof value === 'string') return textRepr(value.slice(0, longestName))
  if (value instanceof Uint8Array) return bytesRepr(value.subarray(0, longestName))
  if (value instanceof PythonFloat) return floatRepr(value.value)
  if (value instanceof PythonDatetime) return `datetime(${value.date.toISOString().slice(0, -1)})`
  if (value instanceof PythonText) return `${value.type}(${textRepr(value.text)})`
  return containerRepr(value, room)
}

function containerRepr(
  value: PythonTuple | PythonList | PythonDict | PythonSet,
  room: Room,
): string {
  // Brackets count at once, or nothing would end a walk into something endlessly deep.
  room.left -= 1
  if (value instanceof PythonDict) {
    const pairs = value.names
      .slice(0, longestName)
      .map((name, index) => `${repr(name, room)}: ${repr(value.members[index] ?? null, room)}`)
    return `{${pairs.join(', ')}}`
  }
  const items = value.items.slice(0, longestName).map((item) => repr(item, room))
  if (value instanceof PythonTuple) return `(${items.join(', ')}${items.length === 1 ? ',' : ''})`
  return value instanceof PythonList ? `[${items.join(', ')}]` : `{${items.join(', ')}}`
}

/** `value` as Python's `repr(float)` writes it: `1.0`, `1e+16`, `1e-05`, `inf`. */
export function floatRepr(value: number): string {
  if (Number.isNaN(value)) return 'nan'
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf'
  if (value === 0) return Object.is(value, -0) ? '-0.0' : '0.0'
  const [digits = '', power = '0'] = value.toExponential().split('e')
  const exponent = Number(power)
  if (exponent < -4 || exponent >= 16) {
    return `${digits}e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`
  }
  // In this range neither language uses an exponent, but for JavaScript's 1e-7, which is below it.
  const text = String(value)
  return text.includes('.') ? text : `${text}.0`
}

/** Bytes as Python writes them: `b'a\xff'`. */
export function bytesRepr(bytes: Uint8Array): string {
  const text = Array.from(bytes, (byte) => {
    if (byte === 0x27 || byte === 0x5c) return `\\${String.fromCharCode(byte)}`
    if (byte >= 0x20 && byte < 0x7f) return String.fromCharCode(byte)
    return `\\x${byte.toString(16).padStart(2, '0')}`
  })
  return `b'${text.join('')}'`
}

function textRepr(text: string): string {
  return `'${JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`
}
