/** An Arrow table of 10 MB: written and read through the store, beside an Arrow file and a Parquet file. */
import { readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { tableFromIPC, tableToIPC } from 'apache-arrow'
import { DiskCache } from 'holdfast'
import * as parquet from 'parquet-wasm'
import { USES } from '../zero-copy/readers.mjs'
import { makeTable } from '../zero-copy/tables.mjs'
import { compareAll, contestant, race } from './race.mjs'

const MEGABYTES = 10
/** All columns of floats. */
const COLUMNS = ['bx', 'by', 'bz', 'density', 'vx', 'vy', 'vz']

export async function runTables(context) {
  const table = makeTable(MEGABYTES)
  const ways = [
    inStore(context, 'holdfast', {}),
    {
      ...inStore(context, "holdfast, verify: 'always'", { verify: 'always' }),
      isForReads: true,
    },
    arrowFile(context),
    parquetFile(context),
  ]
  const extra = {}
  for (const way of ways) {
    way.write(table)
    extra[way.name] = { bytes: way.size() }
    if (sum(way.read()) !== sum(table)) throw new Error(`${way.name} lost something`)
    context.results.note(`Arrow table of ${MEGABYTES} MB, ${way.name}: ${way.size()} bytes`)
  }
  const operations = {
    write: (way) => way.write(table),
    'read + one row': (way) => USES.row(way.read()),
    'read + sum of 7 columns': (way) => sum(way.read()),
  }
  for (const [op, operation] of Object.entries(operations)) {
    const title = `Arrow table of ${MEGABYTES} MB, ${op}`
    context.progress(title)
    const contestants = ways
      .filter(({ isForReads }) => op !== 'write' || isForReads !== true)
      .map((way) => contestant(way.name, () => operation(way)))
    const options = { extra, isSlow: true, minOps: 1, maxOps: 200 }
    const entries = await race(context, { op, value: 'Arrow table' }, contestants, options)
    compareAll(context, title, entries)
  }
  for (const way of ways) way.close?.()
}

function sum(table) {
  let total = 0
  for (const name of COLUMNS)
    for (const { values } of table.getChild(name).data) total += sumOf(values)
  return total
}

/**
 * Apart from the loop over the batches: apache-arrow gives every column of several batches a shape of its own, so that V8
 * discards the compiled code of whoever looks at one, again and again.
 */
function sumOf(values) {
  let total = 0
  for (let at = 0; at < values.length; at++) total += values[at]
  return total
}

let serial = 0

function inStore({ directory }, name, options) {
  const path = join(directory, `tables-${serial++}`)
  const cache = new DiskCache(path, { hot: false, unlinkDelay: 0, ...options })
  return {
    name,
    write: (table) => cache.set('table', table),
    read: () => cache.get('table'),
    size: () => cache.list()[0].size,
    close: () => cache.close(),
  }
}

function arrowFile({ directory }) {
  const path = join(directory, 'table.arrow')
  return {
    name: 'Arrow file',
    write: (table) => replace(path, tableToIPC(table, 'file')),
    read: () => tableFromIPC(readFileSync(path)),
    size: () => statSync(path).size,
  }
}

function parquetFile({ directory }) {
  const path = join(directory, 'table.parquet')
  return {
    name: 'Parquet file, snappy',
    write(table) {
      const settings = new parquet.WriterPropertiesBuilder()
        .setCompression(parquet.Compression.SNAPPY)
        .build()
      const copy = parquet.Table.fromIPCStream(tableToIPC(table, 'stream'))
      replace(path, parquet.writeParquet(copy, settings))
    },
    read: () => tableFromIPC(parquet.readParquet(readFileSync(path)).intoIPCStream()),
    size: () => statSync(path).size,
  }
}

/** So that no reader ever sees half of it, as in the store. */
function replace(path, bytes) {
  writeFileSync(`${path}.tmp`, bytes)
  renameSync(`${path}.tmp`, path)
}
