import { builtInCodec } from '../codecs/built-in.ts'

/** The id of the codec in a row: the number of a built-in one, or the id itself. */
export function codecName(codec: number | string): string {
  return typeof codec === 'string' ? codec : (builtInCodec(codec)?.id ?? `unknown-${codec}`)
}

const bytesCodecs: ReadonlySet<string> = new Set(['bytes', 'buffer'])

/** Whether a row's value is bytes as such, which can be streamed as what they are. */
export function isBytesCodec(codec: number | string): boolean {
  return bytesCodecs.has(codecName(codec))
}

/** Codecs whose values are views of their bytes: read from a memory map, they cost nothing until they are touched. */
const viewCodecs: ReadonlySet<string> = new Set([
  'bytes',
  'buffer',
  'ndarray',
  'arrow',
  'arrow-vector',
  'int8array',
  'uint8clampedarray',
  'int16array',
  'uint16array',
  'int32array',
  'uint32array',
  'float32array',
  'float64array',
  'bigint64array',
  'biguint64array',
])

/** Whether a row's value is a view of its bytes. */
function isViewCodec(codec: number | string): boolean {
  return viewCodecs.has(codecName(codec))
}

/** Below this a read costs less than a map; see decision 0016. */
const mapViewsFrom = 2 ** 18

/** From which size on value files are mapped: those whose values are views of their bytes. */
export function mapFrom(codec: number | string): number {
  return isViewCodec(codec) ? mapViewsFrom : Number.POSITIVE_INFINITY
}

/** Whether a value is a view of a file that nobody read: to keep a copy of it would cost what the map saves. */
export function isMapped(codec: number | string, { byteLength }: Uint8Array): boolean {
  return byteLength >= mapFrom(codec)
}

const arrowCodecs: ReadonlySet<string> = new Set(['arrow', 'arrow-vector'])

/** Whether a row's value is of columns that are only ever looked into through their Arrow classes. */
export function isArrowCodec(codec: number | string): boolean {
  return arrowCodecs.has(codecName(codec))
}
