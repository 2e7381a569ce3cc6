import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ContentMemo } from '../../../src/keys/content-memo.ts'
import { ContentPool } from '../../../src/keys/content-pool.ts'
import type { ContentHasher } from '../../../src/keys/hash-path.ts'
import { memoryDirectory, temporaryDirectory } from '../../support/temporary-directory.ts'

/** A folder of two files, one of them in a folder of its own. */
export function folder(): string {
  const path = join(temporaryDirectory(), 'data')
  mkdirSync(join(path, 'inner'), { recursive: true })
  writeFileSync(join(path, 'a.txt'), 'one')
  writeFileSync(join(path, 'inner', 'b.txt'), 'two')
  return path
}

/** A folder of `count` small files, no two the same, in folders of 500. */
export function manyFiles(count: number): string {
  const path = memoryDirectory()
  for (let index = 0; index < count; index += 1) {
    const inner = join(path, String(Math.floor(index / 500)))
    if (index % 500 === 0) mkdirSync(inner)
    writeFileSync(join(inner, `${index}.txt`), `content ${index}`)
  }
  return path
}

/** A hasher that remembers nothing yet, and takes files written just now for files that were long left alone. */
export function laterHasher(limit?: number): ContentHasher {
  return { memo: new ContentMemo(() => Date.now() + 60_000, limit), pool: new ContentPool() }
}

/** Writes until the change shows in the times of the file: the clock of the file system has coarse ticks. */
export function rewrite(path: string, content: string | Uint8Array): void {
  const { ctimeNs } = statSync(path, { bigint: true })
  do writeFileSync(path, content)
  while (statSync(path, { bigint: true }).ctimeNs === ctimeNs)
}

/** Where the kernel counts what this process read. */
export const ioCounters = '/proc/self/io'

/** How many bytes this process, with all its threads, has read so far, as the kernel counts them. */
export function bytesRead(): number {
  const [, count] = /^rchar: (\d+)$/m.exec(readFileSync(ioCounters, 'utf8')) ?? []
  return Number(count)
}
