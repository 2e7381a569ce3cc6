import { corruptArrow } from './arrow-flatbuffer.ts'
import { type ArrowMessage, readArrowFooter, readArrowMessage } from './arrow-metadata.ts'

/** Rows that need no bytes, as those of a column of nulls, are not told from wild numbers beyond this. */
const rowsWithoutBytes = 65_536

/**
 * Checks that all metadata of an Arrow file, and every buffer that it names, lies within `file`, and that it has bytes for its
 * rows. For readers that do not.
 * @throws HoldfastError `ERR_CORRUPT`.
 */
export function checkArrowFile(file: Uint8Array): void {
  const { dictionaries, batches } = readArrowFooter(file)
  for (const block of [...dictionaries, ...batches])
    checkRows(readArrowMessage(file, block), block.bodyLength)
}

function checkRows({ rows, nodes }: ArrowMessage, bodyLength: number): void {
  const limit = 8 * bodyLength + rowsWithoutBytes
  if (rows > limit || nodes.some(({ length }) => length > limit))
    throw corruptArrow('a batch has more rows than bytes for them')
}

/** Typed arrays must begin on a multiple of their element size, of which 8 is the largest. */
export function aligned(bytes: Uint8Array): Uint8Array {
  const { buffer, byteOffset, byteLength } = bytes
  return byteOffset % 8 === 0
    ? new Uint8Array(buffer, byteOffset, byteLength)
    : new Uint8Array(bytes)
}
