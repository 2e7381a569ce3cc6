// Fills a store; then closes it and ends, or stays until it is killed, so that the log still holds what was written last.
import { DiskCache } from 'holdfast'
import { patterned } from '../../support/patterned.mjs'
import { end, options, order, report } from './protocol.mjs'

const cache = new DiskCache(options.directory)
cache.setMany(entries('', options.entries, 400))
cache.setMany(entries('file-', 5, 100_000))
if (options.close) {
  cache.close()
  end()
} else {
  report('filled')
  await order('never')
}

function entries(kind, count, size) {
  return Array.from({ length: count }, (_, index) => {
    const key = `${options.name}-${kind}${index}`
    return [key, patterned(key, index, size)]
  })
}
