import { cpSync, readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { polars } from '../../scripts/polars.mjs'
import { builtInCodecs } from '../../src/codecs/built-in.ts'
import { unwrap } from '../../src/frame/frame.ts'
import { DiskCache, type StoreEvent } from '../../src/index.ts'
import {
  type FrameSample,
  frameSamples,
  type Polars,
  polarsName,
  polarsSample,
} from '../support/frame-samples.ts'
import { filesUnder } from '../support/store-files.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { hasZstd } from './compression-support.ts'
import { differenceOf } from './exactly.ts'
import { type Fixture, keyOf, storedFacts, storedValues, storeOptions } from './fixture-maker.ts'
import { formatOf } from './fuzz-corpus.ts'

const formatsFolder = join(import.meta.dirname, '..', 'fixtures', 'formats')
const zstd = 2

const polarsFolder = polars()
const polarsSamples =
  polarsFolder === false
    ? []
    : [[polarsName, polarsSample(createRequire(import.meta.url)(polarsFolder) as Polars)] as const]
const samples = new Map<string, FrameSample>([...frameSamples(), ...polarsSamples])

/** Fails unless `actual` is the value of that name, in all that can be seen of it. */
function expectSample(actual: unknown, name: string): void {
  const { value, shows = (whole: unknown) => whole } = samples.get(name) as FrameSample
  const show = shows as (whole: unknown) => unknown
  expect(differenceOf(show(actual), show(value)), name).toBeUndefined()
}

describe.each(readdirSync(formatsFolder))('what was written in format %s', (version) => {
  const folder = join(formatsFolder, version)
  const manifest = JSON.parse(
    readFileSync(join(folder, 'manifest.json'), 'utf8'),
  ) as readonly Fixture[]
  const formatFor = ({ value, isEncrypted }: Fixture) =>
    formatOf(undefined, isEncrypted, value === polarsName ? samples.get(value)?.codec : undefined)

  it.for(manifest)('is still read: $file', (said, { skip }) => {
    const { file } = said
    if (!samples.has(said.value)) skip('nodejs-polars cannot be installed here')
    if (said.compression === zstd && !hasZstd) skip(`Node ${process.versions.node} has no zstd`)
    const opened = unwrap(readFileSync(join(folder, 'frames', file)), true)
    expect(opened.codec).toBe(said.codec)
    expect(opened.compression).toBe(said.compression)
    expect(opened.cipher !== undefined).toBe(said.isEncrypted)
    const format = formatFor(said)
    expectSample(format.decode(format.open(opened, keyOf(file))), said.value)
  })

  it('has every codec, compression and file that there is', () => {
    const codecs = new Set(manifest.map(({ codec }) => codec))
    const numbers = [...builtInCodecs.keys()].filter(
      (number) => builtInCodecs[number]?.id !== 'polars',
    )
    for (const number of numbers) expect(codecs, `codec ${number}`).toContain(number)
    expect([...new Set(manifest.map(({ compression }) => compression))].sort()).toEqual([
      0, 1, 2, 3, 4,
    ])
    expect(new Set(manifest.map(({ file }) => file))).toEqual(
      new Set(readdirSync(join(folder, 'frames'))),
    )
    expect(new Set(manifest.map(({ value }) => value))).toEqual(
      new Set([...samples.keys(), polarsName]),
    )
  })

  it('was written by the oldest Node and a new one', () => {
    const majors = new Set(manifest.map(({ node }) => Number(node.slice(1).split('.')[0])))
    expect([...majors].sort()).toEqual([20, 24])
  })

  describe.each([...storeOptions()])('in a store, %s', (name, options) => {
    it.each([false, true])('is still read, with readonly: %s', (readonly) => {
      const directory = join(temporaryDirectory(), 'store')
      cpSync(join(folder, 'stores', name), directory, { recursive: true })
      const events: StoreEvent[] = []
      const cache = new DiskCache(directory, {
        ...options,
        readonly,
        onEvent: (event) => events.push(event),
      })
      try {
        for (const value of storedValues) {
          expectSample(cache.get(value), value)
          expect(cache.getEntry(value)).toMatchObject(storedFacts)
        }
        expect([...cache.keys()].sort()).toEqual([...storedValues].sort())
        // Only a writer can make the page of versions that these stores do not have yet.
        expect(events.map(({ type }) => type)).toEqual(readonly ? ['fallback'] : [])
      } finally {
        cache.close()
      }
    })

    it('was closed before it was kept', () => {
      const files = filesUnder(join(folder, 'stores', name)).map((path) => basename(path))
      expect(files).toContain('holdfast.db')
      expect(files.filter((file) => /-(wal|shm|journal)$/.test(file))).toEqual([])
    })
  })
})
