// Large values, typed arrays, streams, keys from file contents. Run: node examples/files-and-arrays.mjs
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import { contentOf, DiskCache } from 'holdfast'
import { temporaryDirectory } from './temporary-directory.mjs'

const work = temporaryDirectory()
const cache = new DiskCache(join(work, 'cache'))

// A typed array comes back as one. This one is larger than 32 KiB, so it lies in a file of its own.
const samples = Float64Array.from({ length: 100_000 }, (_, index) => Math.sin(index))
cache.set(['samples', 1], samples)
const back = cache.get(['samples', 1])
console.log(back.constructor.name, back.length, back[1] === samples[1])
console.log(cache.list().map(({ codec, size }) => `${codec}: ${size} bytes`))

// Bytes as streams: the value is in place when the stream ends, and not before.
const pieces = Array.from({ length: 64 }, (_, index) => Buffer.alloc(16_384, index))
await pipeline(Readable.from(pieces), cache.writeStream('download', { ttl: '7d' }))
const copy = await buffer(cache.readStream('download'))
console.log(copy.length, copy.equals(Buffer.concat(pieces)))

// A view of the stored bytes stays readable when the entry is gone.
const view = cache.map('download')
cache.delete('download')
console.log(view.size, view.bytes[16_384], cache.has('download'))
view.close()

// A key made from what a file holds: a changed file is another key, a moved one the same.
const csv = join(work, 'data.csv')
let parsed = 0
const rows = () =>
  cache.getOrSet(['rows', contentOf(csv)], () => {
    parsed += 1
    return 'expensive result'
  })
writeFileSync(csv, 'a;1\n')
rows()
rows()
writeFileSync(csv, 'a;2\n')
rows()
console.log(`parsed ${parsed} times`)
console.log(cache.check({ verify: true }).ok)
cache.close()

// Prints:
// Float64Array 100000 true
// [ 'float64array: 800000 bytes' ]
// 1048576 true
// 1048576 1 false
// parsed 2 times
// true
