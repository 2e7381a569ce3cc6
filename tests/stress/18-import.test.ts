import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DiskCache, DiskIndex, type Key, ShardedDiskCache } from 'holdfast'
import { describe, expect, test } from 'vitest'
import { pythonEnv } from '../../scripts/python-env.mjs'
import { migrate } from '../../src/migrate/migrate.ts'
import { filesUnder, logFile, sizeOf } from '../support/store-files.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { until } from '../support/until.ts'

const programs = join(import.meta.dirname, '..', 'migrate')
const command = join(import.meta.dirname, '..', '..', 'dist', 'cli', 'main.js')
const hour = 3_600_000

const diskcache = pythonEnv(['diskcache==5.6.3'])
// Where diskcache cannot be had, there is no network: asking for more would only take time.
const sciqlopOf = (version: string, name: string): string | false => {
  const packages = [`pysciqlop-cache==${version}`, 'msgspec==0.22.0']
  return diskcache !== false && pythonEnv(packages, { name })
}
const sciqlop = {
  '0.1.3': sciqlopOf('0.1.3', 'python'),
  '0.3.6': sciqlopOf('0.3.6', 'python-sciqlop-0.3'),
}

/** Why a test is skipped where PyPI or a wheel for this machine cannot be had; python-env has printed the rest. */
const missing = 'its Python packages cannot be installed here'

function run(python: string, program: string, ...args: string[]): void {
  const { status, stderr } = spawnSync(python, [join(programs, program), ...args], {
    encoding: 'utf8',
  })
  expect(stderr).toBe('')
  expect(status).toBe(0)
}

/** Hash over names and contents of all files. */
function fingerprint(directory: string): string {
  const hash = createHash('sha256')
  for (const path of filesUnder(directory).sort()) hash.update(path).update(readFileSync(path))
  return hash.digest('hex')
}

/** Imports twice: the source stays as it was, and the second run finds everything done. */
async function importTwice(
  source: string,
  target: string,
): Promise<Awaited<ReturnType<typeof migrate>>> {
  const before = fingerprint(source)
  const report = await migrate(source, target)
  expect(fingerprint(source)).toBe(before)
  const { entries, copied, existing, expired, skipped } = report
  expect(existing).toBe(0)
  expect(copied + expired + skipped.length).toBe(entries)
  const again = await migrate(source, target)
  expect(fingerprint(source)).toBe(before)
  expect(again).toMatchObject({ entries, copied: 0, existing: copied, expired, changed: [] })
  expect(again.skipped).toEqual(skipped)
  return report
}

const keys: readonly (readonly [Key, string])[] = [
  ['text', "'text'"],
  ['a\0b', "'a\\x00b'"],
  ['a\0c', "'a\\x00c'"],
  ['line\r\n', "'line\\r\\n'"],
  ['', "''"],
  [1, '1'],
  ['1', "'1'"],
  [-1, '-1'],
  [1.5, '1.5'],
  [2n ** 53n, String(2n ** 53n)],
  [2n ** 63n - 1n, String(2n ** 63n - 1n)],
  [2n ** 70n, String(2n ** 70n)],
  [Buffer.from('bytes'), "b'bytes'"],
  [Buffer.from(''), "b''"],
  [true, 'True'],
  [null, 'None'],
  [['t', 1], "('t', 1)"],
  [['t', '1'], "('t', '1')"],
  [[], '()'],
  [['deep', [Buffer.from('x'), null, 2n ** 60n]], `('deep', (b'x', None, ${2n ** 60n}))`],
]

const values: Readonly<Record<string, unknown>> = {
  crlf: 'a\r\nb\rc\n',
  'crlf file': 'a\r\nb\rc\n'.repeat(8_000),
  bytes: Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)),
  'bytes file': Buffer.alloc(40_000, Buffer.from(Array.from({ length: 250 }, (_, byte) => byte))),
  'no bytes': Buffer.alloc(0),
  'no text': '',
  pickle: {
    list: [1, 2.5, 'x', null, true],
    tuple: [1, [2]],
    bytes: Buffer.from([0]),
    big: 2n ** 70n,
  },
  'pickle file': Array.from({ length: 8_000 }, (_, number) => String(number).padStart(5, '0')),
  map: new Map<unknown, unknown>([
    [1, 'one'],
    ['1', 'text'],
    [[1, 2], 'tuple'],
  ]),
  set: new Set([1, 2]),
  int: Number.MAX_SAFE_INTEGER,
  'large int': 2n ** 62n,
  'larger int': 2n ** 100n,
  float: 1e300,
  nan: null,
  none: null,
  true: true,
  stream: Buffer.from('stream'.repeat(10_000)),
  datetime: new Date('2024-02-29T12:30:15.250Z'),
  microseconds: new Date('2024-02-29T12:30:15.250Z'),
  date: '2024-02-29',
  timedelta: 60_000,
  decimal: '1.10',
  'queue-500000000000000': 'second',
}

const tags: Readonly<Record<string, readonly string[]>> = {
  'tag text': ['blue'],
  'tag int': ['5'],
  'tag float': ['1.5'],
  'tag whole float': ['2.0'],
  'tag bytes': ["b'\\x00x'"],
  'tag empty': [],
  'tag none': [],
  years: ['long'],
  hour: [],
}

describe.skipIf(diskcache === false)(`row 18: import of diskcache (skipped if ${missing})`, () => {
  const write = (home: string, what: string): void => {
    run(diskcache as string, 'diskcache-source.py', home, what)
  }

  test('keys, values, tags and times of a Cache with a log', async () => {
    const home = temporaryDirectory()
    write(home, 'cache')
    expect(filesUnder(join(home, 'cache')).some((file) => file.endsWith('-wal'))).toBe(true)
    const report = await importTwice(join(home, 'cache'), join(home, 'target'))
    expect(report).toMatchObject({ kind: 'diskcache-cache', opensWith: 'DiskCache', expired: 1 })
    using cache = new DiskCache(join(home, 'target'))
    for (const [key, value] of keys) expect(cache.get(key)).toBe(value)
    for (const [key, value] of Object.entries(values))
      expect([key, cache.get(key)]).toStrictEqual([key, value])
    for (const [key, expected] of Object.entries(tags))
      expect(cache.getEntry(key)?.tags).toEqual(expected)
    const left = (cache.getEntry('hour')?.expiresAt ?? 0) - Date.now()
    expect(left).toBeGreaterThan(hour - 60_000)
    expect(left).toBeLessThanOrEqual(hour)
    expect(cache.getEntry('years')?.expiresAt).toBeGreaterThan(
      Date.now() + (3_600 * 24 * hour) / 1_000,
    )
    expect(cache.get('over')).toBeUndefined()
    // Named, each by its key; ('t', 1.0) is ('t', 1) here.
    expect(report.skipped.map(({ key }) => key).sort()).toEqual(
      ["('t', 1.0)", '({1},)', 'aware', 'complex', 'fraction', 'inf', 'uuid'].sort(),
    )
    expect(report.changed.map(({ key }) => key).sort()).toEqual(['microseconds', 'tag empty'])
    expect(cache.check()).toMatchObject({ ok: true, problems: [] })
    expect(readdirSync(home).sort()).toEqual(['cache', 'target'])
  })

  test('JSONDisk', async () => {
    const home = temporaryDirectory()
    write(home, 'json')
    const report = await importTwice(join(home, 'json'), join(home, 'target'))
    expect(report).toMatchObject({ jsonDisk: true, skipped: [], changed: [] })
    using cache = new DiskCache(join(home, 'target'))
    expect(cache.get('text')).toEqual({
      a: [1, 1.5, null, true, 'Zürich \r\n'],
      big: 2n ** 70n,
      nan: Number.POSITIVE_INFINITY,
    })
    expect([cache.get(1), cache.get('1'), cache.get(['t', 1])]).toEqual(['int', 'text', [1]])
    expect(cache.get<string[]>('file')).toHaveLength(20_001)
    expect(cache.get('stream')).toStrictEqual(Buffer.from('stream'.repeat(10_000)))
    expect(cache.getEntry('hour')).toMatchObject({ value: 1, tags: ['tagged'] })
  })

  test('a FanoutCache of 8 shards with its named caches, deques and indexes', async () => {
    const home = temporaryDirectory()
    write(home, 'fanout')
    const target = join(home, 'target')
    const report = await importTwice(join(home, 'fanout'), target)
    expect(report).toMatchObject({ kind: 'diskcache-fanout', opensWith: 'ShardedDiskCache' })
    // diskcache keeps 1 and 1.0 in different shards.
    expect(report.skipped.map(({ key }) => key)).toEqual(['1.0'])
    using cache = new ShardedDiskCache(target, { shards: 8 })
    for (let number = 0; number < 200; number += 1) {
      expect(cache.getEntry(number)).toMatchObject({ value: number * 2, tags: ['numbers'] })
      expect(cache.get(String(number))).toBe(`text ${number}`)
    }
    expect(cache.get(['t', 1])).toBe('tuple')
    expect(cache.get<Buffer>('file')).toStrictEqual(Buffer.alloc(40_000, 'x'))
    expect(cache.size).toBe(402)
    expect(cache.check()).toMatchObject({ ok: true, problems: [] })
    using named = new DiskCache(join(target, 'cache', 'named'))
    expect([...named]).toEqual([['a', 1]])
    using jobs = new DiskIndex(join(target, 'deque', 'jobs', 'night'))
    expect([...jobs.values()]).toEqual(['a', 'b', 'c'])
    using table = new DiskIndex(join(target, 'index', 'table'))
    expect([...table]).toEqual([
      ['z', { x: 1 }],
      ['a', 2],
    ])
  })

  test('a Deque and an Index, in their order', async () => {
    const home = temporaryDirectory()
    write(home, 'persistent')
    const report = await importTwice(join(home, 'deque'), join(home, 'to-deque'))
    expect(report).toMatchObject({ kind: 'diskcache-deque', opensWith: 'DiskIndex', skipped: [] })
    using deque = new DiskIndex(join(home, 'to-deque'))
    expect([...deque.values()]).toEqual([0, 1, 'two', ['three']])
    const indexReport = await importTwice(join(home, 'index'), join(home, 'to-index'))
    expect(indexReport).toMatchObject({ kind: 'diskcache-index', opensWith: 'DiskIndex' })
    expect(indexReport.skipped.map(({ key }) => key)).toEqual(['object'])
    using index = new DiskIndex(join(home, 'to-index'))
    expect([...index]).toEqual([
      ['z', 1],
      [1, 'int'],
      ['1', 'text'],
      [['t', 1], { a: 1 }],
    ])
  })

  test('kill -9 in the middle: the next run completes it, and nothing is left behind', async () => {
    const home = temporaryDirectory()
    write(home, 'large')
    const [source, target] = [join(home, 'large'), join(home, 'target')]
    const before = fingerprint(source)
    const child = spawn(process.execPath, [command, 'migrate', source, target, '--json'], {
      stdio: 'ignore',
    })
    const ended = new Promise((resolve) => child.once('exit', resolve))
    // The log grows as batches are committed.
    await until('some batches are copied', 20_000, () => sizeOf(logFile(target)) > 400_000)
    child.kill('SIGKILL')
    await ended
    expect(fingerprint(source)).toBe(before)
    const report = await migrate(source, target)
    expect(report.copied + report.existing).toBe(20_100)
    expect(report.copied).toBeGreaterThan(0)
    expect(report.existing).toBeGreaterThan(0)
    expect(report.skipped).toEqual([])
    using cache = new DiskCache(target)
    expect(cache.size).toBe(20_100)
    for (let number = 0; number < 20_000; number += 97)
      expect(cache.get(number)).toBe(`value ${number}`)
    expect(cache.evictTag('odd')).toBe(10_000)
    expect(cache.check()).toMatchObject({ ok: true, problems: [] })
    expect(readdirSync(home).sort()).toEqual(['large', 'target'])
    expect(fingerprint(source)).toBe(before)
  })

  test('--drop deletes what was copied, its files too, and leaves the rest', async () => {
    const home = temporaryDirectory()
    write(home, 'cache')
    const [source, target] = [join(home, 'cache'), join(home, 'target')]
    const report = await migrate(source, target, { drop: true })
    expect(report.dropped).toBe(report.copied)
    const rest = await migrate(source, join(home, 'rest'))
    expect(rest.skipped.length).toBe(report.skipped.length - 1) // ('t', 1.0) has its place now
    expect(rest).toMatchObject({ copied: 1, expired: 1 })
    expect(filesUnder(source).filter((file) => file.endsWith('.val'))).toEqual([])
    const program =
      'import diskcache, sys; c = diskcache.Cache(sys.argv[1]); assert c.check() == []; print(len(c))'
    const { stdout } = spawnSync(diskcache as string, ['-c', program, source], { encoding: 'utf8' })
    expect(stdout.trim()).toBe(String(report.entries - report.dropped))
    using cache = new DiskCache(target)
    expect(cache.get('crlf file')).toBe(values['crlf file'])
  })
})

describe.each(Object.entries(sciqlop))('row 18: import of SciQLop %s', (version, python) => {
  test('cache, index, fanout and MessagePack', async (context) => {
    if (python === false) return context.skip(missing)
    const home = temporaryDirectory()
    const typed = version.startsWith('0.3')
    run(python, 'sciqlop-source.py', home, typed ? 'typed' : 'text')
    const report = await importTwice(join(home, 'cache'), join(home, 'to-cache'))
    expect(report).toMatchObject({ kind: 'sciqlop-cache', opensWith: 'DiskCache', expired: 1 })
    expect(report.skipped.map(({ key }) => key)).toEqual(typed ? ['object', '1.0'] : ['object'])
    using cache = new DiskCache(join(home, 'to-cache'))
    expect(cache.get('text')).toBe('a\r\nb')
    expect(cache.getEntry('none')).toMatchObject({ value: null })
    expect(cache.get('list')).toEqual([1, 2.5, { a: [1, 2n ** 70n] }, Buffer.from([0])])
    expect(cache.get('file')).toStrictEqual(Buffer.alloc(40_000, 'x'))
    expect(cache.getEntry('tag')).toMatchObject({ value: 1, tags: ['blue'] })
    expect(cache.getEntry('hour')?.expiresAt).toBeGreaterThan(Date.now() + hour - 60_000)
    expect(cache.get('1')).toBe('text')
    // True is 1 in Python, and came later.
    const others: readonly (readonly [Key, string])[] = [
      [1, 'True'],
      [1.5, '1.5'],
      [Buffer.from('by'), "b'by'"],
      [['t', 1], "('t', 1)"],
      [null, 'None'],
      [2n ** 70n, String(2n ** 70n)],
    ]
    if (typed) for (const [key, value] of others) expect(cache.get(key)).toBe(value)

    expect(await importTwice(join(home, 'index'), join(home, 'to-index'))).toMatchObject({
      kind: 'sciqlop-index',
      copied: 2,
    })
    using index = new DiskIndex(join(home, 'to-index'))
    expect(index.get('a')).toEqual({ x: 1 })
    const fanout = await importTwice(join(home, 'fanout'), join(home, 'to-fanout'))
    expect(fanout).toMatchObject({ kind: 'sciqlop-fanout', copied: typed ? 101 : 100 })
    using sharded = new ShardedDiskCache(join(home, 'to-fanout'), { shards: 8 })
    expect(sharded.evictTag('g')).toBe(100)
    await importTwice(join(home, 'packed'), join(home, 'to-packed'))
    using packed = new DiskCache(join(home, 'to-packed'))
    expect(packed.get('dict')).toEqual({
      x: [1, 2.5, null, Buffer.from('b'), 2n ** 63n, -5],
      s: 'x'.repeat(300),
    })
  })
})
