import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { resolveCompression } from '../../src/frame/compression-options.ts'
import { wrap } from '../../src/frame/frame.ts'
import { ValueFormat } from '../../src/frame/value-format.ts'
import { DiskCache, type DiskCacheOptions, encryption, signing } from '../../src/index.ts'
import {
  type FrameSample,
  frameSamples,
  type Polars,
  polarsName,
  polarsSample,
  reader,
  testEncryption,
  testKeys,
} from '../support/frame-samples.ts'
import { hasZstd, usableNames } from './compression-support.ts'
import { formatOf } from './fuzz-corpus.ts'
import { regressions } from './regression-bombs.ts'

/** What the manifest says of a file. */
export interface Fixture {
  readonly file: string
  /** Name of the value among the frame samples. */
  readonly value: string
  /** As the header says: number of a built-in codec, or the id of another. */
  readonly codec: number | string
  /** As the header says. */
  readonly compression: number
  readonly isEncrypted: boolean
  /** Version of Node that wrote it. */
  readonly node: string
}

/** How a fixture of a value is written. */
interface Form {
  readonly compression: string
  readonly isEncrypted: boolean
  /** Tells it from the same one that another Node writes. */
  readonly suffix?: string
}

/** The canonical key of the entry that an encrypted fixture belongs to. */
export function keyOf(file: string): Uint8Array {
  return Buffer.from(`s${file}`)
}

/** Values that are also kept encrypted: one of each kind of codec. */
const encrypted: ReadonlySet<string> = new Set([
  'null',
  'text-astral',
  'int16array',
  'ndarray-strided',
  'msgpack-result',
  'structured-map',
  'graph-money',
  'class-money',
  'defined-bitmap',
  'arrow-table',
  'bulky-text',
  'bulky-float64array',
])

function formsOf(name: string, { isBulky }: FrameSample): Form[] {
  const compressions = isBulky === true ? usableNames : []
  const plain = ['none', ...compressions].map((compression) => ({
    compression,
    isEncrypted: false,
  }))
  const secret = plain.map((form) => ({ ...form, isEncrypted: true }))
  return encrypted.has(name) ? [...plain, ...secret] : plain
}

/** What of the fixtures a Node makes: the oldest all but zstd; a newer one zstd, and what depends on its V8. */
export type Part = 'oldest' | 'newer'

/** Writes a file for each value, compression and cipher. */
export function makeFrames(folder: string, part: Part): readonly Fixture[] {
  mkdirSync(folder, { recursive: true })
  return [...frameSamples()].flatMap(([name, sample]) => {
    const forms = formsOf(name, sample)
    const chosen = part === 'oldest' ? forms : newForms(name, sample, forms)
    return chosen.map((form) => makeFrame(folder, name, sample, form))
  })
}

function newForms(name: string, sample: FrameSample, forms: readonly Form[]): readonly Form[] {
  const zstd = forms.filter(({ compression }) => compression === 'zstd')
  const { codec } = formatOf(undefined, false, sample.codec).encode(sample.value)
  const isOfV8 = codec === 'structured' || codec === 'graph'
  if (!isOfV8 || name.startsWith('bulky')) return zstd
  const [major] = process.versions.node.split('.')
  return [...zstd, { compression: 'none', isEncrypted: false, suffix: `node${major}` }]
}

function makeFrame(folder: string, name: string, sample: FrameSample, form: Form): Fixture {
  const { compression, isEncrypted, suffix } = form
  const parts = [
    name,
    compression === 'none' ? undefined : compression,
    isEncrypted ? 'encrypted' : undefined,
    suffix,
  ]
  const file = `${parts.filter((part) => part !== undefined).join('.')}.frame`
  const format = new ValueFormat({
    codec: sample.codec ?? reader,
    compression: resolveCompression({ algorithm: compression, minBytes: 0 }),
    encryption: isEncrypted ? testEncryption() : undefined,
    maxValueBytes: Number.POSITIVE_INFINITY,
    maxStoredBytes: Number.POSITIVE_INFINITY,
  })
  const { fields, payload } = format.seal(format.encode(sample.value), keyOf(file))
  writeFileSync(join(folder, file), wrap(fields, payload))
  const { codec, compression: used } = fields
  return { file, value: name, codec, compression: used, isEncrypted, node: process.version }
}

/** Options that each store of the fixtures is opened with, by the name of its folder. */
export function storeOptions(): ReadonlyMap<string, DiskCacheOptions> {
  const sign = signing({ key: testKeys.signing })
  const encrypt = encryption({ keys: [testKeys.encryption], tenant: 'fixtures' })
  const common = { codec: reader, inlineBytes: 1_000, eviction: 'none' } as const
  return new Map<string, DiskCacheOptions>([
    ['plain', { ...common, compress: { algorithm: 'gzip', minBytes: '2KiB' } }],
    ['protected', { ...common, encrypt, sign, compress: 'brotli' }],
  ])
}

/** Values that stores of the fixtures hold, each under its name: small ones in rows, large ones in files. */
export const storedValues: readonly string[] = [
  'null',
  'number-minus-zero',
  'text-astral',
  'msgpack-result',
  'structured-map',
  'graph-money',
  'defined-bitmap',
  'ndarray-strided',
  'bulky-text',
  'bulky-float64array',
  'bulky-msgpack',
]

/** What is stored beside each value. */
export const storedFacts = {
  tags: ['fixture'],
  description: 'kept for ever',
  meta: { by: 'make-fixtures' },
} as const

/** Fills a store for each kind of protection. */
export function makeStores(folder: string): void {
  const samples = frameSamples()
  for (const [name, options] of storeOptions()) {
    const cache = new DiskCache(join(folder, name), options)
    for (const value of storedValues) cache.set(value, samples.get(value)?.value, storedFacts)
    cache.close()
    // Only room, which the store makes again.
    rmSync(join(folder, name, 'shared', 'reserve'), { force: true })
  }
}

/**
 * For scripts/make-fixtures.mjs, which knows neither TypeScript nor what a fixture is.
 * @param polars folder of nodejs-polars.
 */
export function main(folder: string, part: Part, polars: string): void {
  if (part === 'newer' && !hasZstd) throw new Error('this Node has no zstd')
  const frames = join(folder, 'frames')
  const fixtures = [...makeFrames(frames, part)]
  if (part === 'oldest') {
    const sample = polarsSample(createRequire(import.meta.url)(polars) as Polars)
    fixtures.push(
      makeFrame(frames, polarsName, sample, { compression: 'none', isEncrypted: false }),
    )
    makeStores(join(folder, 'stores'))
  }
  console.log(JSON.stringify(fixtures))
}

/** What `expected.json` says of a file of the regression corpus. */
export interface ExpectedRegression {
  readonly file: string
  readonly what: string
  readonly outcome: string
  readonly needsZstd: boolean
}

/** Adds to the regression corpus what is not in it: what is there stays. For scripts/make-fixtures.mjs. */
export function addRegressions(folder: string): void {
  mkdirSync(folder, { recursive: true })
  const list = join(folder, 'expected.json')
  const known: ExpectedRegression[] = existsSync(list) ? JSON.parse(readFileSync(list, 'utf8')) : []
  const files = new Set(known.map(({ file }) => file))
  for (const [name, { what, frame, outcome, needsZstd = false }] of regressions()) {
    const file = `${name}.frame`
    if (files.has(file)) continue
    writeFileSync(join(folder, file), frame)
    known.push({ file, what, outcome, needsZstd })
  }
  const lines = known.map((entry) => `  ${JSON.stringify(entry)}`)
  writeFileSync(list, `[\n${lines.join(',\n')}\n]\n`)
}
