import { corruptArrow } from './arrow-flatbuffer.ts'

const formatVersion = 1
const maxMeta = 32_768

/**
 * How many rows each batch of an Arrow file has, for the entry's small data: a byte with the version, then each count as
 * LEB128 (seven bits per byte, lowest first). With it a table is opened without reading the headers of its batches.
 * Empty where there are too many batches for the room that there is.
 */
export function encodeRowCounts(counts: readonly number[]): Uint8Array {
  const bytes = [formatVersion]
  for (const count of counts) {
    let rest = count
    for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push(0x80 | (rest & 0x7f))
    bytes.push(rest)
    if (bytes.length > maxMeta) return new Uint8Array(0)
  }
  return Uint8Array.from(bytes)
}

/**
 * What {@link encodeRowCounts} wrote; undefined where it wrote nothing.
 * @throws HoldfastError `ERR_CORRUPT`.
 */
export function decodeRowCounts(bytes: Uint8Array): number[] | undefined {
  if (bytes.length === 0) return undefined
  if (bytes[0] !== formatVersion) throw corruptArrow('its row counts are of an unknown version')
  const counts: number[] = []
  let count = 0
  let unit = 1
  for (const byte of bytes.subarray(1)) {
    count += (byte & 0x7f) * unit
    unit *= 0x80
    if (count > 0x7fff_ffff) throw corruptArrow('a row count is absurd')
    if (byte >= 0x80) continue
    counts.push(count)
    count = 0
    unit = 1
  }
  if (unit !== 1) throw corruptArrow('its row counts are cut off')
  return counts
}
