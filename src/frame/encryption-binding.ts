import { encodeFields } from './canonical-fields.ts'

/** What an entry is, where it belongs and how its bytes are to be read: all that decides what a ciphertext means. */
export interface EntryBinding {
  /** Version of the frame. */
  readonly formatVersion: number
  readonly tenant: string
  /** Which store or cache; `''` where there is but one. */
  readonly namespace: string
  /** The entry's key as it is stored. */
  readonly key: Uint8Array
  /** Number of a built-in codec, or the id of another. */
  readonly codec: number | string
  readonly codecVersion: number
  /** What the codec stored beside the bytes, in the clear. */
  readonly meta: Uint8Array
  /** Number of the compression; 0 = none. */
  readonly compression: number
  /** Bytes before compression; `null` where that is not known before the bytes are, as in a stream. */
  readonly rawSize: number | null
  /** What the bytes are for, so that one thing cannot be passed off as another. @default 'value' */
  readonly role?: string | undefined
}

const label = 'holdfast/entry/1'

/**
 * The additional data under which an entry is encrypted: its own label, then every member of {@link EntryBinding} in the
 * order of the interface, as canonical fields. Different bindings have different bytes.
 */
export function bindEntry(binding: EntryBinding): Uint8Array {
  const { formatVersion, tenant, namespace, key, codec, codecVersion, meta, compression } = binding
  return encodeFields([
    label,
    formatVersion,
    tenant,
    namespace,
    key,
    codec,
    codecVersion,
    meta,
    compression,
    binding.rawSize,
    binding.role ?? 'value',
  ])
}
