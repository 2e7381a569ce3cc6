import type { Codec } from '../contracts/codec.ts'
import {
  arrayBufferCodec,
  bigintCodec,
  bufferCodec,
  bytesCodec,
  dateCodec,
  falseCodec,
  nullCodec,
  numberCodec,
  textCodec,
  trueCodec,
  undefinedCodec,
  urlCodec,
} from './basic.ts'
import { graphCodec } from './graph.ts'
import { jsonCodec } from './json.ts'
import { msgpack } from './msgpack.ts'
import { ndArrayCodec } from './ndarray.ts'
import { parquetCodec } from './parquet.ts'
import { specialCodecs } from './special-codecs.ts'
import { structuredCodec } from './structured.ts'
import { tableCodecs } from './table-codecs.ts'
import { typedArrayCodecs } from './typed-array.ts'

const tables = tableCodecs({})

/** The graph without classes of the user's; those of an `auto` that has some come before it. */
const plainGraph = graphCodec({
  codecFor: specialCodecs([], tables),
  codecOf: (id) => builtInCodec(id),
})

/**
 * The codecs that every store can read without being told, each at the number under which frames name it. Append only: a
 * number, once released, belongs to its codec for ever.
 */
export const builtInCodecs: readonly Codec[] = [
  undefinedCodec,
  nullCodec,
  falseCodec,
  trueCodec,
  numberCodec,
  textCodec,
  bytesCodec,
  bufferCodec,
  structuredCodec,
  ...typedArrayCodecs,
  bigintCodec,
  msgpack(),
  jsonCodec,
  plainGraph,
  ndArrayCodec,
  ...tables,
  parquetCodec(),
  dateCodec,
  arrayBufferCodec,
  urlCodec,
]

const numbers: ReadonlyMap<string, number> = new Map(
  builtInCodecs.map((codec, number) => [codec.id, number]),
)

/** The number of a built-in codec. */
export function codecNumber(id: string): number | undefined {
  return numbers.get(id)
}

/** A built-in codec by its number or id. */
export function builtInCodec(codec: number | string): Codec | undefined {
  const number = typeof codec === 'number' ? codec : numbers.get(codec)
  return number === undefined ? undefined : builtInCodecs[number]
}

/** The codec that reads what `given`, or whatever it chose, wrote under `id`: a member of it goes before a built-in. */
export function findCodec(given: Codec, id: string): Codec | undefined {
  if (given.id === id && given.choose === undefined) return given
  return given.members?.find((member) => member.id === id) ?? builtInCodec(id)
}
