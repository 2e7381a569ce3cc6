import { chmodSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DiskCache } from 'holdfast'
import { beforeEach, describe, expect, it } from 'vitest'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { tmpfs } from '../support/tmpfs.ts'
import { runHoldfast } from './run-holdfast.ts'

interface Run {
  readonly ms: number
  readonly fromCache: number
  readonly computed: number
  readonly unreadable: number
}

interface Report {
  readonly directory: string
  readonly cacheDirectory: string
  readonly files: number
  readonly fileBytes: number
  readonly leftOut: {
    readonly large: number
    readonly unreadable: number
    readonly limited: boolean
  }
  readonly costMs: number
  readonly firstRun: Run
  readonly secondRun: Run
  readonly thirdRun: Run
  readonly twoProcesses: { readonly ms: number; readonly processes: readonly Run[] }
  readonly hitRate: number
  readonly speedUp: number
  readonly entries: number
  readonly bytes: number
  readonly bytesOnDisk: number
}

const sources = ['one', 'two', 'three', 'four'].map(
  (name) => [`src/${name}.ts`, `export const ${name} = '${name}'\n`.repeat(20)] as const,
)
const fileCount = sources.length + 3

let directory: string
let cache: string

beforeEach(() => {
  const base = temporaryDirectory()
  directory = join(base, 'files')
  cache = join(base, 'cache')
  mkdirSync(join(directory, 'src', 'deep'), { recursive: true })
  for (const [path, text] of sources) writeFileSync(join(directory, path), text)
  writeFileSync(join(directory, 'empty.txt'), '')
  writeFileSync(
    join(directory, 'src', 'deep', 'ünïcode ✓.md'),
    'Größe, 大小, размер\nno last line end',
  )
  writeFileSync(join(directory, 'picture.bin'), Buffer.from([0, 255, 1, 254, 0]))
})

function runDemo(...args: string[]): Report {
  const { code, out, error } = runHoldfast(['demo', directory, '--cache', cache, '--json', ...args])
  expect(error).toBe('')
  expect(code).toBe(0)
  return JSON.parse(out) as Report
}

function expectCheck(): void {
  using opened = new DiskCache(cache)
  expect(opened.check({ verify: true })).toMatchObject({ ok: true, problems: [] })
}

describe('holdfast demo', () => {
  it('computes each result once, and takes it from the cache in every later run', () => {
    const report = runDemo()
    const allComputed = { fromCache: 0, computed: fileCount, unreadable: 0 }
    const allCached = { fromCache: fileCount, computed: 0, unreadable: 0 }
    expect(report).toMatchObject({
      directory,
      cacheDirectory: cache,
      files: fileCount,
      leftOut: { large: 0, unreadable: 0, limited: false },
      firstRun: allComputed,
      secondRun: allCached,
      thirdRun: allCached,
      twoProcesses: { processes: [allCached, allCached] },
      hitRate: 1,
      entries: fileCount,
    })
    expectCheck()
  })

  it('reports what is true of the store and of the clock', () => {
    const report = runDemo()
    using opened = new DiskCache(cache)
    expect(report.entries).toBe(opened.size)
    expect(report.bytes).toBe(opened.bytes())
    expect(report.bytesOnDisk).toBeGreaterThanOrEqual(report.bytes)
    expect(report.speedUp).toBeCloseTo(report.firstRun.ms / report.secondRun.ms)
    for (const run of report.twoProcesses.processes) {
      expect(run.ms).toBeLessThanOrEqual(report.twoProcesses.ms)
    }
  })

  it('keeps typed results that can be read with the library', () => {
    runDemo()
    using opened = new DiskCache<{ lines: number; tokens: number; vector: Float32Array | null }>(
      cache,
    )
    const facts = new Map([...opened].map(([key, value]) => [(key as string[])[3], value]))
    expect(facts.get('src/one.ts')).toMatchObject({ lines: 20, tokens: 80, distinctTokens: 3 })
    expect(facts.get('src/one.ts')?.vector).toBeInstanceOf(Float32Array)
    expect(Math.hypot(...(facts.get('src/one.ts')?.vector ?? []))).toBeCloseTo(1)
    expect(facts.get('src/deep/ünïcode ✓.md')).toMatchObject({ lines: 2, tokens: 7 })
    expect(facts.get('empty.txt')).toMatchObject({ lines: 0, tokens: 0 })
    expect(facts.get('picture.bin')).toMatchObject({ lines: 0, tokens: 0, vector: null })
  })

  it('is instant when run again, and says why', () => {
    const before = runDemo()
    const again = runHoldfast(['demo', directory, '--cache', cache])
    expect(again.code).toBe(0)
    expect(again.out).toContain(
      `${fileCount} of ${fileCount} results came from the cache of an earlier run.`,
    )
    const after = runDemo()
    expect(after.firstRun).toMatchObject({ fromCache: fileCount, computed: 0 })
    // What the results cost was kept with them: no second measurement is invented.
    expect(after.costMs).toBeLessThanOrEqual(before.firstRun.ms)
    expect(after.costMs).toBeGreaterThan(0)
  })

  it('computes only the file that changed', () => {
    runDemo()
    writeFileSync(join(directory, 'src', 'two.ts'), 'export const changed = true\n')
    expect(runDemo().firstRun).toMatchObject({ fromCache: fileCount - 1, computed: 1 })
    expectCheck()
  })

  it('--fresh forgets the results of earlier runs', () => {
    runDemo()
    expect(runDemo('--fresh')).toMatchObject({
      firstRun: { fromCache: 0, computed: fileCount },
      entries: fileCount,
    })
    expectCheck()
  })

  it('--limit takes fewer files and says so', () => {
    expect(runDemo('--limit', '3')).toMatchObject({ files: 3, leftOut: { limited: true } })
    expect(runDemo('--limit', String(fileCount))).toMatchObject({
      files: fileCount,
      leftOut: { limited: false },
    })
  })

  it('leaves out large files, links and a cache that lies inside the folder', () => {
    writeFileSync(join(directory, 'large.bin'), Buffer.alloc(2 ** 20 + 1))
    symlinkSync(directory, join(directory, 'circle'))
    cache = join(directory, 'kept here')
    expect(runDemo()).toMatchObject({ files: fileCount, leftOut: { large: 1 } })
    expect(runDemo()).toMatchObject({ files: fileCount, firstRun: { computed: 0 } })
  })

  it('counts folders it may not read', (context) => {
    context.skip(process.getuid?.() === 0, 'root may read everything')
    chmodSync(join(directory, 'src', 'deep'), 0)
    expect(runDemo()).toMatchObject({ files: fileCount - 1, leftOut: { unreadable: 1 } })
    chmodSync(join(directory, 'src', 'deep'), 0o700)
  })

  it('prints a table, the directory and what to try next', () => {
    const { code, out, error } = runHoldfast(['demo', directory, '--cache', cache])
    expect(code).toBe(0)
    expect(error).toContain(`${directory}: ${fileCount} files\n`)
    expect(error).toContain(`first run: ${fileCount} files in `)
    for (const text of [
      'first run',
      'second run',
      'two processes',
      'speed-up',
      'hit rate',
      'Try next',
      cache,
    ]) {
      expect(out).toContain(text)
    }
    expect(out).not.toContain('\u001b')
  })

  it('without arguments takes the nearest node_modules and a cache folder of the user', () => {
    const home = temporaryDirectory()
    mkdirSync(join(directory, 'node_modules'))
    writeFileSync(join(directory, 'node_modules', 'index.js'), 'export {}\n')
    const { out } = runHoldfast(['demo', '--json'], { cwd: join(directory, 'src'), home })
    expect(JSON.parse(out)).toMatchObject({
      files: 1,
      cacheDirectory: join(home, 'holdfast', 'demo'),
    })
    expect(readdirSync(join(home, 'holdfast'))).toEqual(['demo'])
  })
})

describe('holdfast demo, when it cannot', () => {
  const oneLine = /^holdfast: [^\n]+\n$/

  it.each([
    ['a folder that does not exist', 'nowhere', /there is no folder .*nowhere/],
    ['a file instead of a folder', 'empty.txt', /empty\.txt is not a folder/],
    ['a folder without files', 'void', /there are no files below .*void/],
  ])('refuses %s in one line', (_, name, complaint) => {
    mkdirSync(join(directory, 'void'))
    const { code, out, error } = runHoldfast(['demo', join(directory, name), '--cache', cache])
    expect(code).toBe(1)
    expect(out).toBe('')
    expect(error).toMatch(oneLine)
    expect(error).toMatch(complaint)
  })

  it('does not touch a cache directory that is not one', () => {
    const { code, error } = runHoldfast([
      'demo',
      directory,
      '--cache',
      join(directory, 'src'),
      '--fresh',
      '--json',
    ])
    expect(code).toBe(1)
    expect(error).toMatch(oneLine)
    expect(error).toContain('ERR_FOREIGN_DIRECTORY')
    expect(readdirSync(join(directory, 'src')).sort()).toEqual([
      'deep',
      'four.ts',
      'one.ts',
      'three.ts',
      'two.ts',
    ])
  })

  it('says so when the disk is full', (context) => {
    cache = join(tmpfs(context, '1m'), 'cache')
    for (let index = 0; index < 600; index += 1) {
      writeFileSync(join(directory, `${index}.txt`), `file ${index}\n`)
    }
    const { code, out, error } = runHoldfast(['demo', directory, '--cache', cache, '--json'])
    expect(code).toBe(1)
    expect(out).toBe('')
    expect(error).toMatch(oneLine)
    expect(error).toContain('a result could not be kept')
  })

  it('asks for a folder where there is no node_modules', () => {
    rmSync(join(directory, 'src'), { recursive: true })
    const { code, error } = runHoldfast(['demo', '--cache', cache], { cwd: directory })
    expect(code).toBe(1)
    expect(error).toMatch(/name a folder/)
  })
})
