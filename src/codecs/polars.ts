import type { Codec } from '../contracts/codec.ts'
import { HoldfastError } from '../contracts/errors.ts'
import { describe } from '../util/describe.ts'
import { requireOptional } from '../util/optional-package.ts'
import { checkArrowFile } from './arrow-check.ts'

/** What is used of the module nodejs-polars. */
export interface PolarsModule {
  readIPC(bytes: Buffer): unknown
}

/** Options of {@link polarsCodec}. */
export interface PolarsOptions {
  /** The module nodejs-polars. @default the installed one, loaded when the first frame is read */
  readonly polars?: PolarsModule | undefined
}

interface PolarsFrame {
  rechunk(): PolarsFrame
  writeIPC(options: { compression: 'uncompressed' }): Uint8Array
}

/**
 * nodejs-polars data frames, known by shape, as the Arrow IPC files that polars writes itself.
 * @throws HoldfastError `ERR_INVALID_OPTION`; from `encode` `ERR_UNSUPPORTED_VALUE`; from `decode` `ERR_CORRUPT`, and
 *   `ERR_DEPENDENCY_MISSING` where neither the option nor the package is there.
 */
export function polarsCodec({ polars }: PolarsOptions = {}): Codec {
  if (polars !== undefined && typeof polars.readIPC !== 'function') {
    throw new HoldfastError(
      'ERR_INVALID_OPTION',
      "Option 'polars': expected the module nodejs-polars itself, which has readIPC.",
    )
  }
  return {
    id: 'polars',
    test: isFrame,
    encode(value) {
      if (!isFrame(value)) {
        const got = typeof value === 'object' ? describe(value) : typeof value
        throw new HoldfastError(
          'ERR_UNSUPPORTED_VALUE',
          `Value: expected a nodejs-polars DataFrame, got ${got}. Collect a LazyFrame first; store other values with auto().`,
        )
      }
      try {
        // In one piece: polars cannot write pieces whose categories were numbered apart.
        return value.rechunk().writeIPC({ compression: 'uncompressed' })
      } catch (error) {
        throw new HoldfastError(
          'ERR_UNSUPPORTED_VALUE',
          'Value: polars cannot write this frame as an Arrow file; see the cause.',
          { cause: error },
        )
      }
    },
    decode(bytes) {
      // polars is native code, which trusts more of what it reads than it should.
      checkArrowFile(bytes)
      const { readIPC } = polars ?? installed()
      return readIPC(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength))
    },
  }
}

function installed(): PolarsModule {
  return requireOptional(
    'nodejs-polars',
    'Reading a polars DataFrame',
    'hand the module in: auto({ polars })',
  )
}

// A frame is a proxy whose own names are its columns: only its tag and its methods tell what it is.
function isFrame(value: unknown): value is PolarsFrame {
  if (typeof value !== 'object' || value === null) return false
  const frame = value as { [Symbol.toStringTag]?: unknown; writeIPC?: unknown; collect?: unknown }
  return frame[Symbol.toStringTag] === 'DataFrame' && typeof frame.writeIPC === 'function'
}
