// Takes a lease and holds it until told otherwise, or until a file is there for which it waits without a pause.
import { existsSync } from 'node:fs'
import { DiskCache } from 'holdfast'
import { options, order, report } from './protocol.mjs'

const cache = new DiskCache(options.directory)
const lock = await cache.lock(options.name, { ttl: options.ttl })
lock.signal.addEventListener('abort', () => report('lost'))
report('held', lock.fence)
if (options.overrunUntil === undefined) await order('release')
// A long computation: no timer runs, so nothing is renewed, and the release comes before anything could notice.
else while (!existsSync(options.overrunUntil));
lock.release()
report('release', lock.signal.aborted)
await order('finish')
process.exit(0)
