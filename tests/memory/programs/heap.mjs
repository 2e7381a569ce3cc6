/**
 * `node --expose-gc heap.mjs MODULE WHAT [POLICY]`: how much memory a value or a store takes, as the process sees it and as
 * `MODULE` counts it. Prints JSON: `{ name: [counted, taken] }`, in bytes.
 */
const [module, what, policy] = process.argv.slice(2)
const { sizeOfValue, MemoryStore, entryBytes } = await import(module)

function used() {
  for (let i = 0; i < 4; i += 1) globalThis.gc()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

const text = (i, length) => `${i}`.padEnd(length, 'abcdefgh').split('').join('')

/** Values by name, and how many of each are made. */
const values = {
  'short texts': [100_000, (i) => text(i, 24)],
  'long texts': [500, (i) => text(i, 5_000)],
  'texts in Latin-1': [20_000, (i) => Buffer.from(`${text(i, 200)}é`, 'latin1').toString('latin1')],
  'texts of two bytes a character': [10_000, (i) => `${text(i, 200)}€`.normalize('NFC')],
  'large whole numbers': [200_000, (i) => 2 ** 40 + i],
  'big integers': [60_000, (i) => 2n ** 300n + BigInt(i)],
  records: [
    10_000,
    (i) => ({
      id: i,
      name: text(i, 16),
      tags: [text(i, 10), text(i, 12)],
      at: { x: i + 0.5, y: i - 0.5 },
    }),
  ],
  'parsed JSON': [
    10_000,
    (i) =>
      JSON.parse(
        `{"id":${i},"title":"${text(i, 40)}","list":[1,2,3,4,5,6,7,8],"nested":{"a":true,"b":null,"c":"${text(i, 20)}"}}`,
      ),
  ],
  'arrays of numbers': [2_000, (i) => Array.from({ length: 200 }, (_, j) => i + j / 7)],
  'arrays of texts': [500, (i) => Array.from({ length: 100 }, (_, j) => text(i * 100 + j, 18))],
  'objects with many names': [
    200,
    (i) => Object.fromEntries(Array.from({ length: 200 }, (_, j) => [`name ${i} ${j}`, j])),
  ],
  Maps: [600, (i) => new Map(Array.from({ length: 100 }, (_, j) => [i * 100 + j, { j }]))],
  Sets: [1_500, (i) => new Set(Array.from({ length: 100 }, (_, j) => i * 100 + j))],
  Dates: [30_000, (i) => new Date(1.7e12 + i)],
  'typed arrays': [2_000, (i) => new Float64Array(100).fill(i)],
  Buffers: [2_000, (i) => Buffer.alloc(1_000, i)],
  'Buffers of the pool': [20_000, (i) => Buffer.from(text(i, 100))],
  ArrayBuffers: [2_000, () => new ArrayBuffer(2_000)],
  Errors: [10_000, (i) => new Error(text(i, 30))],
  'class instances': [60_000, (i) => new Point(i, i % 4)],
}

class Point {
  constructor(x, label) {
    this.x = x
    this.label = label
    this.weight = x + 0.25
  }
}

function measureValues() {
  const found = {}
  for (const [name, [count, make]] of Object.entries(values)) {
    // Once for nothing, so that no code is compiled meanwhile and V8 knows the shapes.
    const held = Array.from({ length: count }, (_, i) => sizeOfValue(make(i)))
    const before = used()
    for (let i = 0; i < count; i += 1) held[i] = make(i)
    const taken = used() - before
    let counted = 0
    for (const value of held) counted += sizeOfValue(value)
    found[name] = [counted, taken]
  }
  return found
}

/** Fills a store to several times its room, with hits, so that all of its parts hold something. */
function measureStore() {
  const options = {
    maxBytes: Infinity,
    maxEntryShare: 1,
    policy,
    clock: { now: Date.now, setTimeout: timer },
  }
  const found = {}
  const warm = new MemoryStore({ ...options, maxEntries: 2_000 })
  fill(warm, 2_000, 0)
  warm.close()
  for (const [name, entries, ttl] of [
    ['without deadlines', 50_000, 0],
    ['with deadlines', 50_000, 3_600_000],
    ['for which there is much room', 40_000, 0],
  ]) {
    const before = used()
    const store = new MemoryStore({ ...options, maxEntries: entries })
    fill(store, entries, ttl)
    found[name] = [store.bytes, used() - before]
    store.close()
  }
  return found
}

function fill(store, entries, ttl) {
  let state = 12_345
  for (let i = 0; i < entries * 3; i += 1) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    const key = text(state % (entries * 2), 12)
    if (store.get(key) === undefined) store.set(key, 1, 0, ttl === 0 ? Infinity : Date.now() + ttl)
  }
}

function timer(run, ms) {
  const handle = setTimeout(run, ms)
  handle.unref()
  return { clear: () => clearTimeout(handle) }
}

const found = what === 'values' ? measureValues() : measureStore()
process.stdout.write(JSON.stringify({ found, entryBytes }))
