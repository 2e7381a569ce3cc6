// 5,000 gets of a store that has a limit (and so must note uses) against one that has none, in turns.
import { join } from 'node:path'
import { DiskCache } from 'holdfast'
import { breathe, end, options, report } from './protocol.mjs'

const keys = Array.from({ length: 5_000 }, (_, index) => `key-${index}`)
const value = Buffer.alloc(256, 1)
const limited = filled('limited', { maxBytes: '2MiB', eviction: 'lru' })
const unlimited = filled('unlimited', { maxBytes: Infinity, eviction: 'none' })

const times = { limited: [], unlimited: [] }
for (let round = 0; round < options.rounds + 5; round += 1) {
  const pair = { limited: timeGets(limited), unlimited: timeGets(unlimited) }
  // The first rounds warm the code up and are not counted.
  if (round >= 5) for (const name of Object.keys(times)) times[name].push(pair[name])
  await breathe()
}
limited.close()
unlimited.close()
report('times', times)
end()

function filled(name, store) {
  const cache = new DiskCache(join(options.home, name), { ...store, hot: options.hot })
  cache.setMany(keys.map((key) => [key, value]))
  return cache
}

function timeGets(cache) {
  const start = performance.now()
  for (const key of keys) if (cache.get(key) === undefined) throw new Error(`${key} is missing`)
  return performance.now() - start
}
