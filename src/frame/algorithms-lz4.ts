import { requireOptional } from '../util/optional-package.ts'
import type { Algorithm } from './algorithms.ts'
import { asBuffer } from './header.ts'

/** The part of `lz4-napi` that is used. Its blocks begin with the decompressed size, 32 bits, little-endian. */
interface Lz4Package {
  compressSync(bytes: Buffer): Buffer
  compress(bytes: Buffer): Promise<Buffer>
  uncompressSync(bytes: Buffer): Buffer
  uncompress(bytes: Buffer): Promise<Buffer>
}

const prefixBytes = 4

/** An LZ4 block (https://github.com/lz4/lz4/blob/dev/doc/lz4_Block_format.md) after its size. */
export const lz4: Algorithm = {
  id: 1,
  name: 'lz4',
  levels: undefined,
  checkUsable: load,
  compress(bytes) {
    const library = load("compress: 'lz4'")
    const input = asBuffer(bytes)
    return {
      size: bytes.byteLength,
      now: () => library.compressSync(input),
      later: () => library.compress(input),
    }
  },
  decompress(bytes, size) {
    const library = load('Reading a value that is compressed with lz4')
    const input = asBuffer(bytes)
    // The library allocates what the prefix says.
    const isRight = input.length > prefixBytes && input.readUInt32LE(0) === size
    if (!isRight) throw new RangeError('An LZ4 block says another size than its chunk')
    return {
      size,
      now: () => library.uncompressSync(input),
      later: () => library.uncompress(input),
    }
  },
}

function load(neededFor: string): Lz4Package {
  return requireOptional<Lz4Package>('lz4-napi', neededFor, "use 'gzip' or 'brotli' for new values")
}
