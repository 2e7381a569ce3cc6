// Random operations of every kind that changes the number of entries or bytes, rollbacks included, until it is told to
// stop or killed; then counts on demand. Entries are limited, so eviction runs all the time. Says `busy` once it has done a
// good number of them.
import { DiskCache } from 'holdfast'
import { seededRandom } from '../../support/seeded-random.mjs'
import { breathe, options, order, ordered, report } from './protocol.mjs'

const random = seededRandom(options.seed)
const cache = new DiskCache(options.directory, options.store)
const key = () => `key-${Math.floor(random() * 600)}`
const value = () => Buffer.alloc(Math.floor(100 * 600 ** random()), 1)
const settings = () => (random() < 0.2 ? { tag: 'some' } : {})

const operations = [
  () => cache.set(key(), value(), settings()),
  () => cache.set(key(), value(), settings()),
  () => cache.add(key(), value(), settings()),
  () => cache.delete(key()),
  () => cache.pop(key()),
  () => cache.update(key(), value),
  () => cache.incr(`counter-${Math.floor(random() * 5)}`),
  () =>
    cache.setMany([
      [key(), value()],
      [key(), value()],
      [key(), value()],
    ]),
  () => cache.deleteMany([key(), key()]),
  () => cache.transact(() => changeThree()),
  () => rolledBack(),
  () => random() < 0.05 && cache.evictTag('some'),
]

function changeThree() {
  cache.set(key(), value())
  cache.delete(key())
  cache.set(key(), value(), { tag: 'some' })
}

function rolledBack() {
  const stop = new Error('roll back')
  try {
    cache.transact(() => {
      changeThree()
      throw stop
    })
  } catch (error) {
    if (error !== stop) throw error
  }
}

report('ready')
for (;;) {
  await order('go')
  let calls = 0
  while (!ordered('stop')) {
    operations[Math.floor(random() * operations.length)]()
    calls += 1
    if (calls === options.busyAfter) report('busy')
    if (calls % 20 === 0) await breathe()
  }
  await order('stop')
  report('stop', calls)
  await order('count')
  report('count', count())
}

/** What the store says at once, beside what there is when every entry is looked at. */
function count() {
  const said = { size: cache.size, bytes: cache.bytes() }
  let size = 0
  let bytes = 0
  for (const found of cache.keys()) {
    size += 1
    bytes += cache.getEntry(found).size
  }
  return { said, counted: { size, bytes } }
}
