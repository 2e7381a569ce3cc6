// `node disk-client.mjs MODULE OPTIONS`: another process with a disk backend. MODULE is `disk-node.ts` in plain JavaScript.
// Orders come as messages: [name, ...arguments]; each is answered.
const [module, text] = process.argv.slice(2)
const { directory } = JSON.parse(text)
const { openDiskBackend } = await import(module)
const { backend, store } = openDiskBackend(directory)
const call = { signal: new AbortController().signal }
const record = (text) => ({ bytes: Buffer.from(text), expiresAt: Number.POSITIVE_INFINITY })

const orders = {
  get: async (key) => {
    const found = await backend.get(key, call)
    return found === undefined ? null : Buffer.from(found.bytes).toString()
  },
  set: async (key, text) => {
    await backend.set(key, record(text), call)
    return true
  },
  add: (key, text) => backend.add(key, record(text), call),
  delete: (key) => backend.delete(key, call),
  acquire: async (name) => (await backend.leases.acquire(name, 60_000, call)) ?? null,
  /** Adds to `count` keys, and says which were its own. */
  addAll: async (count, text) => {
    const added = []
    for (let index = 0; index < count; index += 1)
      if (await backend.add(`add ${index}`, record(text), call)) added.push(index)
    return added
  },
  /** Holds the write lock of the store for so long that a blocked caller would be noticed. */
  hold: async (ms) => {
    store.transact(() => {
      store.set('held', Buffer.from('held'))
      process.send(['holding', true])
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
    })
    return true
  },
  /** Writes for ever; each acknowledged write is told. */
  write: async () => {
    for (let number = 1; ; number += 1) {
      const texts = Array.from({ length: 10 }, (_, index) => [
        `key ${index}`,
        record(`${number}:`.padEnd(index * 8_000 + 20, '.')),
      ])
      await backend.setMany(texts, call)
      process.send(['written', number])
    }
  },
}

process.on('message', async ([name, ...args]) => {
  process.send([name, await orders[name](...args)])
})
process.send(['ready', true])
