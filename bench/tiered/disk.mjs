/** Memory before a disk: reads that memory does not have, and writes that reach both. */
import { DiskCache, disk } from 'holdfast'
import { keyNames } from '../lib/random.mjs'
import { loadPeer } from '../peers/load.mjs'
import { compare, race, randomKeys, repeated } from './race.mjs'
import { HOUR, openHoldfast } from './subjects.mjs'

const ENTRIES = 1_000
const text = (key) => key.padEnd(256, 'x')
/** One entry in memory: the next key is never there. */
const SMALL = { maxEntries: 1, policy: 'lru' }

export async function runDisk(context) {
  context.progress('memory and disk')
  const open = await openStores(context)
  await reads(context, open)
  await sets(context, open)
  for (const { close } of open) await close()
}

async function reads(context, open) {
  const contestants = open.map(({ get, isSync, name }) => {
    const next = randomKeys(ENTRIES)
    const check = (value) => {
      if (value?.length !== 256) throw new Error(`${name}: a key is missing`)
    }
    const call = isSync ? () => check(get(next())) : async () => check(await get(next()))
    return repeated(name, call, { isSync, per: 4 })
  })
  const slices = await race(context, { op: 'disk hit', entries: ENTRIES }, contestants)
  const title = 'get, not in memory, on disk'
  compare(context, slices, { title, ours: 'holdfast' })
}

async function sets(context, open) {
  const contestants = open.map(({ isSync, name, set }) => {
    const next = randomKeys(ENTRIES)
    let turn = 0
    const values = Array.from({ length: 64 }, (_, i) => text(`value:${i}`))
    return repeated(name, () => set(next(), values[turn++ & 63]), { isSync, per: 4 })
  })
  const slices = await race(context, { op: 'disk set', entries: ENTRIES }, contestants)
  compare(context, slices, { title: 'set, memory and disk', ours: 'holdfast' })
}

async function openStores({ results, stores }) {
  const tier = disk({ directory: stores.directory('tiered') })
  const { cache } = openHoldfast({ options: SMALL, tiers: [tier] })
  const store = new DiskCache(stores.directory('store'), { hot: false })
  const open = [
    {
      name: 'holdfast',
      get: (key) => cache.get(key),
      set: (key, value) => cache.set(key, value),
      close: () => cache.close(),
    },
    {
      name: 'DiskCache alone',
      isSync: true,
      get: (key) => store.get(key),
      set: (key, value) => store.set(key, value),
      close: () => store.close(),
    },
  ]
  try {
    open.push(await openBentocache(stores.directory('bentocache')))
  } catch (error) {
    results.note(`bentocache's files are left out: ${error.message}`)
  }
  for (const { set } of open) for (const key of keyNames(ENTRIES)) await set(key, text(key))
  return open
}

/** A file for each entry. */
async function openBentocache(directory) {
  const { BentoCache, bentostore } = await loadPeer('bentocache')
  const { memoryDriver } = await loadPeer('bentocache/drivers/memory')
  const { fileDriver } = await loadPeer('bentocache/drivers/file')
  const store = bentostore()
    .useL1Layer(memoryDriver({ maxItems: 1, serialize: false }))
    .useL2Layer(fileDriver({ directory, pruneInterval: false }))
  const cache = new BentoCache({ default: 'one', ttl: HOUR, stores: { one: store } })
  return {
    name: 'bentocache, files',
    get: (key) => cache.get({ key }),
    set: (key, value) => cache.set({ key, value }),
    close: () => cache.disconnectAll(),
  }
}
