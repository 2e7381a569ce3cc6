import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { checkLocal } from '../../src/disk/directory.ts'
import { DiskCache, DiskIndex, ShardedDiskCache, ShardedDiskIndex } from '../../src/index.ts'
import { codeOf, errorOf } from '../support/code-of.ts'
import { openDatabase } from '../support/sqlite-driver.mjs'
import { filesUnder } from '../support/store-files.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { allForms, openCache, type Verbs } from './support/forms.ts'

const kinds: Readonly<Record<string, (directory: string) => Verbs>> = {
  DiskCache: (directory) => new DiskCache(directory),
  DiskIndex: (directory) => new DiskIndex(directory),
  ShardedDiskCache: (directory) => new ShardedDiskCache(directory),
  ShardedDiskIndex: (directory) => new ShardedDiskIndex(directory),
}

describe.each(allForms)('$name: the directory', ({ open }) => {
  it('is created with its parents', () => {
    const store = open({}, join(temporaryDirectory(), 'a', 'b'))
    store.set('a', 1)
    expect(store.directory.endsWith(join('a', 'b'))).toBe(true)
    expect(store.check().problems).toEqual([])
  })

  it.runIf(process.platform === 'linux')('is refused where no folder can be made, and soon', () => {
    // Node's own recursive mkdir never comes back from this.
    expect(codeOf(() => open({}, '/proc/holdfast/store'))).toBe('ERR_IO')
  })

  it('and everything in it is private to its user', async () => {
    const parent = temporaryDirectory()
    const store = open({ inlineBytes: 10 }, join(parent, 'store'))
    for (let key = 0; key < 10; key += 1) store.set(key, Buffer.alloc(100))
    using _lock = await store.lock('name')
    await store.backup(join(parent, 'copy'))
    expect(modes(join(parent, 'store'))).toEqual(['0600', '0700'])
    expect(modes(join(parent, 'copy'))).toEqual(['0600', '0700'])
    expect(store.check().problems).toEqual([])
  })

  it('may be relative to the working directory', () => {
    const parent = temporaryDirectory()
    const before = process.cwd()
    process.chdir(parent)
    try {
      expect(open({}, 'relative').directory).toBe(join(process.cwd(), 'relative'))
    } finally {
      process.chdir(before)
    }
  })

  it('that holds other things is refused and left as it is', () => {
    const directory = temporaryDirectory()
    writeFileSync(join(directory, 'thesis.txt'), 'years of work')
    expect(codeOf(() => open({}, directory))).toBe('ERR_FOREIGN_DIRECTORY')
    expect(readdirSync(directory)).toEqual(['thesis.txt'])
  })

  it('may hold what people leave in empty directories', () => {
    const directory = temporaryDirectory()
    writeFileSync(join(directory, '.gitignore'), '*')
    const store = open({}, directory)
    store.set('a', 1)
    expect(readFileSync(join(directory, '.gitignore'), 'utf8')).toBe('*')
    expect(store.check().problems).toEqual([])
  })

  it('that is a file is refused', () => {
    const path = join(temporaryDirectory(), 'file')
    writeFileSync(path, 'content')
    expect(codeOf(() => open({}, path))).toBe('ERR_FOREIGN_DIRECTORY')
    expect(codeOf(() => open({}, join(path, 'below')))).toBe('ERR_FOREIGN_DIRECTORY')
    expect(readFileSync(path, 'utf8')).toBe('content')
  })

  it('that is a symbolic link is refused', () => {
    const parent = temporaryDirectory()
    mkdirSync(join(parent, 'real'), { mode: 0o700 })
    symlinkSync(join(parent, 'real'), join(parent, 'link'))
    expect(codeOf(() => open({}, join(parent, 'link')))).toBe('ERR_UNSAFE_DIRECTORY')
    expect(codeOf(() => open({}, `${join(parent, 'link')}/`))).toBe('ERR_UNSAFE_DIRECTORY')
    expect(readdirSync(join(parent, 'real'))).toEqual([])
  })

  it.each([0o770, 0o702, 0o777])('that others may write to, mode %o, is refused', (mode) => {
    const directory = temporaryDirectory()
    chmodSync(directory, mode)
    const { code, message } = errorOf(() => open({}, directory))
    expect(code).toBe('ERR_UNSAFE_DIRECTORY')
    expect(message).toContain('chmod')
    expect(readdirSync(directory)).toEqual([])
  })

  it('that others may read becomes private', () => {
    const directory = temporaryDirectory()
    chmodSync(directory, 0o755)
    open({}, directory).set('a', 1)
    expect(modes(directory)).toEqual(['0600', '0700'])
  })
})

describe('what is no store of ours', () => {
  it('a database of somebody else is refused and left as it is', async () => {
    const directory = temporaryDirectory()
    const path = join(directory, 'holdfast.db')
    const database = await openDatabase(path)
    database.exec('CREATE TABLE thesis (page TEXT)')
    database.close()
    const before = readFileSync(path)
    expect(codeOf(() => new DiskCache(directory))).toBe('ERR_FOREIGN_DIRECTORY')
    expect(codeOf(() => new DiskCache(directory, { onCorrupt: 'recreate' }))).toBe(
      'ERR_FOREIGN_DIRECTORY',
    )
    expect(readFileSync(path).equals(before)).toBe(true)
  })

  it('a store of a newer format is refused, also with recreate', async () => {
    const directory = temporaryDirectory()
    new DiskCache(directory).close()
    const database = await openDatabase(join(directory, 'holdfast.db'))
    database.exec('PRAGMA user_version = 999')
    database.close()
    for (const onCorrupt of ['throw', 'recreate'] as const) {
      expect(codeOf(() => new DiskCache(directory, { onCorrupt }))).toBe('ERR_NEWER_FORMAT')
    }
  })

  it('value files without a database are damage; recreate sets them aside', () => {
    const directory = temporaryDirectory()
    const cache = openCache({ inlineBytes: 10 }, directory)
    cache.set('a', Buffer.alloc(100))
    cache.close()
    for (const name of readdirSync(directory)) {
      if (name.startsWith('holdfast.db')) rmSync(join(directory, name))
    }
    expect(codeOf(() => new DiskCache(directory))).toBe('ERR_CORRUPT')
    expect(codeOf(() => new DiskCache(directory, { readonly: true }))).toBe('ERR_CORRUPT')
    const types: string[] = []
    const again = openCache(
      { onCorrupt: 'recreate', onEvent: ({ type }) => types.push(type) },
      directory,
    )
    expect([again.size, types]).toEqual([0, ['quarantine']])
    again.set('a', 1)
    const aside = readdirSync(directory).find((name) => name.includes('quarantine')) ?? ''
    expect(filesUnder(join(directory, aside, 'values'))).toHaveLength(1)
    expect(again.check().problems).toEqual([])
  })

  it('an empty database file alone is a store being created', () => {
    const directory = temporaryDirectory()
    writeFileSync(join(directory, 'holdfast.db'), '', { mode: 0o600 })
    const cache = openCache({}, directory)
    cache.set('a', 1)
    expect(cache.check().problems).toEqual([])
  })

  it('a database of noise is damage', () => {
    const directory = temporaryDirectory()
    const cache = openCache({}, directory)
    cache.set('a', 1)
    cache.close()
    const path = join(directory, 'holdfast.db')
    truncateSync(path, 0)
    writeFileSync(path, Buffer.alloc(8_192, 'noise'))
    expect(codeOf(() => new DiskCache(directory))).toBe('ERR_CORRUPT')
    expect(openCache({ onCorrupt: 'recreate' }, directory).size).toBe(0)
  })
})

describe('the kind of a store', () => {
  const pairs = Object.keys(kinds).flatMap((made) => {
    return Object.keys(kinds).flatMap((opened) =>
      made === opened ? [] : [[made, opened] as const],
    )
  })

  it.each(pairs)('%s is not opened as %s', (made, opened) => {
    const directory = temporaryDirectory()
    const store = kinds[made]?.(directory)
    store?.set('a', 1)
    store?.close()
    expect(codeOf(() => kinds[opened]?.(directory))).toBe('ERR_STORE_KIND')
    using again = kinds[made]?.(directory)
    expect(again?.get('a')).toBe(1)
    expect(again?.check().problems).toEqual([])
  })
})

describe('checkLocal', () => {
  it.each<[string, number]>([
    ['NFS', 0x6969],
    ['SMB', 0x517b],
    ['CIFS', 0xff534d42],
    ['SMB2', 0xfe534d42],
    ['CIFS as a signed number', 0xff534d42 | 0],
    ['9P', 0x01021997],
    ['Ceph', 0x00c36400],
    ['Lustre', 0x0bd00bd0],
  ])('refuses %s', (_, type) => {
    const { code, message } = errorOf(() => checkLocal('path', type, 'linux'))
    expect(code).toBe('ERR_NETWORK_FILESYSTEM')
    expect(message).toContain('local disk')
  })

  it('takes ext4, xfs, btrfs, tmpfs and overlayfs, and other systems’ numbers', () => {
    for (const type of [0xef53, 0x58465342, 0x9123683e, 0x01021994, 0x794c7630]) {
      expect(codeOf(() => checkLocal('path', type, 'linux'))).toBeUndefined()
    }
    expect(codeOf(() => checkLocal('path', 0x6969, 'darwin'))).toBeUndefined()
  })
})

/** The modes of everything under `directory` and of itself, each once. */
function modes(directory: string): string[] {
  const found = new Set<string>()
  const visit = (path: string): void => {
    const status = lstatSync(path)
    found.add(`0${(status.mode & 0o7777).toString(8)}`)
    if (status.isDirectory()) for (const name of readdirSync(path)) visit(join(path, name))
  }
  visit(directory)
  return [...found].sort()
}
