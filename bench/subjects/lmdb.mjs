/** lmdb-js: the fastest embedded store for Node.js; reads come straight from the memory map. */
import { join } from 'node:path'
import { loadPeer } from '../peers/load.mjs'

export async function lmdb() {
  const { open: openLmdb } = await loadPeer('lmdb')
  return { name: 'lmdb', isAsync: false, open: (path) => open(openLmdb, path) }
}

function open(openLmdb, path) {
  // noSync: survives a killed process but not power loss, as the store's default durability.
  const root = openLmdb({ path: join(path, 'lmdb'), noSync: true, maxDbs: 4 })
  const db = root.openDB('bytes', { encoding: 'binary' })
  const objects = root.openDB('objects', { encoding: 'msgpack' })
  return {
    get: (key) => db.get(key),
    set: (key, value) => db.putSync(key, value),
    delete: (key) => db.removeSync(key),
    setAsync: (key, value) => db.put(key, value),
    setObject: (key, value) => objects.putSync(key, value),
    getObject: (key) => objects.get(key),
    setMany: (entries) =>
      db.transactionSync(() => {
        for (const [key, value] of entries) db.putSync(key, value)
      }),
    getMany: (keys) => new Map(keys.map((key) => [key, db.get(key)])),
    close: () => root.close(),
  }
}
