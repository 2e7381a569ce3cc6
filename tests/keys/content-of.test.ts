import { execFileSync } from 'node:child_process'
import * as fs from 'node:fs'
import {
  chmodSync,
  cpSync,
  mkdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { xxh3 } from '@node-rs/xxhash'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { Key } from '../../src/contracts/key.ts'
import { contentOf } from '../../src/keys/content-of.ts'
import { decodeKey } from '../../src/keys/decode-key.ts'
import { keyId } from '../../src/keys/key-id.ts'
import { readBlocks } from '../../src/keys/read-blocks.ts'
import { codeOf, rejectionOf } from '../support/code-of.ts'
import { memoryDirectory, temporaryDirectory } from '../support/temporary-directory.ts'
import { folder, rewrite } from './support/files.ts'

const idOf = (...args: Parameters<typeof contentOf>) => keyId(contentOf(...args))
const mebibyte = 2 ** 20

/** XXH3-128 as hexadecimal digits, by the entry of the package that the code under test does not use. */
const xxh = (bytes: Uint8Array) => xxh3.xxh128(bytes).toString(16).padStart(32, '0')

describe('contentOf a file', () => {
  it('of up to 1 MiB is XXH3-128 of its bytes', () => {
    const path = join(temporaryDirectory(), 'file')
    for (const size of [0, 1, 16, 17, 128, 129, 240, 241, 5_000, mebibyte - 1, mebibyte]) {
      const bytes = Buffer.alloc(size, 'some text')
      writeFileSync(path, bytes)
      expect(contentOf(path).hash).toBe(`f${xxh(bytes)}`)
    }
    writeFileSync(path, '')
    // The published value of XXH3-128 for no bytes.
    expect(contentOf(path).hash).toBe('f99aa06d3014798d86001c324468d497f')
  })

  it('of more is XXH3-128 of its length and the hashes of its blocks, as documented', () => {
    const path = join(temporaryDirectory(), 'file')
    for (const size of [mebibyte + 1, 2 * mebibyte, 17 * mebibyte + 3, 32 * mebibyte]) {
      const bytes = Buffer.alloc(size, 'some other text')
      bytes.writeUInt32LE(size, size - 8)
      writeFileSync(path, bytes)
      const list: Uint8Array[] = [Buffer.alloc(8)]
      list[0] = Buffer.from(new BigUint64Array([BigInt(size)]).buffer)
      for (let at = 0; at < size; at += mebibyte) {
        list.push(Buffer.from(xxh(bytes.subarray(at, at + mebibyte)), 'hex'))
      }
      const parts = Buffer.concat(list)
      expect(contentOf(path).hash).toBe(`b${xxh(parts)}`)
      // A file that holds that very list is another content.
      writeFileSync(path, parts)
      expect(contentOf(path).hash).toBe(`f${xxh(parts)}`)
    }
  })

  it('does not depend on name, place and times', () => {
    const path = join(temporaryDirectory(), 'one.txt')
    writeFileSync(path, 'content')
    const id = idOf(path)
    const moved = join(temporaryDirectory(), 'two.csv')
    renameSync(path, moved)
    utimesSync(moved, 1, 1)
    expect(idOf(moved)).toBe(id)
    expect(idOf(pathToFileURL(moved))).toBe(id)
  })

  it('is read when the key is used, each time', () => {
    const path = join(temporaryDirectory(), 'late')
    const marker = contentOf(path)
    expect(codeOf(() => keyId(marker))).toBe('ERR_INVALID_KEY')
    writeFileSync(path, 'content')
    const id = keyId(marker)
    expect(id).toBe(idOf(path))
    rmSync(path)
    expect(codeOf(() => keyId(marker))).toBe('ERR_INVALID_KEY')
    mkdirSync(path)
    expect(keyId(marker)).not.toBe(id)
  })

  it('notices a change of the same length at once, however quick', () => {
    // In memory, where many writes happen within one tick of the clock of the file system (before Linux 6.13, which
    // gives a file that was looked at a finer time).
    const path = join(memoryDirectory(), 'file')
    const marker = contentOf(path)
    writeFileSync(path, 'content of 00000')
    for (let round = 0; round < 500; round += 1) {
      const content = `content of ${String(round).padStart(5, '0')}`
      writeFileSync(path, content)
      expect(marker.hash).toBe(`f${xxh(Buffer.from(content))}`)
    }
  })
})

describe('contentOf a folder', () => {
  it('is that of what lies in it, wherever the folder lies', () => {
    const path = folder()
    expect(idOf(folder())).toBe(idOf(path))
    const copy = join(temporaryDirectory(), 'copy')
    cpSync(path, copy, { recursive: true })
    expect(idOf(`${copy}/`)).toBe(idOf(path))
  })

  it('is XXH3-128 of the sorted list of names and hashes, as documented', () => {
    const path = folder()
    // By UTF-16 unit the first of these would come second.
    writeFileSync(join(path, '\ufffd'), 'high')
    writeFileSync(join(path, '\u{1f600}'), 'astral')
    const list = (...members: [string, string][]) => {
      const prefixed = members.flat().flatMap((text) => {
        const bytes = Buffer.from(text)
        return [Buffer.from(new Uint32Array([bytes.length]).buffer), bytes]
      })
      return `d${xxh(Buffer.concat(prefixed))}`
    }
    const file = (content: string) => `f${xxh(Buffer.from(content))}`
    const inner = list(['b.txt', file('two')])
    expect(contentOf(path).hash).toBe(
      list(
        ['a.txt', file('one')],
        ['inner', inner],
        ['\ufffd', file('high')],
        ['\u{1f600}', file('astral')],
      ),
    )
  })

  it.each<[string, (path: string) => void]>([
    ['a changed byte', (path) => writeFileSync(join(path, 'inner', 'b.txt'), 'twO')],
    ['another name', (path) => renameSync(join(path, 'a.txt'), join(path, 'c.txt'))],
    ['a new file', (path) => writeFileSync(join(path, 'new'), '')],
    ['a new folder, though empty', (path) => mkdirSync(join(path, 'new'))],
    ['a file that is gone', (path) => rmSync(join(path, 'a.txt'))],
    ['a file that moved', (path) => renameSync(join(path, 'a.txt'), join(path, 'inner', 'a.txt'))],
  ])('changes with %s, also for a key made before', (_, change) => {
    const path = folder()
    const marker = contentOf(path)
    const before = keyId(marker)
    change(path)
    expect(idOf(path)).not.toBe(before)
    expect(keyId(marker)).toBe(idOf(path))
  })

  it('tells an empty file from an empty folder', () => {
    const path = temporaryDirectory()
    writeFileSync(join(path, 'empty'), '')
    mkdirSync(join(path, 'folder'))
    expect(idOf(join(path, 'empty'))).not.toBe(idOf(join(path, 'folder')))
  })

  it('takes names that are not UTF-8 as the bytes they are', (test) => {
    if (process.platform !== 'linux') test.skip('names are bytes on Linux only')
    const named = (byte: number) => {
      const path = temporaryDirectory()
      const name = Buffer.concat([Buffer.from(`${path}/n`), Buffer.from([byte])])
      mkdirSync(name)
      writeFileSync(Buffer.concat([name, Buffer.from('/file')]), 'content')
      return path
    }
    expect(idOf(named(0xe9))).toBe(idOf(named(0xe9)))
    expect(idOf(named(0xe9))).not.toBe(idOf(named(0xe8)))
  })

  it('of 200 levels is no problem', () => {
    const path = temporaryDirectory()
    mkdirSync(join(path, ...Array.from({ length: 200 }, () => 'd')), { recursive: true })
    expect(idOf(path)).toMatch(/^cd[0-9a-f]{32}$/)
  })
})

describe('symbolic links', () => {
  /** A folder with a link to the file, and one to the folder, that lie beside it. */
  function linked(): { path: string; file: string; other: string } {
    const base = temporaryDirectory()
    const [path, file, other] = [join(base, 'path'), join(base, 'file'), join(base, 'other')]
    mkdirSync(path)
    mkdirSync(other)
    writeFileSync(file, 'content')
    writeFileSync(join(other, 'inner'), 'inner content')
    symlinkSync('../file', join(path, 'to-file'))
    symlinkSync('../other', join(path, 'to-folder'))
    return { path, file, other }
  }

  it('are refused, also as the path itself, and the message says what to do', async () => {
    const { path } = linked()
    expect(codeOf(() => idOf(path))).toBe('ERR_INVALID_KEY')
    const { code, message } = await rejectionOf(() => idOf(join(path, 'to-file')))
    expect([code, message]).toEqual(['ERR_INVALID_KEY', expect.stringContaining("'follow'")])
    expect(codeOf(() => idOf(path, { symlinks: 'refuse' }))).toBe('ERR_INVALID_KEY')
  })

  it('count as what they point to with follow', () => {
    const { path, file } = linked()
    const copy = temporaryDirectory()
    mkdirSync(join(copy, 'to-folder'))
    writeFileSync(join(copy, 'to-file'), 'content')
    writeFileSync(join(copy, 'to-folder', 'inner'), 'inner content')
    expect(idOf(path, { symlinks: 'follow' })).toBe(idOf(copy))
    expect(idOf(join(path, 'to-file'), { symlinks: 'follow' })).toBe(idOf(file))
    writeFileSync(file, 'changed')
    expect(idOf(path, { symlinks: 'follow' })).not.toBe(idOf(copy))
  })

  it('count as the path they hold with link', () => {
    const { path, file } = linked()
    const link = join(path, 'to-file')
    const id = idOf(path, { symlinks: 'link' })
    expect(contentOf(link, { symlinks: 'link' }).hash).toBe(`l${xxh(Buffer.from('../file'))}`)
    writeFileSync(file, 'changed')
    expect(idOf(path, { symlinks: 'link' })).toBe(id)
    rmSync(link)
    symlinkSync('./../file', link)
    expect(idOf(path, { symlinks: 'link' })).not.toBe(id)
    rmSync(link)
    writeFileSync(link, '../file')
    expect(idOf(path, { symlinks: 'link' })).not.toBe(id)
  })

  it('that make a loop or lead nowhere are refused with follow, and fine with link', async () => {
    const { path, other } = linked()
    symlinkSync('../path', join(other, 'back'))
    const { code, message } = await rejectionOf(() => idOf(path, { symlinks: 'follow' }))
    expect([code, message]).toEqual(['ERR_INVALID_KEY', expect.stringContaining('within itself')])
    for (const target of ['self', 'missing']) {
      const link = join(temporaryDirectory(), 'self')
      symlinkSync(target, link)
      expect(codeOf(() => idOf(link, { symlinks: 'follow' }))).toBe('ERR_INVALID_KEY')
      expect(idOf(link, { symlinks: 'link' })).toMatch(/^cl[0-9a-f]{32}$/)
      expect(codeOf(() => idOf(join(link, '..'), { symlinks: 'follow' }))).toBe('ERR_INVALID_KEY')
    }
  })

  it('to the same folder many times over cost no more than one', () => {
    const base = temporaryDirectory()
    for (let level = 0; level < 40; level += 1) {
      mkdirSync(join(base, `${level}`))
      for (const name of ['a', 'b']) symlinkSync(`../${level + 1}`, join(base, `${level}`, name))
    }
    writeFileSync(join(base, '40'), 'end')
    // 2 ** 40 ways lead to the end.
    expect(idOf(join(base, '0'), { symlinks: 'follow' })).toMatch(/^cd[0-9a-f]{32}$/)
  })
})

describe('contentOf what has no content of its own', () => {
  it.each(['/dev/null', '/dev/zero', '/proc/self/status', '/proc/version'])(
    'refuses %s',
    (path) => {
      expect(codeOf(() => idOf(path))).toBe('ERR_INVALID_KEY')
    },
  )

  it('refuses pipes and sockets, alone and within a folder, and waits for nobody', async () => {
    const path = folder()
    const pipe = join(path, 'pipe')
    execFileSync('mkfifo', [pipe])
    expect(codeOf(() => idOf(pipe))).toBe('ERR_INVALID_KEY')
    expect(codeOf(() => idOf(path))).toBe('ERR_INVALID_KEY')
    expect((await rejectionOf(() => contentOf.hashed(path))).code).toBe('ERR_INVALID_KEY')
    const socket = join(temporaryDirectory(), 'socket')
    const server = createServer().listen(socket)
    onTestFinished(() => void server.close())
    await new Promise((resolve) => server.once('listening', resolve))
    expect(codeOf(() => idOf(socket))).toBe('ERR_INVALID_KEY')
  })

  it('opens neither a pipe nor a link that took the place of a file it had looked at', () => {
    const path = folder()
    execFileSync('mkfifo', [join(path, 'pipe')])
    symlinkSync('a.txt', join(path, 'link'))
    const read = (name: string) =>
      readBlocks(
        { fs, digest: () => 0n, buffer: new Uint8Array(mebibyte) },
        { path: join(path, name), first: 0, count: 1 },
      )
    expect(read('pipe')).toEqual({ refused: 'special' })
    expect(read('inner')).toEqual({ refused: 'special' })
    expect(read('link')).toMatchObject({ code: 'ELOOP' })
    expect(read('a.txt')).toMatchObject({ digests: [0n] })
  })

  it.each<[string, (path: string) => void]>([
    ['is written to', (path) => rewrite(path, 'new')],
    ['shrinks', (path) => rewrite(path, '')],
    ['grows', (path) => rewrite(path, 'longer')],
  ])('does not take for content what was read while the file %s', (_, change) => {
    const path = join(temporaryDirectory(), 'file')
    writeFileSync(path, 'old')
    const digest = () => {
      change(path)
      return 0n
    }
    const tools = { fs, digest, buffer: new Uint8Array(mebibyte) }
    expect(readBlocks(tools, { path, first: 0, count: 1 })).toEqual({ refused: 'changed' })
  })

  it('refuses what is not there and what is no folder on the way', async () => {
    const path = folder()
    for (const name of ['missing', join('a.txt', 'child'), 'nul\0byte']) {
      const { code, cause } = await rejectionOf(() => idOf(join(path, name)))
      expect([code, cause]).toEqual(['ERR_INVALID_KEY', expect.any(Error)])
    }
  })

  it('refuses what may not be read', (test) => {
    if (process.getuid?.() === 0) test.skip('root may read everything')
    const path = folder()
    for (const name of ['a.txt', 'inner']) {
      chmodSync(join(path, name), 0)
      expect(codeOf(() => idOf(path))).toBe('ERR_INVALID_KEY')
      chmodSync(join(path, name), 0o700)
    }
  })

  it.each<[string, () => unknown, string]>([
    ['no path', () => contentOf(undefined as unknown as string), 'ERR_INVALID_KEY'],
    ['an empty path', () => contentOf(''), 'ERR_INVALID_KEY'],
    ['a number', () => contentOf(7 as unknown as string), 'ERR_INVALID_KEY'],
    ['a web URL', () => contentOf(new URL('https://example.org/a')), 'ERR_INVALID_KEY'],
    ['an unknown option', () => contentOf('a', { links: 1 } as object), 'ERR_INVALID_OPTION'],
    [
      'an unknown policy',
      () => contentOf('a', { symlinks: 'ignore' as 'link' }),
      'ERR_INVALID_OPTION',
    ],
  ])('refuses %s', (_, make, code) => {
    expect(codeOf(make)).toBe(code)
  })
})

describe('contentOf as part of a key', () => {
  it('is its hash there, and comes back as that hash without a path', () => {
    const path = folder()
    const key: Key = { rows: contentOf(path), version: 1 }
    const back = decodeKey(keyId(key))
    expect(back).toMatchObject({ rows: { hash: contentOf(path).hash, path: '' }, version: 1 })
    rmSync(path, { recursive: true })
    expect(keyId(back)).toBe(keyId({ rows: contentOf(folder()), version: 1 }))
  })

  it('is never the same as a text that looks like it', () => {
    const { hash } = contentOf(folder())
    expect(keyId(hash)).not.toBe(keyId(contentOf(folder())))
  })
})
