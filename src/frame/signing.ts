import { randomBytes } from 'node:crypto'
import { HoldfastError } from '../contracts/errors.ts'
import { checkOptionNames, oneOf } from '../util/options.ts'
import { copyKeyBytes, leastKeyBytes } from './key-bytes.ts'
import { Keyring } from './keyring.ts'
import { defaultKeyFile, readKeyFile, readOrCreateKeyFile } from './signing-key-file.ts'
import { type SignatureVerdict, Signer, signingKey } from './signing-signer.ts'

/** A file that holds a signing key: all of its bytes, 32 or more, readable by its owner only. */
export interface KeyFile {
  /** Path; a relative one starts at the current directory. */
  readonly file: string
}

/** Options of {@link signing}. */
export interface SigningOptions {
  /**
   * What signs: the key in a file, which is made if it does not exist; 32 or more random bytes; or `'ephemeral'`, a key that
   * this object alone knows, so that no entry outlives it.
   * @default { file: '$XDG_STATE_HOME/holdfast/signing.key' }, under ~/.local/state where that is not set
   */
  readonly key?: KeyFile | Uint8Array | 'ephemeral' | undefined
  /** Keys that signed before and are still believed. Their files must exist. @default none */
  readonly previous?: readonly (KeyFile | Uint8Array)[] | undefined
  /** Whether an entry that was changed after a key that is held signed it is deleted. It is a miss either way. @default 'drop' */
  readonly onInvalid?: 'drop' | 'keep' | undefined
  /**
   * Whether entries without a signature are believed: only while a store that was not signed is moved to signing, because
   * anybody can take a signature away. @default false
   */
  readonly allowUnsigned?: boolean | undefined
}

/** What becomes of an entry: it is used, it counts as not there, or that and it is deleted. */
export type SignatureOutcome = 'use' | 'miss' | 'drop'

let signerIn: (signing: Signing) => Signer
let isOurs: (value: object) => boolean

/**
 * Keys and choices for signed entries, made by {@link signing}. It shows no keys when it is printed, turned into JSON or
 * cloned, and cannot be sent to another thread: make one there.
 */
export class Signing {
  readonly onInvalid: 'drop' | 'keep'
  readonly allowUnsigned: boolean
  readonly #signer: Signer

  static {
    signerIn = (signing) => signing.#signer
    isOurs = (value) => #signer in value
  }

  /** @internal */
  constructor(signer: Signer, onInvalid: 'drop' | 'keep', allowUnsigned: boolean) {
    this.#signer = signer
    this.onInvalid = onInvalid
    this.allowUnsigned = allowUnsigned
    Object.freeze(this)
  }
}

/**
 * Signs every entry of a disk store, and gives none back that was not signed with one of its keys. Key files are read, and
 * the current one made, by this call.
 *
 * To rotate: `signing({ key: { file: next }, previous: [{ file: current }] })`.
 *
 * @example
 * const cache = new DiskCache(directory, { sign: signing() })
 * @throws HoldfastError `ERR_INVALID_OPTION`, whose message never holds a key; `ERR_KEY_FILE` for a key file that others
 * could know or have put there.
 */
export function signing(options: SigningOptions = {}): Signing {
  const given: unknown = options
  if (typeof given !== 'object' || given === null || Array.isArray(given) || isBytes(given))
    throw invalid('signing', "give an object, such as { key: { file: '/path/to/key' } }")
  checkOptionNames('signing', options, ['key', 'previous', 'onInvalid', 'allowUnsigned'])
  const onInvalid = oneOf('onInvalid', options.onInvalid, ['drop', 'keep'], 'drop')
  const { allowUnsigned: unsigned } = options as { allowUnsigned?: unknown }
  const allowUnsigned = unsigned === undefined ? false : unsigned
  if (typeof allowUnsigned !== 'boolean') throw invalid('allowUnsigned', 'give true or false')
  const previous = previousKeys(options.previous)
  const keys = [currentKey(options.key), ...previous].map((master) => {
    const key = signingKey(master)
    master.fill(0)
    return key
  })
  const [current, ...others] = keys as [(typeof keys)[number], ...typeof keys]
  return new Signing(new Signer(new Keyring(current, others)), onInvalid, allowUnsigned)
}

/** What signs and verifies with the keys of `signing`. */
export function signerOf(signing: Signing): Signer {
  return signerIn(signing)
}

/** Whether `value` comes from {@link signing}, for checks of options. */
export function isSigning(value: unknown): value is Signing {
  return typeof value === 'object' && value !== null && isOurs(value)
}

/**
 * What becomes of an entry with that verdict. Only one that a key which is held signed otherwise is ever deleted: a wrong key
 * makes every read a miss and loses nothing.
 */
export function outcomeOf(signing: Signing, verdict: SignatureVerdict): SignatureOutcome {
  if (verdict === 'ok') return 'use'
  if (verdict === 'unsigned' && signing.allowUnsigned) return 'use'
  return verdict === 'invalid' && signing.onInvalid === 'drop' ? 'drop' : 'miss'
}

function currentKey(key: unknown): Buffer {
  if (key === undefined) return readOrCreateKeyFile(defaultKeyFile())
  if (key === 'ephemeral') return randomBytes(leastKeyBytes)
  if (isBytes(key)) return copyKeyBytes('key', key)
  return readOrCreateKeyFile(fileOf('key', key, " or 'ephemeral'"))
}

function previousKeys(keys: unknown): Buffer[] {
  if (keys === undefined) return []
  if (!Array.isArray(keys)) throw invalid('previous', 'give an array of keys')
  return Array.from(keys, (key: unknown, index) => {
    const option = `previous[${index}]`
    return isBytes(key) ? copyKeyBytes(option, key) : readKeyFile(fileOf(option, key, ''))
  })
}

function fileOf(option: string, key: unknown, others: string): string {
  // What was given is not shown: it may be a key, as text.
  if (typeof key !== 'object' || key === null || Array.isArray(key))
    throw invalid(
      option,
      `give { file }, a Uint8Array of ${leastKeyBytes} random bytes or more${others}`,
    )
  checkOptionNames(option, key, ['file'])
  const { file } = key as { file?: unknown }
  if (typeof file === 'string' && file !== '' && !file.includes('\0')) return file
  throw invalid(`${option}.file`, 'give the path of the key file as a non-empty string')
}

function isBytes(value: unknown): value is Uint8Array {
  return value instanceof Uint8Array
}

function invalid(option: string, what: string): HoldfastError {
  return new HoldfastError('ERR_INVALID_OPTION', `${option}: ${what}.`)
}
