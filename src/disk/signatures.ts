import { createHash } from 'node:crypto'
import { outcomeOf, type Signing, signerOf } from '../frame/signing.ts'
import type { SignedFields } from '../frame/signing-fields.ts'
import { type SignatureVerdict, type Signer, valueDigest } from '../frame/signing-signer.ts'
import type { Row } from './driver.ts'
import { type NewEntry, tagsColumn } from './entries.ts'

/** A row that may be used, and the SHA-256 that its value must have then, if it is signed. */
export interface Trust {
  readonly digest: Uint8Array | undefined
}

/** A row that may not be used, why, and whether it is to be removed. */
export interface Distrust {
  readonly verdict: Exclude<SignatureVerdict, 'ok'>
  readonly drop: boolean
}

/** Where the SHA-256 of the value lies in a signature. */
const digestAt = 9
const digestEnd = 41

/** Signs what a store writes and judges what it reads. Rows are those of entry-rows.ts. */
export class Signatures {
  readonly #signing: Signing
  readonly #signer: Signer

  constructor(signing: Signing) {
    this.#signing = signing
    this.#signer = signerOf(signing)
  }

  /** SHA-256 of a value's frame, whose parts may come apart. */
  digest(...parts: Uint8Array[]): Uint8Array {
    const [first] = parts
    if (parts.length === 1 && first !== undefined) return valueDigest(first)
    const hash = createHash('sha256')
    for (const part of parts) hash.update(part)
    return hash.digest()
  }

  sign(entry: Omit<NewEntry, 'signature'>, digest: Uint8Array): Uint8Array {
    const isInline = entry.value instanceof Uint8Array
    const file = isInline ? undefined : (entry.value as Exclude<NewEntry['value'], Uint8Array>)
    const fields: SignedFields = {
      key: entry.key.long ?? entry.key.bytes,
      codec: entry.codec,
      flags: entry.flags,
      size: entry.size,
      written: entry.stamp,
      expires: entry.expires,
      file: file?.name ?? null,
      checksum: file?.checksum ?? null,
      tags: tagsColumn(entry.tags),
      description: entry.description,
      meta: entry.meta,
    }
    return this.#signer.sign(fields, digest)
  }

  /** What to think of the row that was found under `key`. */
  judge(key: Uint8Array, row: Row): Trust | Distrust {
    const signature = row[13] as Uint8Array | null
    const verdict = this.#signer.verifyFields(fieldsOf(key, row), signature)
    const outcome = outcomeOf(this.#signing, verdict)
    if (outcome === 'use')
      return { digest: verdict === 'ok' ? signature?.subarray(digestAt, digestEnd) : undefined }
    return { verdict: verdict as Distrust['verdict'], drop: outcome === 'drop' }
  }

  /** What to think of a row whose value is not the one that was signed. */
  get forged(): Distrust {
    return { verdict: 'invalid', drop: outcomeOf(this.#signing, 'invalid') === 'drop' }
  }

  /** The signature of a row that gets another end; `null` for one that is believed without. */
  resign(key: Uint8Array, row: Row, expires: number | null): Uint8Array | null {
    const before = fieldsOf(key, row)
    return this.#signer.resign(before, { ...before, expires }, row[13]).signature ?? null
  }
}

function fieldsOf(key: Uint8Array, row: Row): SignedFields {
  const [, expires, codec, flags, file, , size, checksum, , written, tags, description, meta] = row
  // As they are, whatever their types: who may have changed them is the question.
  return {
    key,
    codec,
    flags,
    size,
    written,
    expires,
    file,
    checksum,
    tags,
    description,
    meta,
  } as unknown as SignedFields
}
