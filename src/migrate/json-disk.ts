import { inflateSync } from 'node:zlib'
import { readJson } from './json-reader.ts'
import { maxInflatedBytes } from './limits.ts'
import { NotConvertible } from './not-convertible.ts'
import { decodeText } from './python-text.ts'
import type { PythonValue } from './python-value.ts'
import { type PlainValue, toPlain } from './to-plain.ts'

/**
 * What diskcache's JSONDisk wrote: JSON, compressed with zlib.
 * @throws NotConvertible
 */
export function readJsonDisk(bytes: Uint8Array): PythonValue {
  return readJson(decodeText(inflate(bytes)))
}

/**
 * A value file of JSONDisk. What was stored with `read=True` is kept as it is, and nothing in the row says so; bytes that are
 * no compressed JSON can be nothing else.
 */
export function readJsonDiskFile(bytes: Uint8Array): PlainValue {
  let value: PythonValue
  try {
    value = readJsonDisk(bytes)
  } catch (error) {
    if (error instanceof NotConvertible && error.message === notCompressed)
      return { value: bytes, change: undefined }
    throw error
  }
  return toPlain(value, bytes.length)
}

const notCompressed = 'not compressed as JSONDisk does'

function inflate(bytes: Uint8Array): Buffer {
  try {
    return inflateSync(bytes, { maxOutputLength: maxInflatedBytes })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') {
      throw new NotConvertible('compressed data that grows beyond what is read at once')
    }
    throw new NotConvertible(notCompressed)
  }
}
