import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { contentOf } from '../../src/keys/content-of.ts'
import { ContentPool } from '../../src/keys/content-pool.ts'
import type { ContentProgress } from '../../src/keys/content-work.ts'
import { hashPath, hashPathAhead } from '../../src/keys/hash-path.ts'
import { codeOf, rejectionOf } from '../support/code-of.ts'
import { memoryDirectory, temporaryDirectory } from '../support/temporary-directory.ts'
import { until } from '../support/until.ts'
import { folder, laterHasher, manyFiles, rewrite } from './support/files.ts'

const mebibyte = 2 ** 20

/** Enough for threads. */
const many = 2_100

describe('contentOf.hashed', () => {
  it('gives the key that contentOf gives, which still notices changes', async () => {
    const path = folder()
    const key = await contentOf.hashed(path)
    expect(key.hash).toBe(contentOf(path).hash)
    expect(key.path).toBe(path)
    writeFileSync(join(path, 'a.txt'), 'changed')
    expect(key.hash).toBe(contentOf(path).hash)
    const marker = contentOf(path)
    expect(await contentOf.hashed(marker)).toBe(marker)
  })

  it('takes symlinks for a path, and refuses another one for a key', async () => {
    const path = folder()
    symlinkSync('a.txt', join(path, 'link'))
    const refused = [
      () => contentOf.hashed(path),
      () => contentOf.hashed(contentOf(path)),
      () => contentOf.hashed(join(path, 'missing')),
    ]
    for (const run of refused) expect((await rejectionOf(run)).code).toBe('ERR_INVALID_KEY')
    for (const symlinks of ['follow', 'link'] as const) {
      const marker = contentOf(path, { symlinks })
      expect((await contentOf.hashed(path, { symlinks })).hash).toBe(marker.hash)
      expect(await contentOf.hashed(marker, { symlinks })).toBe(marker)
      const { code } = await rejectionOf(() => contentOf.hashed(marker, { symlinks: 'refuse' }))
      expect(code).toBe('ERR_INVALID_OPTION')
    }
  })

  it.each<[string, object]>([
    ['an unknown option', { progress: 1 }],
    ['a signal that is none', { signal: {} }],
    ['an onProgress that is no function', { onProgress: true }],
    ['an unknown policy', { symlinks: 'skip' }],
  ])('refuses %s', async (_, options) => {
    expect((await rejectionOf(() => contentOf.hashed('a', options))).code).toBe(
      'ERR_INVALID_OPTION',
    )
  })

  it('tells its progress, ending with the whole', async () => {
    const path = manyFiles(many)
    const told: ContentProgress[] = []
    await contentOf.hashed(path, { onProgress: (progress) => told.push(progress) })
    const last = told.at(-1)
    const bytes = Array.from({ length: many }, (_, index) => `content ${index}`).join('').length
    expect(last).toEqual({ files: many, bytes, totalFiles: many, totalBytes: bytes })
    expect(told.length).toBeGreaterThan(5)
    for (const [index, { files, totalFiles = many }] of told.entries()) {
      expect(files).toBeGreaterThanOrEqual(told[index - 1]?.files ?? 0)
      expect(totalFiles).toBe(many)
    }
  })

  it('ends with what onProgress throws', async () => {
    const reason = new Error('enough')
    const onProgress = () => {
      throw reason
    }
    await expect(contentOf.hashed(folder(), { onProgress })).rejects.toBe(reason)
    await expect(contentOf.hashed(manyFiles(many), { onProgress })).rejects.toBe(reason)
  })

  it('does not begin with an aborted signal', async () => {
    const signal = AbortSignal.abort(new Error('before'))
    const missing = join(temporaryDirectory(), 'missing')
    await expect(contentOf.hashed(missing, { signal })).rejects.toThrow('before')
  })

  it.each([
    ['in slices', 1_500],
    ['in threads', many],
  ])('stops %s when aborted, and tells no more', async (_, count) => {
    const path = manyFiles(count)
    const controller = new AbortController()
    let told = 0
    let last = 0
    const hashing = contentOf.hashed(path, {
      signal: controller.signal,
      onProgress: ({ files, totalFiles }) => {
        if (totalFiles === undefined) return
        told += 1
        last = files
        controller.abort(new Error('stop'))
      },
    })
    await expect(hashing).rejects.toThrow('stop')
    expect([told, last < count]).toEqual([1, true])
    // What was aborted can be had later.
    expect((await contentOf.hashed(path)).hash).toBe(contentOf(path).hash)
  })
})

describe('hashing ahead', () => {
  it.each<[string, () => string]>([
    ['many files', () => manyFiles(many)],
    ['a large file', () => largeFile(257 * mebibyte + 5)],
    ['large and small files', () => largeFiles()],
  ])('reads %s in threads, to the same hash, and ends them when idle', async (_, make) => {
    const path = make()
    const hasher = laterHasher()
    let threads = 0
    const onProgress = () => {
      threads = Math.max(threads, hasher.pool.size)
    }
    const hash = await hashPathAhead(path, 'refuse', { onProgress }, hasher)
    expect(threads).toBeGreaterThanOrEqual(2)
    expect(hash).toBe(hashPath(path, 'refuse', laterHasher()))
    await until('threads end', 10_000, () => hasher.pool.size === 0)
    // And start again.
    expect(await hashPathAhead(path, 'refuse', {}, { ...laterHasher(), pool: hasher.pool })).toBe(
      hash,
    )
  })

  it('starts no thread for little, and none for what is remembered', async () => {
    const hasher = laterHasher()
    let threads = 0
    const onProgress = () => {
      threads = Math.max(threads, hasher.pool.size)
    }
    await hashPathAhead(manyFiles(500), 'refuse', { onProgress }, hasher)
    const path = manyFiles(many)
    hashPath(path, 'refuse', hasher)
    await hashPathAhead(path, 'refuse', { onProgress }, hasher)
    expect(threads).toBe(0)
    rewrite(join(path, '0', '7.txt'), 'changed')
    expect(await hashPathAhead(path, 'refuse', {}, hasher)).toBe(
      hashPath(path, 'refuse', laterHasher()),
    )
  })

  it('leaves turns of the event loop to others', async () => {
    const path = manyFiles(1_900)
    let turns = 0
    let over = false
    const turn = () => {
      turns += 1
      if (!over) setImmediate(turn)
    }
    setImmediate(turn)
    await hashPathAhead(path, 'refuse', {}, laterHasher())
    over = true
    expect(turns).toBeGreaterThan(3)
  })

  it('of several paths at once shares the threads', async () => {
    const hasher = laterHasher()
    const paths = [manyFiles(many), manyFiles(many + 1), manyFiles(many + 2)]
    const ahead = await Promise.all(paths.map((path) => hashPathAhead(path, 'refuse', {}, hasher)))
    expect(ahead).toEqual(paths.map((path) => hashPath(path, 'refuse', laterHasher())))
    expect(hasher.pool.size).toBeLessThanOrEqual(8)
  })

  it('refuses what a thread may not read', async (test) => {
    if (process.getuid?.() === 0) test.skip('root may read everything')
    const path = manyFiles(many)
    chmodSync(join(path, '0', '7.txt'), 0)
    expect((await rejectionOf(() => contentOf.hashed(path))).code).toBe('ERR_INVALID_KEY')
    expect(codeOf(() => contentOf(path).hash)).toBe('ERR_INVALID_KEY')
  })

  it.each([
    ['cannot start', 'throw new Error("no threads here")'],
    ['die at work', 'require("worker_threads").parentPort.on("message", () => process.exit(1))'],
    ['end at once', ''],
  ])('does it itself when threads %s', async (_, program) => {
    const path = manyFiles(many)
    const hasher = { ...laterHasher(), pool: new ContentPool(program) }
    const hash = hashPath(path, 'refuse', laterHasher())
    expect(await hashPathAhead(path, 'refuse', {}, hasher)).toBe(hash)
    expect(await hashPathAhead(path, 'refuse', {}, { ...hasher, memo: laterHasher().memo })).toBe(
      hash,
    )
  })
})

/** In memory where possible: what is tested is not the disk. */
function largeFile(size: number): string {
  const path = join(memoryDirectory(), 'large')
  const content = Buffer.alloc(size, 'a line of text\n')
  content.writeUInt32LE(12_345, size - 4)
  writeFileSync(path, content)
  return path
}

function largeFiles(): string {
  const path = memoryDirectory()
  mkdirSync(join(path, 'empty'))
  const content = Buffer.alloc(40 * mebibyte, 'a line of text\n')
  for (let index = 0; index < 14; index += 1) {
    content.writeUInt32LE(index)
    writeFileSync(join(path, `${index}`), content.subarray(0, (6 + index * 2) * mebibyte - index))
    writeFileSync(join(path, `${index}.small`), String(index))
  }
  return path
}
