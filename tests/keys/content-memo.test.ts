import {
  existsSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { describe, expect, it, onTestFinished } from 'vitest'
import { ContentMemo } from '../../src/keys/content-memo.ts'
import { contentOf } from '../../src/keys/content-of.ts'
import { ContentChanged, ContentTree } from '../../src/keys/content-tree.ts'
import { ContentWork } from '../../src/keys/content-work.ts'
import { hashPath, hashPathAhead } from '../../src/keys/hash-path.ts'
import { rejectionOf } from '../support/code-of.ts'
import { memoryDirectory, temporaryDirectory } from '../support/temporary-directory.ts'
import { bytesRead, ioCounters, laterHasher, manyFiles, rewrite } from './support/files.ts'

const mebibyte = 2 ** 20
const size = 8 * mebibyte

/** How many MiB the process read while `run` ran. */
async function readBy(run: () => unknown): Promise<number> {
  const before = bytesRead()
  await run()
  return Math.floor((bytesRead() - before) / mebibyte)
}

describe.skipIf(!existsSync(ioCounters))(`what is read (skipped without ${ioCounters})`, () => {
  it('is each file once, as long as it stays as it is', async () => {
    const hasher = laterHasher()
    const path = join(temporaryDirectory(), 'file')
    writeFileSync(path, Buffer.alloc(size))
    expect(await readBy(() => hashPath(path, 'refuse', hasher))).toBe(8)
    expect(await readBy(() => hashPath(path, 'refuse', hasher))).toBe(0)
    expect(await readBy(() => hashPathAhead(path, 'refuse', {}, hasher))).toBe(0)
    // The folder too, and another path to the same file.
    expect(await readBy(() => hashPath(join(path, '..'), 'refuse', hasher))).toBe(0)
    renameSync(path, `${path}-2`)
    // A rename changes ctime.
    expect(await readBy(() => hashPath(`${path}-2`, 'refuse', hasher))).toBe(8)
    rewrite(`${path}-2`, Buffer.alloc(size, 1))
    expect(await readBy(() => hashPathAhead(`${path}-2`, 'refuse', {}, hasher))).toBe(8)
    expect(await readBy(() => hashPath(`${path}-2`, 'refuse', hasher))).toBe(0)
  })

  it('is each time, of a file that was written just now', async () => {
    const path = join(temporaryDirectory(), 'file')
    writeFileSync(path, Buffer.alloc(size))
    const marker = contentOf(path)
    expect(await readBy(() => marker.hash)).toBe(8)
    expect(await readBy(() => marker.hash)).toBe(8)
  })

  it('is once, of a file that was left alone for long, by the marker that users make', async () => {
    const marker = contentOf(process.execPath, { symlinks: 'follow' })
    expect(await readBy(() => marker.hash)).toBeGreaterThan(10)
    expect(await readBy(() => marker.hash)).toBe(0)
    expect(await readBy(() => contentOf.hashed(marker))).toBe(0)
  })

  it('is all again when more files were read since than are remembered', async () => {
    const hasher = laterHasher(100)
    const path = join(temporaryDirectory(), 'file')
    writeFileSync(path, Buffer.alloc(size))
    hashPath(path, 'refuse', hasher)
    hashPath(manyFiles(500), 'refuse', hasher)
    expect(hasher.memo.size).toBeLessThanOrEqual(100)
    expect(await readBy(() => hashPath(path, 'refuse', hasher))).toBe(8)
  })
})

describe('what is remembered', () => {
  it('is not believed of a file whose mtime was put back', () => {
    const hasher = laterHasher()
    const path = join(temporaryDirectory(), 'file')
    writeFileSync(path, 'one')
    utimesSync(path, 1_000, 1_000)
    const before = hashPath(path, 'refuse', hasher)
    rewrite(path, 'two')
    utimesSync(path, 1_000, 1_000)
    expect(statSync(path).mtimeMs).toBe(1_000_000)
    expect(hashPath(path, 'refuse', hasher)).not.toBe(before)
  })

  it('is not believed of another file in its place', () => {
    const hasher = laterHasher()
    const path = join(temporaryDirectory(), 'file')
    for (const content of ['one', 'two', 'six']) writeFileSync(`${path}-${content}`, content)
    const hashes = ['one', 'two', 'six'].map((content) => {
      renameSync(`${path}-${content}`, path)
      return hashPath(path, 'refuse', hasher)
    })
    expect(new Set(hashes).size).toBe(3)
  })

  it('takes a file for settled once its times are further back than any clock tick', () => {
    const at = (mtime: bigint, ctime: bigint) =>
      new ContentMemo(() => 1_000_000).settled({
        dev: 1n,
        ino: 1n,
        size: 1n,
        mtimeNs: mtime * 1_000_000n,
        ctimeNs: ctime * 1_000_000n,
      })
    expect(at(997_500n, 997_500n)).toBe(true)
    expect(at(997_501n, 997_500n)).toBe(false)
    expect(at(997_500n, 997_501n)).toBe(false)
    expect(at(0n, 1_000_000n)).toBe(false)
    // Set by a program to any time; but a ctime that is to come is a clock that differs.
    expect(at(9_000_000n, 0n)).toBe(true)
    expect(at(0n, 9_000_000n)).toBe(false)
  })
})

describe('a file that changes while it is read', () => {
  const writer = `
    const { workerData } = require('node:worker_threads')
    const { openSync, writeSync } = require('node:fs')
    const file = openSync(workerData, 'r+')
    for (let count = 0; ; count += 1) writeSync(file, String(count % 10), 0)
  `

  it.each<[string, (path: string) => void]>([
    ['was written to', (path) => rewrite(path, 'two')],
    ['was replaced', (path) => renameSync(`${path}-2`, path)],
    ['grew', (path) => rewrite(path, 'longer')],
    ['went', (path) => rmSync(path)],
    [
      'became a link',
      (path) => {
        rmSync(path)
        symlinkSync(`${path}-2`, path)
      },
    ],
  ])('is looked at again if it %s after it was looked at', (_, change) => {
    const { memo } = laterHasher()
    const path = join(temporaryDirectory(), 'file')
    writeFileSync(path, 'one')
    writeFileSync(`${path}-2`, 'another')
    const tree = new ContentTree(path, 'refuse', memo)
    expect([...tree.look()]).toEqual([])
    change(path)
    expect(() => [...new ContentWork(tree, memo).here()]).toThrow(ContentChanged)
    expect(memo.size).toBe(0)
  })

  it('is read again and then refused, never remembered', async () => {
    const hasher = laterHasher()
    const path = join(memoryDirectory(), 'file')
    writeFileSync(path, Buffer.alloc(16 * mebibyte))
    const thread = new Worker(writer, { eval: true, execArgv: [], workerData: path })
    onTestFinished(async () => void (await thread.terminate()))
    await new Promise((resolve) => thread.once('online', resolve))
    const end = performance.now() + 20_000
    // Not each attempt meets a tick of the clock of the file system.
    const refusal = (hash: () => unknown) =>
      rejectionOf(async () => {
        while (performance.now() < end) await hash()
      })
    const refusals = [
      await refusal(() => hashPath(path, 'refuse', hasher)),
      await refusal(() => hashPathAhead(path, 'refuse', {}, hasher)),
    ]
    for (const { code, message } of refusals) {
      expect([code, message]).toEqual(['ERR_INVALID_KEY', expect.stringContaining('changes')])
    }
    await thread.terminate()
    const hash = hashPath(path, 'refuse', hasher)
    expect(hashPath(path, 'refuse', laterHasher())).toBe(hash)
    rmSync(path)
  })
})
