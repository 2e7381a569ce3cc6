/** unstorage with its file system driver, raw items (no JSON). */
import { join } from 'node:path'
import { loadPeer } from '../peers/load.mjs'

export async function unstorage() {
  const { createStorage } = await loadPeer('unstorage')
  const { default: driver } = await loadPeer('unstorage/drivers/fs')
  return {
    name: 'unstorage fs',
    isAsync: true,
    isSlow: true,
    maxEntries: 1_000,
    open: (path) => open(createStorage({ driver: driver({ base: join(path, 'unstorage') }) })),
  }
}

function open(storage) {
  return {
    get: (key) => storage.getItemRaw(key),
    set: (key, value) => storage.setItemRaw(key, value),
    delete: (key) => storage.removeItem(key),
    setObject: (key, value) => storage.setItem(key, value),
    getObject: (key) => storage.getItem(key),
    setMany: async (entries) => {
      for (const [key, value] of entries) await storage.setItemRaw(key, value)
    },
    close: () => storage.dispose(),
  }
}
