import { HoldfastError } from '../contracts/errors.ts'
import { checkOptionNames, oneOf } from '../util/options.ts'
import { Cipher } from './encryption-cipher.ts'
import { encryptionKey } from './encryption-key.ts'
import { parseKeyBytes } from './key-bytes.ts'
import { Keyring } from './keyring.ts'

/** What happens when an entry cannot be decrypted: a miss and an event, or `ERR_DECRYPT` and the entry stays as evidence. */
export type OnDecryptFailure = 'miss' | 'throw'

/** In which form what is encrypted on disk or on a server is kept in this process's memory. */
export type MemoryForm = 'plaintext' | 'ciphertext'

/** Options of {@link encryption}. */
export interface EncryptionOptions {
  /**
   * The current key, which encrypts and decrypts, then previous ones, which only decrypt. Each is a `Uint8Array` of 32 or
   * more random bytes, or the same as hex text. They are copied.
   */
  readonly keys: readonly (Uint8Array | string)[]
  /** Whose entries these are, 1 to 255 bytes in UTF-8: tenants cannot read each other's. @default 'default' */
  readonly tenant?: string | undefined
  /** @default 'miss' */
  readonly onFailure?: OnDecryptFailure | undefined
  /** @default 'plaintext' */
  readonly memory?: MemoryForm | undefined
}

let cipherIn: (encryption: Encryption) => Cipher
let isOurs: (value: object) => boolean

/**
 * Keys and choices for encrypted entries, made by {@link encryption}. It shows no keys when it is printed, turned into JSON or
 * cloned, and cannot be sent to another thread: make one there.
 */
export class Encryption {
  readonly tenant: string
  readonly onFailure: OnDecryptFailure
  readonly memory: MemoryForm
  readonly #cipher: Cipher

  static {
    cipherIn = (encryption) => encryption.#cipher
    isOurs = (value) => #cipher in value
  }

  /** @internal */
  constructor(cipher: Cipher, tenant: string, onFailure: OnDecryptFailure, memory: MemoryForm) {
    this.#cipher = cipher
    this.tenant = tenant
    this.onFailure = onFailure
    this.memory = memory
    Object.freeze(this)
  }
}

/**
 * Turns on AES-256-GCM for the values of a store or tier. Keys of entries, tags, sizes and times are not encrypted.
 *
 * To rotate, put the new key first: `keys: [next, current]`. Entries are encrypted anew when they are written.
 *
 * @example
 * const cache = new DiskCache(directory, {
 *   encrypt: encryption({ keys: [process.env.CACHE_KEY ?? ''] }), // made with: openssl rand -hex 32
 * })
 * @throws HoldfastError `ERR_INVALID_OPTION`; its message never holds a key.
 */
export function encryption(options: EncryptionOptions): Encryption {
  const given: unknown = options
  // Said without what was given, because that may well be the key.
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    throw invalid('encryption', 'give an object, such as { keys: [current] }')
  checkOptionNames('encryption', options, ['keys', 'tenant', 'onFailure', 'memory'])
  const tenant = checkTenant(options.tenant)
  const onFailure = oneOf('onFailure', options.onFailure, ['miss', 'throw'], 'miss')
  const memory = oneOf('memory', options.memory, ['plaintext', 'ciphertext'], 'plaintext')
  const masters = checkKeys(options.keys)
  const [current, ...previous] = masters.map((master) => encryptionKey(master, tenant))
  if (current === undefined) throw noKeys()
  for (const master of masters) master.fill(0)
  return new Encryption(new Cipher(new Keyring(current, previous)), tenant, onFailure, memory)
}

/** What encrypts and decrypts with the keys of `encryption`. One for all who use the object, so that its nonces are. */
export function cipherOf(encryption: Encryption): Cipher {
  return cipherIn(encryption)
}

/** Whether `value` comes from {@link encryption}, for checks of options. */
export function isEncryption(value: unknown): value is Encryption {
  return typeof value === 'object' && value !== null && isOurs(value)
}

function checkKeys(keys: unknown): Buffer[] {
  if (!Array.isArray(keys) || keys.length === 0) throw noKeys()
  return Array.from(keys, (key: unknown, index) => parseKeyBytes(`keys[${index}]`, key))
}

function noKeys(): HoldfastError {
  return invalid('keys', 'give an array of keys, the current one first')
}

const longestTenant = 255

function checkTenant(tenant: unknown): string {
  if (tenant === undefined) return 'default'
  const fits =
    typeof tenant === 'string' &&
    tenant !== '' &&
    // Lone surrogates all have the same UTF-8, so two such tenants would share a key.
    tenant.isWellFormed() &&
    Buffer.byteLength(tenant, 'utf8') <= longestTenant
  if (fits) return tenant
  throw invalid('tenant', `give a text of 1 to ${longestTenant} bytes in UTF-8`)
}

function invalid(option: string, what: string): HoldfastError {
  return new HoldfastError('ERR_INVALID_OPTION', `${option}: ${what}.`)
}
