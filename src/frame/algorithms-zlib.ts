import { promisify } from 'node:util'
import zlib, { type BrotliOptions, type ZlibOptions } from 'node:zlib'
import { HoldfastError } from '../contracts/errors.ts'
import type { Algorithm, Levels } from './algorithms.ts'

interface Options extends ZlibOptions, Pick<BrotliOptions, 'params'> {
  /** zstd only: the size of what will be compressed. */
  readonly pledgedSrcSize?: number
}

/** One direction of an algorithm of `node:zlib`, in its two forms. */
interface Direction {
  readonly sync: (bytes: Uint8Array, options: Options) => Buffer
  readonly async: (
    bytes: Uint8Array,
    options: Options,
    done: (error: Error | null, result: Buffer) => void,
  ) => void
}

interface Recipe extends Pick<Algorithm, 'id' | 'name' | 'checkUsable'> {
  readonly levels: Levels
  readonly pack: Direction
  readonly unpack: Direction
  packOptions(size: number, level: number): Options
  unpackOptions(size: number): Options
}

const { constants } = zlib

/** Output that fits into one piece is not copied together; zlib asks for another piece when one is exactly full. */
function pieceFor(size: number): number {
  return size + 64
}

function zlibAlgorithm(recipe: Recipe): Algorithm {
  const { pack, unpack, packOptions, unpackOptions, ...rest } = recipe
  const packLater = promisify(pack.async)
  const unpackLater = promisify(unpack.async)
  return {
    ...rest,
    compress(bytes, level) {
      const size = bytes.byteLength
      const options = { chunkSize: pieceFor(size), ...packOptions(size, level) }
      return { size, now: () => pack.sync(bytes, options), later: () => packLater(bytes, options) }
    },
    decompress(bytes, size) {
      const options = {
        chunkSize: pieceFor(size),
        maxOutputLength: size,
        ...unpackOptions(size),
      }
      return {
        size,
        now: () => unpack.sync(bytes, options),
        later: () => unpackLater(bytes, options),
      }
    },
  }
}

/** The base-2 logarithm of a window that holds `size` bytes, within what an algorithm allows. */
function windowLog(size: number, min: number, max: number): number {
  return Math.min(max, Math.max(min, Math.ceil(Math.log2(size))))
}

/** RFC 1952: one member a chunk. */
export const gzip: Algorithm = zlibAlgorithm({
  id: 3,
  name: 'gzip',
  levels: { min: 1, max: 9, default: 6 },
  checkUsable: () => {},
  pack: { sync: zlib.gzipSync, async: zlib.gzip },
  unpack: { sync: zlib.gunzipSync, async: zlib.gunzip },
  packOptions: (_size, level) => ({ level }),
  unpackOptions: () => ({}),
})

/** RFC 7932. */
export const brotli: Algorithm = zlibAlgorithm({
  id: 4,
  name: 'brotli',
  levels: { min: 0, max: 11, default: 4 },
  checkUsable: () => {},
  pack: { sync: zlib.brotliCompressSync, async: zlib.brotliCompress },
  unpack: { sync: zlib.brotliDecompressSync, async: zlib.brotliDecompress },
  packOptions: (size, level) => ({
    params: {
      [constants.BROTLI_PARAM_QUALITY]: level,
      [constants.BROTLI_PARAM_SIZE_HINT]: size,
      [constants.BROTLI_PARAM_LGWIN]: windowLog(size, 10, 22),
    },
  }),
  unpackOptions: () => ({}),
})

/** What `node:zlib` has from Node 22.15 on; the types of older ones do not know it. */
interface ZstdFunctions {
  readonly zstdCompressSync?: Direction['sync']
  readonly zstdCompress?: Direction['async']
  readonly zstdDecompressSync?: Direction['sync']
  readonly zstdDecompress?: Direction['async']
}

const { zstdCompressSync, zstdCompress, zstdDecompressSync, zstdDecompress } =
  zlib as unknown as ZstdFunctions

/** Both have the number 100 in zstd's interface, one for each direction. */
const zstdLevel = 100
const zstdWindowLogMax = 100

/** RFC 8878: one frame a chunk. */
export const zstd: Algorithm = zlibAlgorithm({
  id: 2,
  name: 'zstd',
  levels: { min: 1, max: 22, default: 3 },
  checkUsable(neededFor) {
    if (zstdCompressSync !== undefined) return
    throw new HoldfastError(
      'ERR_UNSUPPORTED',
      `${neededFor} needs Node 22.15 or newer, which has zstd; this is ${process.versions.node}. Use such a Node, or 'lz4', 'gzip' or 'brotli' for new values.`,
    )
  },
  pack: { sync: zstdCompressSync ?? lacking, async: zstdCompress ?? lacking },
  unpack: { sync: zstdDecompressSync ?? lacking, async: zstdDecompress ?? lacking },
  packOptions: (size, level) => ({ pledgedSrcSize: size, params: { [zstdLevel]: level } }),
  // A frame may ask for a window of 128 MiB, however small it is; ours never need more than their size.
  unpackOptions: (size) => ({ params: { [zstdWindowLogMax]: windowLog(size, 10, 27) } }),
})

function lacking(): never {
  throw new HoldfastError('ERR_UNSUPPORTED', 'zstd needs Node 22.15 or newer.')
}
