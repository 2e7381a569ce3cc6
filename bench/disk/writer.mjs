/** One writing process: opens the store, waits for `go`, sets random keys until its time is up. */
import { keyNames, makeValues, randomSource } from '../lib/random.mjs'

const KEYS = 10_000
const SIZE = 256
const MOST_CALLS = 500_000

const { kind, path, ms, seed } = JSON.parse(process.argv[2])
const handle = await open()
const keys = keyNames(KEYS)
const values = makeValues(SIZE)
const next = randomSource(seed * 7919)
write(200, Number.POSITIVE_INFINITY)
process.once('message', () => {
  const report = write(MOST_CALLS, performance.now() + ms)
  process.send(report, () => process.exit(0))
})
process.send('ready')

function write(most, deadline) {
  const samples = new Float64Array(most)
  let count = 0
  let errors = 0
  for (let now = performance.now(); count < most && now < deadline; ) {
    try {
      handle.set(keys[next() % KEYS], values[count % values.length])
    } catch {
      errors++
    }
    const end = performance.now()
    samples[count++] = (end - now) * 1000
    now = end
  }
  return { samples: samples.slice(0, count), errors }
}

async function open() {
  if (kind === 'holdfast sharded') {
    const { ShardedDiskCache } = await import('holdfast')
    return new ShardedDiskCache(path, { shards: 8 })
  }
  if (kind === 'holdfast') return (await load('holdfast', 'holdfast')).open(path)
  if (kind === 'lmdb') return (await load('lmdb', 'lmdb')).open(path)
  return (await load('raw-sqlite', 'rawSqlite')).open(path)
}

async function load(file, name) {
  return (await import(`../subjects/${file}.mjs`))[name]()
}
