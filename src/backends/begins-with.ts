/** Whether a record is what `Backend.swap` expects: none where none is expected, else one that begins so. */
export function beginsWith(
  bytes: Uint8Array | undefined,
  expected: Uint8Array | undefined,
): boolean {
  if (bytes === undefined || expected === undefined) return bytes === expected
  return Buffer.compare(bytes.subarray(0, expected.byteLength), expected) === 0
}
