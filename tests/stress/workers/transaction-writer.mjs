// Overwrites ten file values in one transaction. `stopAfter` says after how many of them it stands still inside the
// transaction until it is killed; without it, transactions follow each other, each noted in the log when it returned.
import { openSync, writeSync } from 'node:fs'
import { DiskCache } from 'holdfast'
import { patterned } from '../../support/patterned.mjs'
import { options } from './protocol.mjs'

const log = openSync(options.log, 'a')
const cache = new DiskCache(options.directory)

function standStill() {
  writeSync(log, 'inside\n')
  for (;;);
}

for (let sequence = options.firstSequence; ; sequence += 1) {
  writeSync(log, `start ${sequence}\n`)
  cache.transact(() => {
    for (const [index, key] of options.keys.entries()) {
      if (index === options.stopAfter) standStill()
      cache.set(key, patterned(key, sequence, options.size))
    }
    if (options.stopAfter === options.keys.length) standStill()
  })
  writeSync(log, `done ${sequence}\n`)
}
