/** What can be signed or bound: one of the types that a row of SQLite has. */
export type Field = null | number | string | Uint8Array

const tagNull = 0
const tagNumber = 1
const tagText = 2
const tagBytes = 3
const tagSize = 1
const lengthSize = 4
const numberSize = 8

/**
 * Whether `values` can be encoded. Rows come from a file that others may have changed, so their types are not a matter of
 * course. NaN is none: SQLite would keep it as NULL.
 */
export function areFields(values: readonly unknown[]): values is readonly Field[] {
  return values.every(isField)
}

function isField(value: unknown): value is Field {
  if (value === null || typeof value === 'string' || value instanceof Uint8Array) return true
  return typeof value === 'number' && !Number.isNaN(value)
}

/** How many bytes {@link writeFields} writes. */
export function fieldsLength(fields: readonly Field[]): number {
  let length = 0
  for (const field of fields) {
    if (field === null) length += tagSize
    else if (typeof field === 'number') length += tagSize + numberSize
    else if (typeof field === 'string')
      length += tagSize + lengthSize + Buffer.byteLength(field, 'utf8')
    else length += tagSize + lengthSize + field.byteLength
  }
  return length
}

/**
 * Writes `fields` one after the other, each as a byte for its type and then:
 *
 * - null (0): nothing;
 * - number (1): 8 bytes, IEEE 754 double, little-endian, `-0` as `0`;
 * - text (2): 4 bytes length, little-endian, then UTF-8;
 * - bytes (3): 4 bytes length, little-endian, then the bytes.
 *
 * Each field says where it ends and what it is, so two lists share their bytes only if they are equal. Text counts as it is
 * stored: a lone surrogate is U+FFFD there.
 * @returns where it ends in `target`.
 */
export function writeFields(target: Buffer, start: number, fields: readonly Field[]): number {
  let at = start
  for (const field of fields) {
    if (field === null) target[at++] = tagNull
    else if (typeof field === 'number') {
      target[at++] = tagNumber
      // Adding 0 makes 0 of -0, as an INTEGER column does.
      at = target.writeDoubleLE(field + 0, at)
    } else if (typeof field === 'string') {
      target[at++] = tagText
      const length = target.write(field, at + lengthSize, 'utf8')
      at = target.writeUInt32LE(length, at) + length
    } else {
      target[at++] = tagBytes
      at = target.writeUInt32LE(field.byteLength, at)
      target.set(field, at)
      at += field.byteLength
    }
  }
  return at
}

/** `fields` as {@link writeFields} writes them. */
export function encodeFields(fields: readonly Field[]): Uint8Array {
  const bytes = Buffer.allocUnsafe(fieldsLength(fields))
  writeFields(bytes, 0, fields)
  return bytes
}
