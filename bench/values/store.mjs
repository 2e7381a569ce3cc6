/** What encryption, signing and compression cost at `set` and `get` of a store. */
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { DiskCache, encryption, signing } from 'holdfast'
import { randomKeys } from '../disk/operations.mjs'
import { sizeLabel } from '../disk/single.mjs'
import { keyNames } from '../lib/random.mjs'
import { compareMedians, contestant, race } from './race.mjs'
import { SUBJECTS } from './subjects.mjs'

const CELLS = [
  { size: 256, entries: 1_000 },
  { size: 65_536, entries: 100 },
]

const secured = () => ({
  encrypt: encryption({ keys: [randomBytes(32)] }),
  sign: signing({ key: 'ephemeral' }),
})

/** The first is what the others are compared with. */
const WAYS = {
  none: () => ({}),
  encrypt: () => ({ encrypt: secured().encrypt }),
  sign: () => ({ sign: secured().sign }),
  "compress: 'lz4'": () => ({ compress: 'lz4' }),
  'all three': () => ({ ...secured(), compress: 'lz4' }),
}

export async function runStore(context) {
  for (const cell of CELLS) await runCell(context, cell)
}

async function runCell(context, { size, entries }) {
  const values = makeTexts(size)
  const stores = Object.entries(WAYS).map(([name, options], i) => {
    const path = join(context.directory, `store-${size}-${i}`)
    const cache = new DiskCache(path, { hot: false, unlinkDelay: 0, ...options() })
    cache.setMany(
      keyNames(entries)
        .slice(0, entries)
        .map((key, i) => [key, values[i % values.length]]),
    )
    return { name, cache }
  })
  for (const op of ['set', 'get']) {
    const title = `store, ${op}, ${sizeLabel(size)} of text`
    context.progress(title)
    const contestants = stores.map(({ name, cache }) => {
      const next = randomKeys(entries)
      let turn = 0
      const set = () => cache.set(next(), values[turn++ % values.length])
      return contestant(name, op === 'set' ? set : () => cache.get(next()))
    })
    const options = { maxOps: size > 4096 ? 2_000 : 20_000 }
    const [none, ...others] = await race(context, { op: `store ${op}`, size }, contestants, options)
    for (const ours of others) compareMedians(context, { title, basis: 'time', ours, peer: none })
  }
  for (const { cache } of stores) cache.close()
}

/** Pieces of text that compress as text does, all different. */
function makeTexts(size) {
  const { make } = SUBJECTS.find(({ title }) => title.startsWith('texts'))
  const text = Buffer.from(JSON.stringify(make()))
  return Array.from({ length: 32 }, (_, i) => text.subarray(i * 97, i * 97 + size))
}
