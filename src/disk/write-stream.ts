import { Writable } from 'node:stream'
import type { Engine } from './engine.ts'
import type { ResolvedSetOptions } from './set-options.ts'
import { toStoreError } from './sqlite-errors.ts'
import type { StoredKey } from './stored-key.ts'
import { ValueFileWriter } from './value-file-writer.ts'

/** A stream whose bytes become the value of `key` when it ends. Until then, and if it fails, the old value stays. */
export function openWriteStream(
  engine: Engine,
  key: StoredKey,
  resolve: () => ResolvedSetOptions,
): Writable {
  const writer = new ValueFileWriter(engine, key)
  const store = async (): Promise<void> => {
    const prepared = await writer.finish()
    try {
      engine.writer.store('writeStream', key, prepared, resolve())
    } finally {
      engine.writer.abandon(prepared)
    }
  }
  return new Writable({
    write(chunk: Buffer, _encoding, done) {
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

function settle(work: Promise<void>, done: (error?: Error | null) => void): void {
  work.then(
    () => done(),
    (error: unknown) => done(toStoreError(error, 'writeStream') as Error),
  )
}
