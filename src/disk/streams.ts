import { closeSync, createReadStream, fsyncSync, writeSync } from 'node:fs'
import { Readable, Writable } from 'node:stream'
import { xxh3 } from '@node-rs/xxhash'
import { basicCodecs } from '../codecs/basic.ts'
import type { MappedValue } from '../contracts/entry.ts'
import { HoldfastError } from '../contracts/errors.ts'
import type { Engine } from './engine.ts'
import type { ResolvedSetOptions } from './set-options.ts'
import { toStoreError } from './sqlite-errors.ts'
import type { StoredKey } from './stored-key.ts'
import { isBytesCodec } from './value-coding.ts'
import { checksumBytes } from './value-files.ts'

const bufferCodec = basicCodecs.findIndex((codec) => codec.id === 'buffer')

/** A stream of the bytes under `key`. A file is streamed from disk, after it was verified where that is due. */
export function openReadStream(engine: Engine, key: StoredKey): Readable | undefined {
  const file = openFile(engine, key)
  if (file !== undefined) return file
  // Inline, absent, replaced meanwhile, or damaged: the reader knows what to do.
  const found = engine.reader.findBytes(key)
  engine.reader.count(found?.id)
  if (found === undefined) return undefined
  refuseOtherValues(found.codec, 'readStream')
  return Readable.from([Buffer.from(found.bytes)], { objectMode: false })
}

function openFile(engine: Engine, key: StoredKey): Readable | undefined {
  const sql = `SELECT id, file, size, checksum, codec FROM entries
    WHERE key = ? AND file IS NOT NULL AND (expires IS NULL OR expires > ?)`
  const row = engine.connection.row(sql, key.bytes, engine.now())
  if (row === undefined) return undefined
  const [id, file, size, checksum, codec] = row as [
    number,
    string,
    number,
    Uint8Array,
    number | string,
  ]
  refuseOtherValues(codec, 'readStream')
  const opened = engine.files.openVerified(file, size, checksum)
  if ('damage' in opened) return undefined
  engine.reader.count(id)
  return createReadStream('', { fd: opened.descriptor, autoClose: true })
}

/** The bytes of the value under `key`, apart from the cache. */
export function openMapped(engine: Engine, key: StoredKey): MappedValue | undefined {
  const found = engine.reader.findBytes(key)
  engine.reader.count(found?.id)
  return found === undefined ? undefined : new MappedBytes(found.bytes)
}

class MappedBytes implements MappedValue {
  readonly size: number
  #bytes: Uint8Array | undefined

  constructor(bytes: Uint8Array) {
    this.size = bytes.byteLength
    this.#bytes = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  get bytes(): Uint8Array {
    if (this.#bytes !== undefined) return this.#bytes
    throw new HoldfastError('ERR_CLOSED', 'map: this view was closed. Call map(key) again.')
  }

  close(): void {
    this.#bytes = undefined
  }

  [Symbol.dispose](): void {
    this.close()
  }
}

function refuseOtherValues(codec: number | string, what: string): void {
  if (isBytesCodec(codec)) return
  throw new HoldfastError(
    'ERR_UNSUPPORTED_VALUE',
    `${what}: only bytes can be streamed; this value has a structure. Use get().`,
  )
}

/** A stream whose bytes become the value of `key` when it ends. Until then, and if it fails, the old value stays. */
export function openWriteStream(
  engine: Engine,
  key: StoredKey,
  resolve: () => ResolvedSetOptions,
): Writable {
  const { name, slot } = engine.files.reserve()
  const descriptor = engine.files.create(name)
  const hash = xxh3.Xxh3.withSeed()
  let size = 0
  let open = true
  let stored = false
  const close = (): void => {
    if (open) closeSync(descriptor)
    open = false
  }
  return new Writable({
    write(chunk: Buffer, _encoding, done) {
      try {
        size += chunk.length
        engine.coding.checkSize(size)
        for (let written = 0; written < chunk.length; )
          written += writeSync(descriptor, chunk, written)
        hash.update(chunk)
        done()
      } catch (error) {
        done(toStoreError(error, 'writeStream') as Error)
      }
    },
    final(done) {
      try {
        if (engine.options.durability === 'machine') fsyncSync(descriptor)
        close()
        engine.files.publish(name)
        const checksum = checksumBytes(hash.digest())
        engine.writer.storeFile(
          'writeStream',
          key,
          bufferCodec,
          { name, slot, size, checksum },
          resolve(),
        )
        stored = true
        done()
      } catch (error) {
        done(toStoreError(error, 'writeStream') as Error)
      }
    },
    destroy(error, done) {
      try {
        close()
        if (!stored) engine.files.abandon(name, slot)
      } finally {
        done(error)
      }
    },
  })
}
