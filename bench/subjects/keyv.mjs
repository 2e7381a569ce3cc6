/** keyv over its SQLite adapter (the `sqlite3` package, in threads of its own). */
import { join } from 'node:path'
import { loadPeer } from '../peers/keyv/load.mjs'

export async function keyv() {
  const { Keyv } = await loadPeer('keyv')
  const { KeyvSqlite } = await loadPeer('@keyv/sqlite')
  return {
    name: 'keyv + sqlite',
    isAsync: true,
    isSlow: true,
    maxEntries: 1_000,
    open: (path) => open(Keyv, KeyvSqlite, path),
  }
}

function open(Keyv, KeyvSqlite, path) {
  const uri = `sqlite://${join(path, 'keyv.sqlite')}`
  const store = new Keyv({ store: new KeyvSqlite({ uri, wal: true }) })
  store.on('error', (error) => {
    throw error
  })
  return {
    get: (key) => store.get(key),
    set: (key, value) => store.set(key, value),
    delete: (key) => store.delete(key),
    setObject: (key, value) => store.set(key, value),
    getObject: (key) => store.get(key),
    setMany: async (entries) => {
      for (const [key, value] of entries) await store.set(key, value)
    },
    close: () => store.disconnect(),
  }
}
