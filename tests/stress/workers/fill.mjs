// Fills a store with small entries, a third of them with a life time and a tenth with a tag, and ends.
import { DiskCache } from 'holdfast'
import { end, options } from './protocol.mjs'

const cache = new DiskCache(options.directory)
for (let start = 0; start < options.entries; start += 10_000) {
  cache.setMany(entries(start, 10_000))
}
cache.close()
end()

function* entries(start, count) {
  for (let index = start; index < start + count; index += 1) {
    const life = index % 3 === 0 ? { ttl: '1h' } : {}
    const tagged = index % 10 === 0 ? { tag: `tag-${index % 100}` } : {}
    yield [`key-${index}`, `value ${index}`, { ...life, ...tagged }]
  }
}
