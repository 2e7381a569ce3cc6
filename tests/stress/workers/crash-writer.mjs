// Sets and deletes until it is killed. Each call is noted in a log before it starts and after it returned; `writeSync`
// puts the note into the kernel's hands, where it survives the kill.
import { openSync, writeSync } from 'node:fs'
import { DiskCache } from 'holdfast'
import { patterned } from '../../support/patterned.mjs'
import { seededRandom } from '../../support/seeded-random.mjs'
import { options } from './protocol.mjs'

const random = seededRandom(options.seed)
const log = openSync(options.log, 'a')
const cache = new DiskCache(options.directory, options.store)

/** Evenly spread over the magnitudes between 200 bytes and 400 kB. */
function sizeOfNext() {
  const size = Math.floor(200 * 2_000 ** random())
  // Never near the limit, so that the test can tell from its length whether a value lies in a file.
  return Math.abs(size - options.store.inlineBytes) < 1_024 ? size + 2_048 : size
}

for (let sequence = options.firstSequence; ; sequence += 1) {
  const key = `key-${Math.floor(random() * options.keys)}`
  const deleting = random() < 0.2
  const size = sizeOfNext()
  writeSync(log, `start ${sequence} ${key} ${deleting ? 'delete' : 'set'}\n`)
  if (deleting) cache.delete(key)
  else cache.set(key, patterned(key, sequence, size))
  writeSync(log, `done ${sequence}\n`)
}
