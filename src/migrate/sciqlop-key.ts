import { NotConvertible } from './not-convertible.ts'
import { readPickle } from './pickle-reader.ts'
import { PythonFloat, PythonText, type PythonValue } from './python-value.ts'

/**
 * A key of SciQLop 0.3 that is no text: NUL, a letter for its type, and the rest.
 * @throws NotConvertible
 */
export function readSciqlopKey(text: string): PythonValue {
  const body = text.slice(2)
  switch (text[1]) {
    case 'i':
      return readInteger(body)
    case 'f':
      return new PythonFloat(readFloat(body))
    case 'b':
      if (/[^\0-\xff]/.test(body)) throw new NotConvertible('the key is damaged')
      return Buffer.from(body, 'latin1')
    case 'p':
      return readPickled(body)
    default:
      throw new NotConvertible('the key is of a type that SciQLop does not have')
  }
}

function readInteger(text: string): number | bigint {
  if (!/^-?\d{1,4300}$/.test(text)) throw new NotConvertible('the key is damaged')
  const number = Number(text)
  return Number.isSafeInteger(number) ? number : BigInt(text)
}

/** Python's `repr(float)`. */
function readFloat(text: string): number {
  if (/^-?\d+(?:\.\d+)?(?:e[+-]\d+)?$/.test(text)) return Number(text)
  if (/^(?:-?inf|nan)$/.test(text)) throw new NotConvertible('the key is infinity or NaN')
  throw new NotConvertible('the key is damaged')
}

function readPickled(text: string): PythonValue {
  const value = readPickle(Buffer.from(text, 'base64'), { markFloats: true })
  // In Python these are no texts, numbers or bytes, which have letters of their own; here they would become such.
  const isPlain =
    typeof value === 'string' || typeof value === 'number' || value instanceof Uint8Array
  if (isPlain || value instanceof PythonText) {
    throw new NotConvertible('the key would be taken for a plain text, number or bytes')
  }
  return value
}
