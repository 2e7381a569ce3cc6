import type { Codec, Payload } from '../contracts/codec.ts'
import { HoldfastError } from '../contracts/errors.ts'
import { describe } from '../util/describe.ts'
import { checkObject, checkOptionNames } from '../util/options.ts'
import { type ArrowModule, arrowCopyForReading, arrowCopyOf, asArrowCopy } from './arrow-copies.ts'
import { openArrowFile } from './arrow-open.ts'
import { decodeRowCounts, encodeRowCounts } from './arrow-row-counts.ts'
import type { ArrowCopy, ArrowTable, ArrowVector } from './arrow-types.ts'
import { isArrowTable, isArrowVector } from './arrow-types.ts'
import { recordBatch, writeArrowFile } from './arrow-write.ts'

export type { ArrowModule } from './arrow-copies.ts'

/** How the bytes of a table are compressed. */
export type ArrowCompression = 'none' | 'lz4' | 'zstd'

/** Options of {@link arrowCodec}. */
export interface ArrowOptions {
  /**
   * `none` leaves tables as they are, so that a file of them can be mapped and read in part. The others compress the whole
   * table in chunks, as any value; Arrow's own compression of buffers is not used, since apache-arrow before 21 cannot read it.
   * @default 'none'
   */
  readonly compression?: ArrowCompression | undefined
  /**
   * The copy of apache-arrow (17 or newer) that tables are given back in.
   * @default the copy of the first table that this process stored, else the one that its `import` or `require` gives
   */
  readonly arrow?: ArrowModule | undefined
}

/** A codec that also says how its bytes are best compressed. */
export interface ArrowCodec extends Codec {
  readonly compression: ArrowCompression
  test(value: unknown): boolean
}

const compressions: readonly unknown[] = ['none', 'lz4', 'zstd']

/**
 * Apache Arrow tables as Arrow IPC files, in record batches of at most 8 MiB: schema, metadata, dictionaries, nulls and
 * 64-bit numbers are kept. Buffers of a table that is read are views of the stored bytes, so of a mapped file only what is
 * touched is read. Batches are opened when they are first used.
 * @throws HoldfastError `ERR_INVALID_OPTION`; from `encode` `ERR_UNSUPPORTED_VALUE`; from `decode` `ERR_CORRUPT`, and
 *   `ERR_DEPENDENCY_MISSING` where apache-arrow is not installed.
 *
 * @example
 * const cache = new DiskCache('.cache/tables', { codec: arrow({ compression: 'zstd' }) })
 */
export function arrowCodec(options: ArrowOptions = {}): ArrowCodec {
  const { handedIn, compression } = resolve(options)
  return {
    id: 'arrow',
    compression,
    test: isArrowTable,
    encode(value) {
      if (!isArrowTable(value)) throw unsupported('an Arrow table', value)
      return tablePayload(arrowCopyOf(value, 'Table', handedIn), value)
    },
    decode: (bytes, { meta }) =>
      openArrowFile(arrowCopyForReading(handedIn), bytes, decodeRowCounts(meta)),
  }
}

/** Apache Arrow vectors (columns), as tables of one column: see {@link arrowCodec}. */
export function arrowVectorCodec(options: ArrowOptions = {}): ArrowCodec {
  const { handedIn, compression } = resolve(options)
  return {
    id: 'arrow-vector',
    compression,
    test: isArrowVector,
    encode(value) {
      const chunk = isArrowVector(value) ? value.data[0] : undefined
      if (chunk === undefined) throw unsupported('an Arrow vector', value)
      const copy = arrowCopyOf(chunk, 'Data', handedIn)
      return tablePayload(copy, tableOf(copy, value as ArrowVector))
    },
    decode(bytes, { meta }) {
      const copy = arrowCopyForReading(handedIn)
      const vector = openArrowFile(copy, bytes, decodeRowCounts(meta)).getChildAt(0)
      if (vector === null) throw new HoldfastError('ERR_CORRUPT', 'Arrow data: it has no column.')
      return vector
    },
  }
}

function resolve(options: ArrowOptions): {
  handedIn: ArrowCopy | undefined
  compression: ArrowCompression
} {
  checkOptionNames('arrow', checkObject('arrow', options), ['compression', 'arrow'])
  const { arrow, compression = 'none' } = options
  if (!compressions.includes(compression)) {
    throw new HoldfastError(
      'ERR_INVALID_OPTION',
      `Option 'compression': expected 'none', 'lz4' or 'zstd', got ${describe(compression)}.`,
    )
  }
  return { handedIn: asArrowCopy(arrow), compression }
}

function tablePayload(copy: ArrowCopy, table: ArrowTable): Payload {
  const { bytes, rows } = writeArrowFile(copy, table)
  return { bytes, meta: encodeRowCounts(rows) }
}

function tableOf(copy: ArrowCopy, { type, data }: ArrowVector): ArrowTable {
  const schema = new copy.Schema([new copy.Field('value', type, true)])
  const batches = data.map((chunk) => recordBatch(copy, schema, chunk.length, [chunk]))
  return new copy.Table(schema, batches)
}

function unsupported(wanted: string, value: unknown): HoldfastError {
  return new HoldfastError(
    'ERR_UNSUPPORTED_VALUE',
    `Value: expected ${wanted}, got ${typeof value === 'object' ? describe(value) : typeof value}. Store it with another codec, such as auto().`,
  )
}
