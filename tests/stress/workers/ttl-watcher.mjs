// Sets entries with short life times and looks at them without a pause, through the hot set and past it, until all are
// gone. Reports the last moment at which each was still there and the first at which it was not.
import { DiskCache } from 'holdfast'
import { breathe, end, options, report } from './protocol.mjs'

const stores = {
  hot: new DiskCache(options.directory),
  cold: new DiskCache(options.directory, { hot: false }),
}
const watched = options.ttls.flatMap((ttl) => [
  watch(ttl, 'hot', 'get'),
  watch(ttl, 'cold', 'get'),
  watch(ttl, 'hot', 'has'),
])
while (watched.some((entry) => entry.firstMiss === undefined)) {
  for (const entry of watched) if (entry.firstMiss === undefined) look(entry)
  await breathe()
}
report('watched', watched)
for (const cache of Object.values(stores)) cache.close()
end()

function watch(ttl, store, verb) {
  const key = `${ttl}-${store}-${verb}`
  const before = Date.now()
  stores[store].set(key, 'value', { ttl })
  return { key, ttl, store, verb, before, after: Date.now(), lastHit: before }
}

function look(entry) {
  const start = Date.now()
  const cache = stores[entry.store]
  const present = entry.verb === 'get' ? cache.get(entry.key) !== undefined : cache.has(entry.key)
  if (present) entry.lastHit = start
  else entry.firstMiss = Date.now()
}
