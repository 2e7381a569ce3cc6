// Streams a value of many megabytes in and out, and says how much of it was alive at a time: `node --expose-gc`.
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

/** Between two looks at the memory. */
const step = 8 * 2 ** 20
const piece = Buffer.allocUnsafe(2 ** 20)
function* pieces(hash, look) {
  for (let index = 0; index < Number(mebibytes); index += 1) {
    for (let at = 0; at < piece.length; at += 4) piece.writeUInt32LE((at * 31 + index) % 65_521, at)
    hash.update(piece)
    yield Buffer.from(piece)
    look(piece.length)
  }
}

/**
 * What can still be reached, in bytes, after all else was collected: how much garbage waits for that, and what allocators
 * keep for later, depends on anything but the size of the value.
 */
function alive() {
  // The first leaves buffers to a thread that frees them, the second waits for that.
  globalThis.gc()
  globalThis.gc()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

/** Notes the most that is alive while bytes go by, beyond what was before. */
function watch() {
  const before = alive()
  let [most, passed] = [0, 0]
  const look = (bytes) => {
    passed += bytes
    if (passed % step < bytes) most = Math.max(most, alive() - before)
  }
  return { look, most: () => most }
}

cache.set('warm', Buffer.alloc(100_000))
const written = createHash('sha256')
const writing = watch()
await pipeline(
  Readable.from(pieces(written, writing.look), { objectMode: false }),
  cache.writeStream('large'),
)
const read = createHash('sha256')
const reading = watch()
for await (const chunk of cache.readStream('large')) {
  read.update(chunk)
  reading.look(chunk.length)
}
const same = written.digest('hex') === read.digest('hex')
console.log(JSON.stringify({ same, writing: writing.most(), reading: reading.most() }))
cache.close()
