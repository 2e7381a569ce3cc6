import { describe, expect, it } from 'vitest'
import { compress } from '../../src/frame/compression.ts'
import { resolveCompression } from '../../src/frame/compression-options.ts'
import { codeOf } from '../support/code-of.ts'
import { hasZstd, skipWithout, usableNames, use, words } from './compression-support.ts'

const accepted = [
  ['lz4', 1, 0],
  ['zstd', 2, 3],
  ['gzip', 3, 6],
  ['brotli', 4, 4],
] as const

const refused: readonly (readonly [string, unknown])[] = [
  ['an unknown algorithm', 'lzma'],
  ['an unknown algorithm in a record', { algorithm: 'lzma' }],
  ['a record without one', { level: 3 }],
  ['null', null],
  ['true', true],
  ['a number', 3],
  ['an array', ['gzip']],
  ['an unknown name', { algorithm: 'gzip', lvl: 3 }],
  ['a level for lz4', { algorithm: 'lz4', level: 1 }],
  ['a level for none', { algorithm: 'none', level: 1 }],
  ['gzip 0', { algorithm: 'gzip', level: 0 }],
  ['gzip 10', { algorithm: 'gzip', level: 10 }],
  ['gzip 1.5', { algorithm: 'gzip', level: 1.5 }],
  ['gzip NaN', { algorithm: 'gzip', level: Number.NaN }],
  ["gzip '6'", { algorithm: 'gzip', level: '6' }],
  ['brotli -1', { algorithm: 'brotli', level: -1 }],
  ['brotli 12', { algorithm: 'brotli', level: 12 }],
  ['zstd 0', { algorithm: 'zstd', level: 0 }],
  ['zstd 23', { algorithm: 'zstd', level: 23 }],
  ['a negative minBytes', { algorithm: 'gzip', minBytes: -1 }],
  ['a minBytes that is no size', { algorithm: 'gzip', minBytes: 'some' }],
  ['minBytes of none', { algorithm: 'none', minBytes: 'some' }],
]

describe('resolveCompression', () => {
  it.for(accepted)('knows %s by number %i, with level %i', ([name, id, level], context) => {
    skipWithout(context, name)
    const resolved = resolveCompression(name)
    expect(resolved).toMatchObject({ level, minBytes: 1_024, algorithm: { id, name } })
    expect(resolveCompression({ algorithm: name })).toEqual(resolved)
    expect(Object.isFrozen(resolved)).toBe(true)
  })

  it.each([undefined, 'none', { algorithm: 'none' }, { algorithm: 'none', minBytes: '1KiB' }])(
    'takes %j for no compression',
    (option) => {
      expect(resolveCompression(option)).toBeUndefined()
    },
  )

  it.each(refused)('refuses %s', (_, option) => {
    expect(codeOf(() => resolveCompression(option))).toBe('ERR_INVALID_OPTION')
  })

  it('names the option', () => {
    expect(() => resolveCompression({ algorithm: 'gzip', level: 99 }, 'tiers[1].compress')).toThrow(
      /^tiers\[1\]\.compress\.level: 99 is not accepted; use a whole number from 1 to 9/,
    )
  })

  it('refuses zstd where Node has none, naming the version that has it', (context) => {
    if (hasZstd) context.skip(`Node ${process.versions.node} has zstd`)
    expect(codeOf(() => resolveCompression('zstd'))).toBe('ERR_UNSUPPORTED')
    expect(() => resolveCompression('zstd')).toThrow(/Node 22\.15 or newer/)
  })
})

describe('the options', () => {
  it.each(usableNames)('minBytes leaves smaller values alone: %s', (algorithm) => {
    const bytes = words(2_000)
    expect(compress(bytes, 1, use(algorithm, { minBytes: 2_000 }))).toBeDefined()
    expect(compress(bytes, 1, use(algorithm, { minBytes: 2_001 }))).toBeUndefined()
    expect(compress(bytes, 1, use(algorithm, { minBytes: '2KB' }))).toBeDefined()
    expect(compress(bytes, 1, use(algorithm, { minBytes: Infinity }))).toBeUndefined()
    const usual = resolveCompression(algorithm)
    if (usual === undefined) throw new Error('unreachable')
    expect(compress(bytes.subarray(0, 1_023), 1, usual)).toBeUndefined()
    expect(compress(bytes.subarray(0, 1_024), 1, usual)).toBeDefined()
  })

  it.each(usableNames.filter((name) => name !== 'lz4'))('level is effort: %s', (algorithm) => {
    const bytes = words(200_000)
    const levels = { zstd: [1, 19], gzip: [1, 9], brotli: [0, 9] } as const
    const [least, most] = levels[algorithm as keyof typeof levels]
    const fast = compress(bytes, 1, use(algorithm, { level: least }))
    const small = compress(bytes, 1, use(algorithm, { level: most }))
    expect(small?.bytes.byteLength).toBeLessThan((fast?.bytes.byteLength ?? 0) * 0.95)
  })

  it('algorithm decides what is written', () => {
    const bytes = words(10_000)
    const written = usableNames.map((name) => compress(bytes, 1, use(name)))
    expect(new Set(written.map((one) => one?.algorithm)).size).toBe(usableNames.length)
    expect(new Set(written.map((one) => one?.bytes.byteLength)).size).toBe(usableNames.length)
  })
})
