// Overwrites file values without a pause until it is told to stop, reads some back, and reports what was acknowledged last
// for each key. `verify: false` where another process removes entries, so that only errors count.
import { DiskCache } from 'holdfast'
import { patterned, sequenceOf } from '../../support/patterned.mjs'
import { breathe, options, ordered, report, untilFinish } from './protocol.mjs'

const cache = new DiskCache(options.directory)
const acknowledged = {}
let lost = 0
report('ready')
for (let sequence = 1; !ordered('stop'); sequence += 1) {
  const key = `key-${sequence % options.keys}`
  cache.set(key, patterned(key, sequence, 40_000 + ((sequence * 7_919) % 160_000)))
  acknowledged[key] = sequence
  if (sequence % 8 === 0) {
    if (options.verify) readBack(`key-${(sequence * 31) % options.keys}`)
    await breathe()
  }
}

function readBack(key) {
  if (sequenceOf(key, cache.get(key)) !== acknowledged[key]) lost += 1
}

report('stop', { acknowledged, lost })
await untilFinish(() => cache.close())
