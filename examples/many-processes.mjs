// Four processes, one directory: load once, count exactly, take turns. Run: node examples/many-processes.mjs
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { DiskCache } from 'holdfast'
import { temporaryDirectory } from './temporary-directory.mjs'

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms))
const [directory] = process.argv.slice(2)
await (directory === undefined ? parent() : worker(directory))

async function parent() {
  const shared = temporaryDirectory()
  const workers = Array.from({ length: 4 }, () => fork(fileURLToPath(import.meta.url), [shared]))
  const codes = await Promise.all(workers.map(async (one) => (await once(one, 'exit'))[0]))
  console.log('exit codes', codes)

  const cache = new DiskCache(shared)
  console.log('loader runs', cache.get('loader runs'), 'callers', cache.get('callers'))
  console.log('counter', cache.get('counter'))
  const turns = cache.get('turns')
  console.log('turns', turns.length, 'fences grow', turns.every(isLarger))
  console.log('sound', cache.check().ok)
  cache.close()
}

async function worker(shared) {
  const cache = new DiskCache(shared) // every process opens its own
  const report = await cache.load('report', async () => {
    cache.incr('loader runs')
    await pause(200) // expensive
    return { rows: 12 }
  })
  if (report.rows === 12) cache.incr('callers')

  for (let turn = 0; turn < 250; turn += 1) cache.incr('counter') // atomic

  // A lock for work that awaits: a lease, renewed while it is held, that ends by itself when its holder dies.
  const lock = await cache.lock('turns', { wait: '30s' })
  const turns = cache.get('turns') ?? []
  await pause(20)
  cache.set('turns', [...turns, lock.fence])
  lock.release()
  cache.close()
}

function isLarger(fence, index, fences) {
  return index === 0 || fence > fences[index - 1]
}

// Prints:
// exit codes [ 0, 0, 0, 0 ]
// loader runs 1 callers 4
// counter 1000
// turns 4 fences grow true
// sound true
