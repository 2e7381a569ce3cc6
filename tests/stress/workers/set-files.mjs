// Sets one value per key, each large enough for a file of its own, and ends: what reads them later is another process.
import { DiskCache } from 'holdfast'
import { patterned } from '../../support/patterned.mjs'
import { end, options } from './protocol.mjs'

const cache = new DiskCache(options.directory)
for (const [index, key] of options.keys.entries()) {
  cache.set(key, patterned(key, index, options.size))
}
cache.close()
end()
