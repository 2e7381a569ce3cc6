// Reads mapped tables and bytes thousands of times without a pause, and writes to each.
import { readFileSync } from 'node:fs'
import { makeData, makeVector, Table, Uint8 } from 'apache-arrow'

const [module, directory] = process.argv.slice(2)
const { DiskCache } = await import(module)
const cache = new DiskCache(directory, { verify: 'never' })
const size = 300_000
const data = new Uint8Array(size).fill(5)
const column = makeVector(makeData({ type: new Uint8(), length: size, nullCount: 0, data }))
cache.set('table', new Table({ column }))
cache.set('bytes', data)

const rounds = 2_000
let [wrong, most] = [0, 0]
for (let round = 0; round < rounds; round++) {
  const { values } = cache.get('table').getChild('column').data[0]
  const { bytes } = cache.map('bytes')
  for (const array of [values, bytes]) {
    if (array[0] !== 5 || array[size - 1] !== 5) wrong++
    array[0] = 6
  }
  if (round % 100 === 0) most = Math.max(most, mapped())
}
cache.close()
console.log(JSON.stringify({ rounds, wrong, most }))

function mapped() {
  const lines = readFileSync('/proc/self/maps', 'latin1').split('\n')
  return lines.filter((line) => line.includes(`${directory}/values`)).length
}
