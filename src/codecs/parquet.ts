import type { Codec } from '../contracts/codec.ts'
import { HoldfastError } from '../contracts/errors.ts'
import { describe } from '../util/describe.ts'
import { requireOptional } from '../util/optional-package.ts'
import { checkObject, checkOptionNames } from '../util/options.ts'
import { type ArrowModule, arrowCopyForReading, arrowCopyOf, asArrowCopy } from './arrow-copies.ts'
import { corruptArrow } from './arrow-flatbuffer.ts'
import { decodeRowCounts, encodeRowCounts } from './arrow-row-counts.ts'
import { isArrowTable } from './arrow-types.ts'
import { writeArrowStream } from './arrow-write.ts'

/** How the columns of a Parquet file are compressed. */
export type ParquetCompression = 'none' | 'snappy' | 'gzip' | 'brotli' | 'lz4' | 'zstd'

/** What is used of the module parquet-wasm: its Node build, or another one that is initialised. */
export interface ParquetModule {
  readonly Table: { fromIPCStream(bytes: Uint8Array): ParquetTable }
  readonly WriterPropertiesBuilder: new () => PropertiesBuilder
  readonly Compression: Readonly<Record<string, unknown>>
  writeParquet(table: never, properties: never): Uint8Array
  readParquet(bytes: Uint8Array, options: { batchSize: number; limit: number }): ParquetTable
}

interface ParquetTable {
  intoIPCStream(): Uint8Array
}

interface PropertiesBuilder {
  setCompression(compression: never): { build(): unknown }
}

/** Options of {@link parquetCodec}. */
export interface ParquetOptions {
  /** @default 'zstd' */
  readonly compression?: ParquetCompression | undefined
  /** The module `parquet-wasm`, in its build for Node. @default the installed one, loaded when first needed */
  readonly parquet?: ParquetModule | undefined
  /** The copy of apache-arrow that tables are given back in. @default as for `arrowCodec` */
  readonly arrow?: ArrowModule | undefined
}

const compressions: Readonly<Record<ParquetCompression, string>> = {
  none: 'UNCOMPRESSED',
  snappy: 'SNAPPY',
  gzip: 'GZIP',
  brotli: 'BROTLI',
  lz4: 'LZ4_RAW',
  zstd: 'ZSTD',
}

/** Rows of a batch of a table that is read. */
const batchRows = 65_536

/**
 * Apache Arrow tables as Parquet files: smaller than Arrow files, readable by other programs, but decoded as a whole, so for
 * wire and archive and not for mapping. Types that Parquet lacks (unions, some intervals) are refused.
 * Decoding is done by parquet-wasm, whose memory is not bounded by the size of the file: sign or encrypt what others can write.
 * @throws HoldfastError `ERR_INVALID_OPTION`, `ERR_DEPENDENCY_MISSING`; from `encode` `ERR_UNSUPPORTED_VALUE`; from `decode`
 *   `ERR_CORRUPT`.
 *
 * @example
 * const archive = new DiskCache('archive', { codec: parquet({ compression: 'zstd' }) })
 */
export function parquetCodec(options: ParquetOptions = {}): Codec {
  checkOptionNames('parquet', checkObject('parquet', options), ['compression', 'parquet', 'arrow'])
  const { compression = 'zstd', parquet } = options
  const handedIn = asArrowCopy(options.arrow)
  if (!Object.hasOwn(compressions, compression)) {
    const known = Object.keys(compressions).join(', ')
    throw invalid(`'compression': expected one of ${known}, got ${describe(compression)}`)
  }
  if (parquet !== undefined && typeof parquet.readParquet !== 'function')
    throw invalid("'parquet': expected the module parquet-wasm itself, which has readParquet")
  return {
    id: 'parquet',
    test: isArrowTable,
    encode(value) {
      if (!isArrowTable(value)) throw unsupported('expected an Arrow table. Store it with auto()')
      const library = parquet ?? installed()
      const stream = writeArrowStream(arrowCopyOf(value, 'Table', handedIn), value)
      const bytes = toParquet(library, stream, compressions[compression])
      return { bytes, meta: encodeRowCounts([value.numRows]) }
    },
    decode(bytes, { meta }) {
      const library = parquet ?? installed()
      const [rows = 0] = decodeRowCounts(meta) ?? []
      // One row more than there are: a file of more rows is noticed, and not decoded.
      const options = { batchSize: batchRows, limit: rows + 1 }
      const stream = library.readParquet(bytes, options).intoIPCStream()
      const table = arrowCopyForReading(handedIn).tableFromIPC(stream)
      if (table.numRows !== rows) throw corruptArrow('it has not as many rows as was recorded')
      return table
    },
  }
}

function toParquet(library: ParquetModule, stream: Uint8Array, name: string): Uint8Array {
  const compression = library.Compression[name] as never
  try {
    const properties = new library.WriterPropertiesBuilder().setCompression(compression).build()
    return library.writeParquet(library.Table.fromIPCStream(stream) as never, properties as never)
  } catch (error) {
    throw unsupported(
      'a column of the table has no Parquet type; see the cause. Store it with arrowCodec()',
      error,
    )
  }
}

function installed(): ParquetModule {
  return requireOptional(
    'parquet-wasm',
    "The codec 'parquet'",
    'hand the module in: parquet({ parquet })',
  )
}

function invalid(what: string): HoldfastError {
  return new HoldfastError('ERR_INVALID_OPTION', `Option ${what}.`)
}

function unsupported(what: string, cause?: unknown): HoldfastError {
  return new HoldfastError('ERR_UNSUPPORTED_VALUE', `Value: ${what}.`, { cause })
}
