// Reads the keys it is told to read, and says how many of them were there.
import { DiskCache } from 'holdfast'
import { options, order, report } from './protocol.mjs'

const cache = new DiskCache(options.directory, options.store)
report('ready')
for (;;) {
  const keys = await order('read')
  report('read', keys.filter((key) => cache.get(key) !== undefined).length)
}
