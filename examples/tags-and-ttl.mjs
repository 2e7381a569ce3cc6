// Life times, tags, limits and events, on a clock that is set by hand. Run: node examples/tags-and-ttl.mjs
import { DiskCache } from 'holdfast'
import { manualClock } from 'holdfast/testing'
import { temporaryDirectory } from './temporary-directory.mjs'

const clock = manualClock()
const events = []
const cache = new DiskCache(temporaryDirectory(), {
  clock,
  ttl: '1h', // for entries that name none
  maxEntries: 4,
  onEvent: ({ type, key }) => events.push(`${type} ${key}`),
})

cache.set('page:1', 'one', { tags: ['pages', 'user:7'] })
cache.set('page:2', 'two', { tag: 'pages' })
cache.set('session', 'abc', { ttl: '30m' })
console.log(cache.list({ prefix: 'page:' }).map(({ key, tags }) => `${key} ${tags}`))

// Expired means absent on every path, at once; touch() starts a life time anew.
await clock.advance(29 * 60_000)
console.log(cache.touch('session', '30m'))
await clock.advance(29 * 60_000)
console.log(cache.has('session'), cache.has('page:1'))
await clock.advance(2 * 60_000)
console.log(cache.get('session'), cache.get('page:1'), cache.size)

// One call removes whatever has a tag.
for (const id of [1, 2, 3]) cache.set(`page:${id}`, id, { tags: ['pages', `user:${id}`] })
console.log(cache.evictTag('user:2'), cache.evictTag('pages'), cache.size)

// At the limit the least recently used entry goes.
for (const name of ['a', 'b', 'c', 'd']) cache.set(name, name)
cache.get('a')
cache.set('e', 'e')
console.log([...cache.keys()], events.at(-1))
cache.close()

// Prints:
// [ 'page:1 pages,user:7', 'page:2 pages' ]
// true
// true true
// undefined undefined 0
// 1 2 0
// [ 'a', 'c', 'd', 'e' ] evict b
