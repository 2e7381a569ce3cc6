/** Filled stores, one directory each, made once per run and shared by the rows that need them. */
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { keyNames, makeRecord, makeValues } from '../lib/random.mjs'

const BATCH = 2_000

export class Stores {
  #root
  #filled = new Map()
  #serial = 0

  constructor(root) {
    this.#root = root
  }

  /** An empty directory of its own, closed to other users as stores demand. */
  directory(label = 'store') {
    const path = join(this.#root, `${this.#serial++}-${label.replaceAll(/[^a-z0-9]+/gi, '-')}`)
    mkdirSync(path, { mode: 0o700 })
    return path
  }

  /** A directory in which `subject` holds `entries` values of `size` bytes. */
  async filled(subject, { entries, size }) {
    const id = `${subject.name} ${entries} ${size}`
    const known = this.#filled.get(id)
    if (known !== undefined) return known
    const path = this.directory(id)
    const handle = await subject.open(path)
    await fill(handle, { entries, size })
    await handle.close()
    this.#filled.set(id, path)
    return path
  }

  /** Gives the space back; memory file systems are small. */
  drop(subject, { entries, size }) {
    const id = `${subject.name} ${entries} ${size}`
    const path = this.#filled.get(id)
    if (path === undefined) return
    this.#filled.delete(id)
    rmSync(path, { recursive: true, force: true, maxRetries: 3 })
  }
}

export async function fill(handle, { entries, size, from = 0 }) {
  const keys = keyNames(from + entries)
  const values = size === 'object' ? undefined : makeValues(size)
  const batch = Math.max(1, Math.min(BATCH, Math.floor((16 * 2 ** 20) / (Number(size) || 256))))
  for (let start = from; start < from + entries; start += batch) {
    const end = Math.min(from + entries, start + batch)
    if (values === undefined) {
      for (let i = start; i < end; i++) await handle.setObject(keys[i], makeRecord(i))
    } else {
      const rows = []
      for (let i = start; i < end; i++) rows.push([keys[i], values[i % values.length]])
      await handle.setMany(rows)
    }
  }
}
