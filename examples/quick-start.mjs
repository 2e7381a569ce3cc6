// Store, read, compute once. Run: node examples/quick-start.mjs
import { DiskCache } from 'holdfast'
import { temporaryDirectory } from './temporary-directory.mjs'

const directory = temporaryDirectory()
let cache = new DiskCache(directory, { maxBytes: '256MiB', ttl: '1d' })

// Keys may have structure, and values keep their type.
cache.set(['user', 42], { name: 'Ada', since: new Date(0), roles: new Set(['admin']) })
const user = cache.get(['user', 42])
console.log(user.name, user.since.toISOString(), user.roles.has('admin'))

// A miss is undefined; a stored undefined is told apart by has() and getEntry().
cache.set('nothing', undefined)
console.log(cache.get('nothing'), cache.has('nothing'), cache.has('something'))

// Synchronous work: computed when it is not there.
let computed = 0
const sum = () => {
  computed += 1
  return [1, 2, 3].reduce((total, n) => total + n)
}
console.log(cache.getOrSet('sum', sum), cache.getOrSet('sum', sum), `computed ${computed} time`)

// Asynchronous work: callers that ask at the same time share one load, here and in other processes.
let loads = 0
const loader = async () => {
  loads += 1
  return { rows: 12 }
}
const [first, second] = await Promise.all([
  cache.load('report', loader),
  cache.load('report', loader),
])
console.log(first, second, `loaded ${loads} time`)

// What was stored is there when the directory is opened again.
cache.close()
cache = new DiskCache(directory)
console.log(cache.size, 'entries:', [...cache.keys()])
cache.close()

// Prints:
// Ada 1970-01-01T00:00:00.000Z true
// undefined true false
// 6 6 computed 1 time
// { rows: 12 } { rows: 12 } loaded 1 time
// 4 entries: [ [ 'user', 42 ], 'nothing', 'sum', 'report' ]
