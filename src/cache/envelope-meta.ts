import { assertStructured } from '../codecs/assert-structured.ts'
import { msgpack } from '../codecs/msgpack.ts'
import { writeMessagePack } from '../codecs/msgpack-writer.ts'
import { readStructured, writeStructured } from '../codecs/structured.ts'
import type { Meta } from '../contracts/entry.ts'
import { HoldfastError } from '../contracts/errors.ts'
import { invalidOption } from '../util/options.ts'

/** How meta data is written: one byte before it. */
const form = { messagePack: 0, structured: 1 } as const

const messagePack = msgpack()
const noInfo = { meta: new Uint8Array(0), version: 1 }

/**
 * Meta data as MessagePack if that keeps it exactly, which every Node and other languages read; otherwise as structured clone, so
 * that a tier keeps what the embedded store keeps.
 * @throws HoldfastError `ERR_UNSUPPORTED_VALUE`, `ERR_INVALID_OPTION`.
 */
export function writeMeta(meta: Meta): Uint8Array {
  if (!isRecord(meta)) throw invalidOption('meta', meta, 'a plain object')
  const packed = writeMessagePack(meta, {})
  if (packed !== undefined) return joined(form.messagePack, packed)
  assertStructured(meta)
  return joined(form.structured, writeStructured(meta))
}

/** @throws HoldfastError `ERR_INVALID_FRAME`. */
export function readMeta(bytes: Buffer): Meta {
  const kind = bytes[0]
  try {
    // Both look through the bytes before anything is made of them. A copy, since what is in them may be given as a view.
    const body = Buffer.from(bytes.subarray(1))
    const meta: unknown =
      kind === form.messagePack
        ? messagePack.decode(body, noInfo)
        : kind === form.structured
          ? readStructured(body, false)
          : undefined
    if (isRecord(meta)) return meta
  } catch (error) {
    throw damagedMeta(error)
  }
  throw damagedMeta(undefined)
}

function isRecord(value: unknown): value is Meta {
  return (
    typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype
  )
}

function joined(kind: number, bytes: Uint8Array): Uint8Array {
  return Buffer.concat([Uint8Array.of(kind), bytes])
}

function damagedMeta(cause: unknown): HoldfastError {
  const message = 'The fields of the entry are damaged: its meta data cannot be read.'
  return new HoldfastError('ERR_INVALID_FRAME', message, { cause })
}
