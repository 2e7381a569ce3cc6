/** A process of its own that writes the files of the benchmark: `node prepare.mjs '{ directory, large, sizes }'`. */
import { writeFileSync } from 'node:fs'
import { tableToIPC } from 'apache-arrow'
import * as parquet from 'parquet-wasm'
import { openStore, pathOf } from './readers.mjs'
import { MB, makeTable } from './tables.mjs'

const { directory, large, sizes } = JSON.parse(process.argv[2])
const cache = await openStore(directory)
for (const megabytes of new Set([1, ...sizes, large])) {
  const table = makeTable(megabytes)
  const array = Float64Array.from({ length: (megabytes * MB) / 8 }, (_, index) => index * 0.25)
  cache.set(`table ${megabytes}`, table)
  cache.set(`array ${megabytes}`, array)
  // The peers have the large one, and a small one to warm up with.
  if (megabytes === large || megabytes === 1) writePeers(megabytes, table, array)
}
cache.close()

function writePeers(megabytes, table, array) {
  writeFileSync(pathOf(directory, megabytes, 'f64'), new Uint8Array(array.buffer))
  writeFileSync(pathOf(directory, megabytes, 'arrow'), tableToIPC(table, 'file'))
  const stream = parquet.Table.fromIPCStream(tableToIPC(table, 'stream'))
  const settings = new parquet.WriterPropertiesBuilder()
    .setCompression(parquet.Compression.SNAPPY)
    .build()
  writeFileSync(pathOf(directory, megabytes, 'parquet'), parquet.writeParquet(stream, settings))
}
