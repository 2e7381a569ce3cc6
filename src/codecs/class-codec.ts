import type { Codec } from '../contracts/codec.ts'
import { checkObject, checkOptionNames, invalidOption } from '../util/options.ts'
import { checkDefinition, type PlainDefinition, plainCodec } from './define-codec.ts'

/** For {@link classCodec}. */
export interface ClassCodecOptions<T extends object, Stored> {
  /** Name kept with the entries: 1 to 64 of `[a-z0-9.-]`, starting with a letter. Never reuse one for another class. */
  readonly id: string
  /** Version of what {@link encode} gives, 1 to 65,535. Raise it when that changes its shape. @default 1 */
  readonly version?: number | undefined
  /** The class. Its subclasses need codecs of their own: as its instances they would come back as something else. */
  readonly class: abstract new (
    ...args: never[]
  ) => T
  /** What stands for an instance: any value that can be stored, other registered classes included. */
  encode(instance: T): Stored
  /** The instance of what {@link encode} gave. What it shares with other parts of the value may not be complete yet. */
  decode(stored: Stored): T
  /**
   * The instance of what another version stored; `undefined` where there is none, which is a miss.
   * @default every other version is a miss, and an event
   */
  migrate?(stored: unknown, storedVersion: number): T | undefined
}

const optionNames = ['id', 'version', 'class', 'encode', 'decode', 'migrate']

/**
 * Keeps instances of a class, wherever in a value they are. Give it to `auto({ classes: [...] })`.
 * @throws HoldfastError `ERR_INVALID_OPTION`.
 * @example
 * const money = classCodec({
 *   id: 'shop.money',
 *   version: 2,
 *   class: Money,
 *   encode: ({ cents, currency }) => ({ cents, currency }),
 *   decode: ({ cents, currency }) => new Money(cents, currency),
 *   migrate: (stored, version) => (version === 1 ? new Money(stored as number, 'EUR') : undefined),
 * })
 * const cache = new DiskCache(directory, { codec: auto({ classes: [money] }) })
 */
export function classCodec<T extends object, Stored>(options: ClassCodecOptions<T, Stored>): Codec {
  checkOptionNames('classCodec', checkObject('classCodec', options), optionNames)
  checkDefinition('classCodec', options)
  const prototype: unknown =
    typeof options.class === 'function' ? options.class.prototype : undefined
  if (typeof prototype !== 'object' || prototype === null || prototype === Object.prototype)
    throw invalidOption('classCodec: class', options.class, 'a class')
  const definition = options as unknown as PlainDefinition
  return plainCodec({
    id: definition.id,
    version: definition.version,
    test: (value) =>
      typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === prototype,
    isValue: true,
    encode: (instance) => definition.encode(instance),
    decode: (stored) => definition.decode(stored, { meta: noMeta, version: 0 }),
    ...(definition.migrate === undefined
      ? {}
      : { migrate: (stored, version) => definition.migrate?.(stored, version) }),
  })
}

const noMeta = new Uint8Array(0)
