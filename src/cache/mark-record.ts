import type { Mark, Marker } from './markers.ts'
import { unmarked } from './markers.ts'

/** Version of the record. */
const version = 1

/** A mark as shared tiers keep it: JSON, `{ v, soft?: { at, node }, hard?: { at, node } }`. */
export function writeMark({ soft, hard }: Mark): Uint8Array {
  return Buffer.from(JSON.stringify({ v: version, soft, hard }))
}

/** The mark in a record; one that cannot be read says that everything before now is void, and is never less than that. */
export function readMark(bytes: Uint8Array | undefined): Mark {
  if (bytes === undefined) return unmarked
  try {
    const record: unknown = JSON.parse(Buffer.from(bytes).toString())
    const { v, soft, hard } = record as { v?: unknown; soft?: unknown; hard?: unknown }
    if (v === version) return { soft: markerOf(soft), hard: markerOf(hard) }
  } catch {
    // Below.
  }
  return { soft: undefined, hard: { at: Number.MAX_SAFE_INTEGER, node: '' } }
}

function markerOf(value: unknown): Marker | undefined {
  if (value === undefined) return undefined
  const { at, node } = value as { at?: unknown; node?: unknown }
  if (typeof at === 'number' && Number.isFinite(at) && typeof node === 'string') return { at, node }
  throw new TypeError('not a marker')
}
