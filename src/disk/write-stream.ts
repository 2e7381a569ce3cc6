import { Writable } from 'node:stream'
import type { EncodedValue } from '../contracts/codec.ts'
import type { Engine } from './engine.ts'
import type { ResolvedSetOptions } from './set-options.ts'
import { toStoreError } from './sqlite-errors.ts'
import type { StoredKey } from './stored-key.ts'
import { ValueFileWriter } from './value-file-writer.ts'
import type { Prepared } from './writer.ts'

/** A stream whose bytes become the value of `key` when it ends. Until then, and if it fails, the old value stays. */
export function openWriteStream(
  engine: Engine,
  key: StoredKey,
  resolve: () => ResolvedSetOptions,
): Writable {
  const writer = begin(engine, key)
  // A value that ends before it is worth compressing is stored as `set` would.
  const minBytes = engine.format.compressionOf('buffer')?.minBytes ?? 0
  const held: Buffer[] = []
  let size = 0
  const prepare = async (): Promise<Prepared> => {
    if (size >= minBytes) return await writer.finish()
    writer.abandon()
    return engine.writer.prepare('writeStream', key, plainBytes(Buffer.concat(held)))
  }
  const store = async (): Promise<void> => {
    const prepared = await prepare()
    try {
      engine.writer.store('writeStream', key, prepared, resolve())
    } finally {
      engine.writer.abandon(prepared)
    }
  }
  return new Writable({
    write(chunk: Buffer, _encoding, done) {
      if (size < minBytes) held.push(Buffer.from(chunk))
      size += chunk.length
      settle(writer.push(chunk), done)
    },
    final(done) {
      settle(store(), done)
    },
    destroy(error, done) {
      try {
        writer.abandon()
      } finally {
        done(error)
      }
    },
  })
}

function plainBytes(bytes: Buffer): EncodedValue {
  return { codec: 'buffer', version: 1, meta: Buffer.alloc(0), bytes, elementBytes: 1 }
}

function begin(engine: Engine, key: StoredKey): ValueFileWriter {
  try {
    return new ValueFileWriter(engine, key)
  } catch (error) {
    throw toStoreError(error, 'writeStream')
  }
}

function settle(work: Promise<void>, done: (error?: Error | null) => void): void {
  work.then(
    () => done(),
    (error: unknown) => done(toStoreError(error, 'writeStream') as Error),
  )
}
