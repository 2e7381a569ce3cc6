/** An array of numbers in the store beside a plain file; what each compression makes of it, shuffled and not. */
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { DiskCache } from 'holdfast'
import { compress, decompress } from '../../dist/frame/compression.js'
import { resolveCompression } from '../../dist/frame/compression-options.js'
import { randomSource } from '../lib/random.mjs'
import { plainFiles } from '../subjects/plain-files.mjs'
import { compareAll, compareMedians, contestant, race } from './race.mjs'

const LENGTH = 2 ** 17
const KEYS = 16
/** Elements of a page of memory. */
const PAGE = 512
const ALGORITHMS = ['lz4', 'zstd', 'gzip', 'brotli']

/** Numbers as they are measured: each makes a function that gives the next one. */
const DATA = {
  'sensor readings': (next) => {
    let height = 20
    return () => {
      height += (next() / 2 ** 31 - 1) / 2
      return Math.round(height * 128) / 128
    }
  },
  timestamps: (next) => {
    let time = 1_715_421_492_123
    return () => {
      time += 20 + (next() % 5)
      return time
    }
  },
  'smooth curve': () => (at) => Math.sin(at / 900) * 40 + Math.sin(at / 31_000) * 300,
}

function makeArray(make, seed = 3) {
  const at = make(randomSource(seed))
  return Float64Array.from({ length: LENGTH }, (_, index) => at(index))
}

export async function runArrays(context) {
  await runStored(context)
  for (const [data, make] of Object.entries(DATA)) {
    const bytes = new Uint8Array(makeArray(make).buffer)
    for (const algorithm of ALGORITHMS) await runCompression(context, data, bytes, algorithm)
    // The other kinds of data take as long again.
    if (context.flags.quick) break
  }
}

async function runStored(context) {
  const [make] = Object.values(DATA)
  const arrays = Array.from({ length: KEYS }, (_, i) => makeArray(make, i + 1))
  const ways = [
    inStore(context, 'holdfast', {}),
    inStore(context, "holdfast, verify: 'always'", { verify: 'always' }),
    await inFiles(context),
  ]
  const title = (op) => `Float64Array of 1 MiB, ${op}`
  for (const way of ways) for (const [i, array] of arrays.entries()) way.set(keyOf(i), array)
  const use = {
    write: (way) => {
      let turn = 0
      return () => way.set(keyOf(turn % KEYS), arrays[(turn++ * 7 + 1) % KEYS])
    },
    read: (way) => {
      let turn = 0
      return () => touch(way.get(keyOf(turn++ % KEYS)))
    },
  }
  for (const [op, operation] of Object.entries(use)) {
    context.progress(title(op))
    const contestants = ways.map((way) => contestant(way.name, operation(way)))
    const entries = await race(context, { op, value: 'Float64Array' }, contestants, { maxOps: 500 })
    compareAll(context, title(op), entries, { basis: 'time' })
    const [, always, files] = entries
    if (op === 'read')
      compareMedians(context, { title: title(op), basis: 'time', ours: always, peer: files })
  }
  for (const way of ways) way.close()
}

/** Two digits, by which the plain files are spread. */
const keyOf = (i) => `array:${String(i).padStart(2, '0')}`

/** Reads something of every page: a mapped array costs nothing before. */
function touch(array) {
  let sum = 0
  for (let at = 0; at < array.length; at += PAGE) sum += array[at]
  return sum
}

let serial = 0

function inStore({ directory }, name, options) {
  const path = join(directory, `arrays-${serial++}`)
  const cache = new DiskCache(path, { hot: false, unlinkDelay: 0, ...options })
  return {
    name,
    set: (key, value) => cache.set(key, value),
    get: (key) => cache.get(key),
    close: () => cache.close(),
  }
}

async function inFiles({ directory }) {
  const files = (await plainFiles()).open(join(directory, 'arrays-plain'))
  return {
    name: 'plain files',
    set: (key, { buffer }) => files.set(key, new Uint8Array(buffer)),
    get: (key) => {
      const { buffer, byteOffset, byteLength } = files.get(key)
      return new Float64Array(buffer, byteOffset, byteLength / 8)
    },
    close() {},
  }
}

async function runCompression(context, data, bytes, name) {
  const compression = resolved(context, name)
  if (compression === undefined) return
  const { algorithm, level } = compression
  const chunked = (label, elementBytes) => ({
    name: `${name}, ${label}`,
    pack: () => compress(bytes, elementBytes, compression)?.bytes ?? bytes,
    // What does not get smaller is kept as it is.
    unpack: (packed) =>
      packed.byteLength === bytes.byteLength
        ? packed
        : decompress(algorithm.id, packed, bytes.byteLength),
  })
  const ways = [
    chunked('shuffled', 8),
    chunked('as it is', 1),
    {
      name: `${name} alone`,
      pack: () => algorithm.compress(bytes, level).now(),
      unpack: (packed) => algorithm.decompress(packed, bytes.byteLength).now(),
    },
  ].map((way) => ({ ...way, packed: Buffer.from(way.pack()) }))
  for (const { name, packed, unpack } of ways)
    if (!isDeepStrictEqual(Buffer.from(unpack(packed)), Buffer.from(bytes)))
      throw new Error(`${name} lost something`)
  const extra = Object.fromEntries(ways.map(({ name, packed }) => [name, { bytes: packed.length }]))
  for (const op of ['compress', 'decompress']) {
    const title = `${data}, 1 MiB, ${op}`
    context.progress(`${title}, ${name}`)
    const contestants = ways.map((way) =>
      contestant(way.name, op === 'compress' ? way.pack : () => way.unpack(way.packed)),
    )
    const options = { extra, isSlow: true, minOps: 1, maxOps: 500 }
    const entries = await race(context, { op, value: data, algorithm: name }, contestants, options)
    compareAll(context, title, entries)
  }
  compareSizes(context, `${data}, 1 MiB, bytes`, ways, bytes.byteLength)
}

function resolved({ results }, name) {
  try {
    return resolveCompression(name)
  } catch (error) {
    results.note(`${name} is left out: ${error.message}`)
    return undefined
  }
}

function compareSizes({ results }, title, ways, rawSize) {
  for (const { name, packed } of ways)
    results.figure({
      title,
      basis: '% of the raw size',
      value: [(packed.length / rawSize) * 100],
      ours: { name },
    })
}
