/** A file a value: written beside its name and renamed over it, read whole. */
import { mkdirSync, readFileSync, renameSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export async function plainFiles() {
  return { name: 'plain files', isAsync: false, maxEntries: 100_000, bytesOnly: true, open }
}

function open(path) {
  // 100 folders by the last two digits, as file caches do to keep folders small.
  for (let i = 0; i < 100; i++) {
    mkdirSync(join(path, 'files', String(i).padStart(2, '0')), { recursive: true })
  }
  const nameOf = (key) => `${path}/files/${key.slice(-2)}/${key}`
  let serial = 0
  const set = (key, value) => {
    const name = nameOf(key)
    const temporary = `${name}.${serial++}.tmp`
    writeFileSync(temporary, value, { flag: 'wx', mode: 0o600 })
    renameSync(temporary, name)
  }
  return {
    get: (key) => {
      try {
        return readFileSync(nameOf(key))
      } catch {
        return undefined
      }
    },
    set,
    delete: (key) => unlinkSync(nameOf(key)),
    setMany: (entries) => {
      for (const [key, value] of entries) set(key, value)
    },
    close: () => undefined,
  }
}
