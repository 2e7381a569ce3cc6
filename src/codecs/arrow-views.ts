import type { ArrowCopy, ArrowData, DataProperties } from './arrow-types.ts'

const viewSize = 16
const inlineSize = 12

/**
 * Rows of a column of views (Utf8View, BinaryView), with a buffer that holds only what they point to. A view names one of
 * several buffers that all slices of a column share, so each piece of a batch would be written with all of them.
 * Layout: https://arrow.apache.org/docs/format/Columnar.html#variable-size-binary-view-layout
 */
export function compactViews(
  copy: ArrowCopy,
  data: ArrowData,
  common: Pick<DataProperties, 'type' | 'length' | 'nullCount' | 'nullBitmap'>,
  begin: number,
): ArrowData {
  const all = data.values as Uint8Array
  const views = all.subarray(begin * viewSize, (begin + common.length) * viewSize)
  const buffers = data.variadicBuffers ?? []
  const wanted = bytesWanted(views)
  const present = buffers.reduce((sum, buffer) => sum + buffer.byteLength, 0)
  if (wanted === present) return copy.makeData({ ...common, views, variadicBuffers: buffers })
  const moved = views.slice()
  const target = new Uint8Array(wanted)
  moveInto(target, moved, buffers)
  return copy.makeData({ ...common, views: moved, variadicBuffers: wanted > 0 ? [target] : [] })
}

function bytesWanted(views: Uint8Array): number {
  const view = new DataView(views.buffer, views.byteOffset, views.byteLength)
  let bytes = 0
  for (let at = 0; at < views.byteLength; at += viewSize) {
    const length = view.getInt32(at, true)
    if (length > inlineSize) bytes += length
  }
  return bytes
}

function moveInto(target: Uint8Array, views: Uint8Array, buffers: readonly Uint8Array[]): void {
  const view = new DataView(views.buffer, views.byteOffset, views.byteLength)
  let end = 0
  for (let at = 0; at < views.byteLength; at += viewSize) {
    const length = view.getInt32(at, true)
    if (length <= inlineSize) continue
    const source = buffers[view.getInt32(at + 8, true)]
    const from = view.getInt32(at + 12, true)
    if (source !== undefined) target.set(source.subarray(from, from + length), end)
    view.setInt32(at + 8, 0, true)
    view.setInt32(at + 12, end, true)
    end += length
  }
}
