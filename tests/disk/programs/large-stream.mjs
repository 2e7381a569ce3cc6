// Streams a value of many megabytes in and out, and says what memory that took beyond what the process had before.
import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'

const [module, directory, how, mebibytes] = process.argv.slice(2)
const { DiskCache, encryption } = await import(module)
const secret = { encrypt: encryption({ keys: [Buffer.alloc(32, 1)] }) }
const options = {
  plain: {},
  compressed: { compress: 'lz4' },
  encrypted: secret,
  both: { compress: 'lz4', ...secret },
}[how]
const cache = new DiskCache(directory, { ...options, maxBytes: '4GiB' })

const piece = Buffer.allocUnsafe(2 ** 20)
function* pieces(hash) {
  for (let index = 0; index < Number(mebibytes); index += 1) {
    for (let at = 0; at < piece.length; at += 4) piece.writeUInt32LE((at * 31 + index) % 65_521, at)
    hash.update(piece)
    yield Buffer.from(piece)
  }
}

cache.set('warm', Buffer.alloc(100_000))
const before = process.memoryUsage().rss
const written = createHash('sha256')
await pipeline(Readable.from(pieces(written), { objectMode: false }), cache.writeStream('large'))
const read = createHash('sha256')
for await (const chunk of cache.readStream('large')) read.update(chunk)
const grown = process.resourceUsage().maxRSS * 1_024 - before
console.log(JSON.stringify({ same: written.digest('hex') === read.digest('hex'), grown }))
cache.close()
