/** cacache, npm's content-addressed cache: an index file a key, a content file a digest. */
import { join } from 'node:path'
import { loadPeer } from '../peers/load.mjs'

export async function cacache() {
  const { default: store } = await loadPeer('cacache')
  return {
    name: 'cacache',
    isAsync: true,
    isSlow: true,
    maxEntries: 1_000,
    bytesOnly: true,
    open: (path) => open(store, path),
  }
}

function open(store, path) {
  const directory = join(path, 'cacache')
  const get = (key) =>
    store.get(directory, key).then(
      (found) => found.data,
      () => undefined,
    )
  return {
    get,
    set: (key, value) => store.put(directory, key, value),
    delete: (key) => store.rm.entry(directory, key),
    setMany: async (entries) => {
      for (const [key, value] of entries) await store.put(directory, key, value)
    },
    close: () => undefined,
  }
}
