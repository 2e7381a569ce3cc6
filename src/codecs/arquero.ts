import type { Codec } from '../contracts/codec.ts'
import { HoldfastError } from '../contracts/errors.ts'
import { describe } from '../util/describe.ts'
import { requireOptional } from '../util/optional-package.ts'
import { aligned, checkArrowFile } from './arrow-check.ts'

/** What is used of the module arquero, 7 or newer. */
export interface ArqueroModule {
  fromArrow(bytes: Uint8Array, options: { useBigInt: true }): unknown
}

/** Options of {@link arqueroCodec}. */
export interface ArqueroOptions {
  /** The module arquero. @default the installed one, loaded when the first table is read */
  readonly arquero?: ArqueroModule | undefined
}

interface ArqueroTable {
  isGrouped(): boolean
  toArrowIPC(options: { format: 'file' }): Uint8Array
}

/**
 * arquero tables, known by shape, as Arrow IPC files. Filters and orders are applied; columns are what Arrow makes of them:
 * lists of numbers come back as typed arrays, and `undefined` as null.
 * @throws HoldfastError `ERR_INVALID_OPTION`; from `encode` `ERR_UNSUPPORTED_VALUE`, also for a grouped table and a column of
 *   mixed types; from `decode` `ERR_CORRUPT`, and `ERR_DEPENDENCY_MISSING` where neither the option nor the package is there.
 */
export function arqueroCodec({ arquero }: ArqueroOptions = {}): Codec {
  if (arquero !== undefined && typeof arquero.fromArrow !== 'function') {
    throw new HoldfastError(
      'ERR_INVALID_OPTION',
      "Option 'arquero': expected the module arquero itself, which has fromArrow.",
    )
  }
  return {
    id: 'arquero',
    test: isTable,
    encode(value) {
      if (!isTable(value)) {
        const got = typeof value === 'object' ? describe(value) : typeof value
        throw unsupported(`expected an arquero table, got ${got}. Store it with auto()`)
      }
      if (value.isGrouped()) throw unsupported('the groups of a table would be lost. ungroup() it')
      try {
        return value.toArrowIPC({ format: 'file' })
      } catch (error) {
        throw unsupported('a column of the table has no Arrow type; see the cause', error)
      }
    },
    decode(bytes) {
      checkArrowFile(bytes)
      const { fromArrow } = arquero ?? installed()
      // Without useBigInt the last digits of 64-bit integers would be lost.
      return fromArrow(aligned(bytes), { useBigInt: true })
    },
  }
}

function installed(): ArqueroModule {
  return requireOptional(
    'arquero',
    'Reading an arquero table',
    'hand the module in: auto({ arquero })',
  )
}

function isTable(value: unknown): value is ArqueroTable {
  if (typeof value !== 'object' || value === null) return false
  const { toArrowIPC, isGrouped, columnNames } = value as Partial<ArqueroTable> & {
    columnNames?: unknown
  }
  return [toArrowIPC, isGrouped, columnNames].every((method) => typeof method === 'function')
}

function unsupported(what: string, cause?: unknown): HoldfastError {
  return new HoldfastError('ERR_UNSUPPORTED_VALUE', `Value: ${what}.`, { cause })
}
