import * as tf from '@tensorflow/tfjs-core'
import { Table, Vector } from 'apache-arrow'

/** Parts of a value that are looked at. */
const most = 300

/** Uses a value as a caller would, as far as damage could show: what is lazy is read, and every part of it is met. */
export function touch(value: unknown): void {
  const waiting: unknown[] = [value]
  const seen = new Set<unknown>()
  for (let count = 0; waiting.length > 0 && count < most; count += 1) {
    const part = waiting.pop()
    if (typeof part !== 'object' || part === null || seen.has(part)) continue
    seen.add(part)
    for (const member of membersOf(part)) {
      waiting.push(member)
      if (waiting.length > 2 * most) break
    }
  }
}

function membersOf(part: object): Iterable<unknown> {
  if (part instanceof Table) return rowsOf(part)
  if (part instanceof Vector) return ends(part)
  if (part instanceof tf.Tensor) return useUp(part)
  if (part instanceof Map) return [...part.keys(), ...part.values()]
  if (part instanceof Set) return part
  if (ArrayBuffer.isView(part)) return [(part as Uint8Array)[0]]
  return Object.values(part)
}

function rowsOf(table: Table): unknown[] {
  return table.schema.fields.flatMap((_, column) => {
    const vector = table.getChildAt(column)
    return vector === null ? [] : ends(vector)
  })
}

function ends(vector: Vector): unknown[] {
  return [0, 1, vector.length - 1].map((row) => vector.get(row))
}

function useUp(tensor: tf.Tensor): unknown[] {
  try {
    return [tensor.dataSync()[0]]
  } finally {
    tensor.dispose()
  }
}
