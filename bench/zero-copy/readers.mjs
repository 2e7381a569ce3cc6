/**
 * Ways to have a table or an array that lies in a file. Each is `{ name, kind, open(directory) }`, where `open` loads what it
 * needs and gives `{ get(megabytes), close() }`.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { SCANNED } from './tables.mjs'

export const pathOf = (directory, megabytes, ending) => join(directory, `${megabytes}.${ending}`)
export const storeIn = (directory) => join(directory, 'store')

export const READERS = [
  { name: 'holdfast', kind: 'table', open: (directory) => fromStore(directory, 'table') },
  { name: 'Arrow file, read', kind: 'table', open: readArrow },
  { name: 'Parquet, read', kind: 'table', open: readParquet },
  { name: 'holdfast', kind: 'array', open: (directory) => fromStore(directory, 'array') },
  { name: 'plain file, read', kind: 'array', open: readArray },
]

export const readersOf = (kind) => READERS.filter((reader) => reader.kind === kind)

export async function openStore(directory, options) {
  const { DiskCache } = await import('holdfast')
  const settings = { verify: 'never', hot: false, maxBytes: '4GiB', ...options }
  return new DiskCache(storeIn(directory), settings)
}

async function fromStore(directory, kind) {
  const cache = await openStore(directory)
  return {
    get: (megabytes) => cache.get(`${kind} ${megabytes}`),
    close: () => cache.close(),
  }
}

async function readArrow(directory) {
  const { tableFromIPC } = await import('apache-arrow')
  return {
    get: (megabytes) => tableFromIPC(readFileSync(pathOf(directory, megabytes, 'arrow'))),
    close() {},
  }
}

async function readParquet(directory) {
  const [{ tableFromIPC }, parquet] = await Promise.all([
    import('apache-arrow'),
    import('parquet-wasm'),
  ])
  return {
    get(megabytes) {
      const bytes = readFileSync(pathOf(directory, megabytes, 'parquet'))
      return tableFromIPC(parquet.readParquet(bytes).intoIPCStream())
    },
    close() {},
  }
}

async function readArray(directory) {
  return {
    get(megabytes) {
      const { buffer, byteOffset, byteLength } = readFileSync(pathOf(directory, megabytes, 'f64'))
      return new Float64Array(buffer, byteOffset, byteLength / 8)
    },
    close() {},
  }
}

/** What is done with a table or an array: little, or a scan of some columns. Gives a number that depends on all of it. */
export const USES = {
  row(table) {
    const row = table.get(table.numRows >> 1).toJSON()
    return Object.values(row).length
  },
  scan(table) {
    let sum = 0
    for (const name of SCANNED) {
      for (const { values } of table.getChild(name).data) {
        for (let index = 0; index < values.length; index++) sum += values[index]
      }
    }
    return sum
  },
  element: (array) => array[array.length >> 1],
}
