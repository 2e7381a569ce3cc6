import type { ByteSize } from '../util/byte-size.ts'

/** A way of making bytes smaller. `zstd` needs Node 22.15 or newer. */
export type CompressionAlgorithm = 'none' | 'lz4' | 'zstd' | 'gzip' | 'brotli'

/** How stored bytes are compressed: an algorithm, or one with its settings. */
export type Compression =
  | CompressionAlgorithm
  | {
      readonly algorithm: CompressionAlgorithm
      /** The algorithm's own scale. @default its library's default: gzip 6, zstd 3, brotli 4; lz4 has none */
      readonly level?: number | undefined
      /** Smaller values are stored as they are. @default '1KiB' */
      readonly minBytes?: ByteSize | undefined
    }
