import { isUtf8 } from 'node:buffer'
import { NotConvertible } from './not-convertible.ts'

/**
 * `bytes` as text: UTF-8, or what Python's `surrogatepass` makes of lone surrogates, which pickles may hold.
 * @throws NotConvertible for other bytes; never replaces any.
 */
export function decodeText(bytes: Uint8Array): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (isUtf8(buffer)) return buffer.toString('utf8')
  return withSurrogates(buffer)
}

/** UTF-8 in which each `ED A0..BF 80..BF` stands for half of a surrogate pair. */
function withSurrogates(bytes: Buffer): string {
  let text = ''
  let start = 0
  for (let at = bytes.indexOf(0xed); at >= 0; at = bytes.indexOf(0xed, at + 1)) {
    const [, second = 0, third = 0] = bytes.subarray(at, at + 3)
    if (second < 0xa0 || second > 0xbf || third < 0x80 || third > 0xbf) continue
    text += strict(bytes.subarray(start, at))
    text += String.fromCharCode(0xd000 | ((second & 0x3f) << 6) | (third & 0x3f))
    start = at + 3
  }
  return text + strict(bytes.subarray(start))
}

function strict(bytes: Buffer): string {
  if (!isUtf8(bytes)) throw new NotConvertible('text that is not UTF-8')
  return bytes.toString('utf8')
}
