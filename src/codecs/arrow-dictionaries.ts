import { HoldfastError } from '../contracts/errors.ts'
import { exactSlice } from './arrow-slice.ts'
import {
  type ArrowCopy,
  type ArrowData,
  type ArrowDictionaryType,
  type ArrowField,
  type ArrowSchema,
  type ArrowType,
  type ArrowVector,
  arrowTypeId as id,
  type Numbers,
} from './arrow-types.ts'

/** The columns of one batch. */
export type Columns = readonly ArrowData[]

/**
 * Gives every dictionary-encoded column one dictionary for all batches, and an id of its own: an Arrow file can only add to
 * a dictionary, not replace it. Tables that were put together from others have one for each, and often under the same id.
 * Indices of later dictionaries are moved; values are not compared.
 */
export function shareDictionaries(
  copy: ArrowCopy,
  schema: ArrowSchema,
  batches: readonly Columns[],
): { schema: ArrowSchema; batches: readonly Columns[] } {
  const ids = new Map<number, Merged>()
  const fields = schema.fields.map((field) => ({ field, merged: new Map<ArrowType, Merged>() }))
  fields.forEach(({ field, merged }, index) => {
    const chunks = batches.flatMap((columns) => columns[index] ?? [])
    for (const { type, slots } of dictionarySlots(field.type, chunks))
      merged.set(type, mergedOf(copy, type, slots))
  })
  if (fields.every(({ merged }) => merged.size === 0)) return { schema, batches }
  const renamed = fields.map(({ field, merged }) => withOwnIds(copy, field, merged, ids))
  const isSame = renamed.every((field, index) => field === schema.fields[index])
  return {
    schema: isSame ? schema : new copy.Schema(renamed, schema.metadata),
    batches: batches.map((columns) =>
      columns.map((data, index) => {
        const field = fields[index]
        return field === undefined ? data : rewritten(copy, field.field.type, data, field.merged)
      }),
    ),
  }
}

/** One dictionary for all batches, and by how much the indices into each of its parts move. */
interface Merged {
  readonly dictionary: ArrowVector
  readonly shifts: ReadonlyMap<ArrowVector, number>
  readonly key: readonly ArrowData[]
}

interface Slot {
  readonly type: ArrowDictionaryType
  readonly slots: readonly ArrowData[]
}

function isDictionary(type: ArrowType): type is ArrowDictionaryType {
  return type.typeId === id.dictionary
}

function dictionarySlots(type: ArrowType, chunks: readonly ArrowData[]): Slot[] {
  if (isDictionary(type)) return [{ type, slots: chunks }]
  return (type.children ?? []).flatMap((child, index) =>
    dictionarySlots(
      child.type,
      chunks.flatMap((data) => data.children[index] ?? []),
    ),
  )
}

function mergedOf(copy: ArrowCopy, type: ArrowDictionaryType, slots: readonly ArrowData[]): Merged {
  const shifts = new Map<ArrowVector, number>()
  const families: ArrowVector[] = []
  for (const { dictionary } of slots) {
    if (dictionary === undefined || dictionary.length === 0) continue
    const family = families.findIndex(
      (other) => isPrefix(other, dictionary) || isPrefix(dictionary, other),
    )
    if (family < 0) families.push(dictionary)
    else if (dictionary.length > (families[family]?.length ?? 0)) families[family] = dictionary
  }
  let length = 0
  for (const family of families) {
    for (const { dictionary } of slots)
      if (dictionary !== undefined && isPrefix(dictionary, family)) shifts.set(dictionary, length)
    length += family.length
  }
  if (length > 0 && families.length > 1) checkRange(type, length)
  const key = families.flatMap((family) => family.data)
  const parts = key.map((data) => exactSlice(copy, data, 0, data.length))
  const none = copy.makeData({ type: type.dictionary, length: 0, nullCount: 0 })
  return { dictionary: new copy.Vector(parts.length > 0 ? parts : [none]), shifts, key }
}

/** Whether `vector` is `other`, or began as it: what a stream that adds to its dictionary gives. */
function isPrefix(vector: ArrowVector, other: ArrowVector): boolean {
  return vector.length > 0 && vector.data.every((data, index) => data === other.data[index])
}

function checkRange(type: ArrowDictionaryType, length: number): void {
  const { bitWidth, isSigned } = type.indices as unknown as { bitWidth: number; isSigned: boolean }
  if (length <= 2 ** (isSigned ? bitWidth - 1 : bitWidth)) return
  throw new HoldfastError(
    'ERR_UNSUPPORTED_VALUE',
    `Value: the batches of a dictionary column have dictionaries of ${length} values in all, too many for its ${bitWidth}-bit indices. Build the column with one dictionary, or with wider indices.`,
  )
}

function withOwnIds(
  copy: ArrowCopy,
  field: ArrowField,
  merged: ReadonlyMap<ArrowType, Merged>,
  ids: Map<number, Merged>,
): ArrowField {
  for (const [type, mine] of merged) {
    const { id: wanted, dictionary, indices, isOrdered } = type as ArrowDictionaryType
    const other = ids.get(wanted)
    if (other === undefined) {
      ids.set(wanted, mine)
    } else if (!isSameDictionary(other, mine)) {
      if (type !== field.type) {
        throw new HoldfastError(
          'ERR_UNSUPPORTED_VALUE',
          'Value: two dictionary columns inside lists or structs have one dictionary id and different dictionaries. Give each a type of its own.',
        )
      }
      const free = 1 + Math.max(...ids.keys())
      ids.set(free, mine)
      const own = new copy.Dictionary(dictionary, indices, free, isOrdered)
      return new copy.Field(field.name, own, field.nullable, field.metadata)
    }
  }
  return field
}

function isSameDictionary(one: Merged, other: Merged): boolean {
  return one.key.length === other.key.length && one.key.every((data, at) => data === other.key[at])
}

function rewritten(
  copy: ArrowCopy,
  type: ArrowType,
  data: ArrowData,
  merged: ReadonlyMap<ArrowType, Merged>,
): ArrowData {
  const own = merged.get(type)
  if (own !== undefined) return withDictionary(copy, data, own)
  const fields = type.children ?? []
  if (!fields.some((field) => dictionarySlots(field.type, []).length > 0)) return data
  const children = data.children.map((child, index) => {
    const field = fields[index]
    return field === undefined ? child : rewritten(copy, field.type, child, merged)
  })
  const { length, nullCount, nullBitmap, valueOffsets, typeIds } = data
  const whole = { type: data.type, length, nullCount, nullBitmap, valueOffsets, typeIds }
  return copy.makeData({ ...whole, children, child: children[0] })
}

function withDictionary(copy: ArrowCopy, data: ArrowData, merged: Merged): ArrowData {
  const shift = data.dictionary === undefined ? 0 : (merged.shifts.get(data.dictionary) ?? 0)
  const { type, length, nullCount, nullBitmap, values } = data
  return copy.makeData({
    ...{ type, length, nullCount, nullBitmap, dictionary: merged.dictionary },
    data: values === undefined || shift === 0 ? values : moved(values, shift),
  })
}

function moved(values: Numbers, shift: number): Numbers {
  if (values instanceof BigInt64Array || values instanceof BigUint64Array)
    return values.map((index) => index + BigInt(shift))
  return values.map((index) => index + shift)
}
