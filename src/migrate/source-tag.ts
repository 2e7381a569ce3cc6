import { bytesRepr, floatRepr } from './python-repr.ts'
import { decodeText } from './python-text.ts'
import { type Cell, integerOf } from './source-database.ts'

/** A tag here is a text: that of the source's tag as Python's `str()` writes it. */
export function tagOf(cell: Cell): {
  readonly tag: string | undefined
  readonly tagChange: string | undefined
} {
  if (cell.type === 'null') return { tag: undefined, tagChange: undefined }
  const tag = textOf(cell)
  if (tag !== undefined && tag !== '' && tag.isWellFormed() && !tag.includes('\0'))
    return { tag, tagChange: undefined }
  return {
    tag: undefined,
    tagChange: 'its tag was left out: a tag is a text that is not empty, without NUL',
  }
}

function textOf(cell: Exclude<Cell, { type: 'null' }>): string | undefined {
  if (cell.type === 'real') return floatRepr(cell.value)
  if (cell.type === 'integer') return String(integerOf(cell.value))
  if (cell.type === 'blob') return bytesRepr(cell.value)
  try {
    return decodeText(cell.value)
  } catch {
    return undefined
  }
}
