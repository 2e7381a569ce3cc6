import type { Codec, EncodedValue, Payload, PayloadInfo } from '../contracts/codec.ts'
import { HoldfastError } from '../contracts/errors.ts'
import { describe } from '../util/describe.ts'
import { checkObject, checkOptionNames, invalidOption } from '../util/options.ts'
import { auto } from './auto.ts'
import { codecNumber, findCodec } from './built-in.ts'
import type { Plain, PlainCodec } from './plain-codec.ts'
import { refused } from './refusal.ts'

/** For {@link defineCodec}. */
export interface CodecDefinition<T> {
  /** Name kept with the entries: 1 to 64 of `[a-z0-9.-]`, starting with a letter. Never reuse one for another format. */
  readonly id: string
  /** Which values are for it. Asked of every object that is stored, so it must be cheap, and never throw. */
  test(value: unknown): boolean
  /** Bytes, a `Payload`, or any other value that can be stored, which {@link decode} is given again. */
  encode(value: T): unknown
  /** @param stored what {@link encode} gave; a `Payload` as its `bytes`. @param info meta and version that were stored. */
  decode(stored: never, info: PayloadInfo): T
  /** Version of what {@link encode} gives, 1 to 65,535. @default 1 */
  readonly version?: number | undefined
  /**
   * The value of what another version stored; `undefined` where there is none, which is a miss.
   * @default every other version is a miss
   */
  migrate?(stored: never, storedVersion: number): T | undefined
}

const optionNames = ['id', 'test', 'encode', 'decode', 'version', 'migrate']

/**
 * A codec of your own. Give it to `auto({ codecs: [...] })`, which asks its `test` before its own choices and also finds such values
 * within others, or to a store as its `codec`.
 * @throws HoldfastError `ERR_INVALID_OPTION`.
 * @example
 * const bitmaps = defineCodec({
 *   id: 'acme.bitmap',
 *   test: (value) => value instanceof Bitmap,
 *   encode: (bitmap: Bitmap) => bitmap.toBytes(),
 *   decode: (bytes: Uint8Array) => Bitmap.fromBytes(bytes),
 * })
 * const cache = new DiskCache(directory, { codec: auto({ codecs: [bitmaps] }) })
 */
export function defineCodec<T = unknown>(definition: CodecDefinition<T>): Codec {
  checkOptionNames('defineCodec', checkObject('defineCodec', definition), optionNames)
  checkDefinition('defineCodec', definition)
  checkFunction('defineCodec: test', definition.test)
  return plainCodec(definition as unknown as PlainDefinition)
}

/** What {@link plainCodec} is made from. */
export interface PlainDefinition {
  readonly id: string
  readonly version?: number | undefined
  test(value: unknown): boolean
  encode(value: unknown): unknown
  decode(stored: unknown, info: PayloadInfo): unknown
  migrate?(stored: unknown, storedVersion: number): unknown
  /** Whether what {@link encode} gives always stands for the value, even bytes and what looks like a `Payload`. */
  readonly isValue?: boolean
}

/** @throws HoldfastError `ERR_INVALID_OPTION` for an id, version or function that cannot be. */
export function checkDefinition(
  what: string,
  definition: { readonly [name in 'id' | 'encode' | 'decode']: unknown } & {
    readonly version?: unknown
    readonly migrate?: unknown
  },
): void {
  const { id, version, encode, decode, migrate } = definition
  if (typeof id !== 'string' || !/^[a-z][a-z0-9.-]{0,63}$/.test(id))
    throw invalidOption(`${what}: id`, id, '1 to 64 of a-z, 0-9, dot and hyphen, a letter first')
  if (codecNumber(id) !== undefined || reserved.has(id))
    throw invalidOption(`${what}: id`, id, 'a name that no built-in codec has')
  const isVersion = typeof version === 'number' && Number.isInteger(version)
  if (version !== undefined && !(isVersion && version >= 1 && version <= 65_535))
    throw invalidOption(`${what}: version`, version, 'a whole number from 1 to 65,535')
  checkFunction(`${what}: encode`, encode)
  checkFunction(`${what}: decode`, decode)
  if (migrate !== undefined) checkFunction(`${what}: migrate`, migrate)
}

/** Ids of built-in codecs that choose others. */
const reserved: ReadonlySet<string> = new Set(['auto', 'raw', 'typed-array'])

function checkFunction(option: string, value: unknown): void {
  if (typeof value !== 'function') throw invalidOption(option, value, 'a function')
}

const asBytes = 0
const asValue = 1
const noMeta = new Uint8Array(0)

/**
 * The codec of a checked definition. Its meta: empty for bytes without one; 0 and the definition's own meta; or 1 and what is
 * needed to read the value that stands for this one (see {@link packInfo}).
 * @param within stores the values that stand for others. @default an auto that knows this codec
 */
export function plainCodec(definition: PlainDefinition, within?: Codec): PlainCodec {
  const { id, version = 1 } = definition
  let inner = within
  const innerCodec = (): Codec => {
    inner ??= auto({ codecs: [codec] })
    return inner
  }
  const read = (stored: unknown, info: PayloadInfo): unknown => {
    if (info.version === version) return definition.decode(stored, info)
    const value = definition.migrate?.(stored, info.version)
    if (value === undefined) throw otherVersion(id, info.version, version)
    return value
  }
  const codec: PlainCodec = {
    id,
    version,
    test: (value) => definition.test(value),
    toPlain(value) {
      const encoded = definition.encode(value)
      return definition.isValue === true ? { plain: encoded } : plainOf(encoded)
    },
    fromPlain: (plain, storedVersion) => read(plain, { meta: noMeta, version: storedVersion }),
    within: (other) => plainCodec(definition, other),
    encode(value) {
      // As the codec of a whole store it meets values that nobody asked its test about.
      if (!definition.test(value))
        throw refused(
          [],
          `'${id}' is not for ${describe(value)}. Use auto({ codecs }) or auto({ classes }) with it, which keeps other values too.`,
        )
      const made = codec.toPlain(value)
      if (!('plain' in made)) return made
      const { bytes, elementBytes, ...info } = encodeWith(innerCodec(), made.plain)
      return { bytes, elementBytes, meta: packInfo(info) }
    },
    decode(bytes, { meta, version: storedVersion }) {
      if (meta[0] !== asValue)
        return read(bytes, { meta: meta.subarray(1), version: storedVersion })
      const { codec: name, ...info } = unpackInfo(meta)
      const found = findCodec(innerCodec(), name)
      if (found === undefined) throw damaged()
      return codec.fromPlain(found.decode(bytes, info), storedVersion)
    },
  }
  return codec
}

function plainOf(encoded: unknown): Plain | Payload {
  if (encoded instanceof Uint8Array) return { bytes: encoded }
  if (!isPayload(encoded)) return { plain: encoded }
  const { meta } = encoded
  if (meta === undefined || meta.length === 0) return encoded
  return { ...encoded, meta: Buffer.concat([Uint8Array.of(asBytes), meta]) }
}

const payloadNames: ReadonlySet<string> = new Set(['bytes', 'meta', 'elementBytes'])

function isPayload(value: unknown): value is Payload {
  if (typeof value !== 'object' || value === null || !('bytes' in value)) return false
  return (
    value.bytes instanceof Uint8Array && Object.keys(value).every((name) => payloadNames.has(name))
  )
}

function encodeWith(codec: Codec, value: unknown): EncodedValue {
  const chosen = codec.choose?.(value) ?? codec
  const encoded = chosen.encode(value)
  const payload = encoded instanceof Uint8Array ? { bytes: encoded } : encoded
  return {
    codec: chosen.id,
    version: chosen.version ?? 1,
    meta: payload.meta ?? noMeta,
    bytes: payload.bytes,
    elementBytes: payload.elementBytes ?? 1,
  }
}

/** 1, the length of the id, the id, the version (two bytes, little-endian), the meta. */
function packInfo({
  codec,
  version,
  meta,
}: Pick<EncodedValue, 'codec' | 'version' | 'meta'>): Uint8Array {
  const name = Buffer.from(codec, 'latin1')
  const head = [asValue, name.length, ...name, version & 0xff, version >>> 8]
  return Buffer.concat([Uint8Array.from(head), meta])
}

function unpackInfo(packed: Uint8Array): Pick<EncodedValue, 'codec' | 'version' | 'meta'> {
  const end = 2 + (packed[1] ?? 0)
  const [low, high] = [packed[end], packed[end + 1]]
  if (low === undefined || high === undefined) throw damaged()
  const codec = Buffer.from(packed.subarray(2, end)).toString('latin1')
  return { codec, version: low + high * 256, meta: packed.subarray(end + 2) }
}

function otherVersion(id: string, stored: number, version: number): HoldfastError {
  return new HoldfastError(
    'ERR_UNSUPPORTED_VALUE',
    `The value was written by version ${stored} of the codec '${id}', and this one is version ${version}. Give it a migrate function that reads the other, or let the value be computed again.`,
  )
}

function damaged(): HoldfastError {
  return new HoldfastError('ERR_CORRUPT', 'The value does not say what wrote it.')
}
