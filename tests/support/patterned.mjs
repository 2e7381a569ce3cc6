/**
 * Values that name the write they come from in every few bytes: a mixture of two writes, a short value or one that
 * belongs to another key cannot pass for a complete one.
 */
export function patterned(key, sequence, size) {
  return Buffer.alloc(size, `${key}#${sequence}#${size};`)
}

/** The sequence number of a complete value of `key`; `undefined` for anything else. */
export function sequenceOf(key, value) {
  if (!(value instanceof Uint8Array)) return undefined
  const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength)
  const label = bytes.toString('latin1', 0, 200).split(';', 1)[0].split('#')
  const sequence = Number(label[1])
  if (label[0] !== key || !Number.isInteger(sequence)) return undefined
  return bytes.equals(patterned(key, sequence, bytes.length)) ? sequence : undefined
}
