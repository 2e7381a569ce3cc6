/**
 * `node memory-map.mjs MODULE SCENARIO DIRECTORY [FUNCTION]`: what only a process of its own can show of src/util/memory-map.ts.
 * Prints what happened as JSON.
 */
import { closeSync, openSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'

const [module, scenario, directory, how = 'mapPrivate'] = isMainThread
  ? process.argv.slice(2)
  : workerData
const { mapsAvailable, ...maps } = await import(module)

/** A new file full of `byte`. */
function makeFile(name, byte, size) {
  const path = join(directory, name)
  writeFileSync(path, Buffer.alloc(size, byte))
  return path
}

function mapFile(path, size, map = maps[how]) {
  const descriptor = openSync(path, 'r')
  try {
    return map(descriptor, size)
  } finally {
    closeSync(descriptor)
  }
}

/** Maps of this process whose file has `name` in its path. */
function mapped(name) {
  const lines = readFileSync('/proc/self/maps', 'latin1').split('\n')
  return lines.filter((line) => line.includes(join(directory, name))).length
}

/** Collects garbage until `name` is mapped `wanted` times. Says how often it is in the end. */
async function collect(name, wanted) {
  for (let tries = 0; tries < 200 && mapped(name) !== wanted; tries++) {
    globalThis.gc()
    await turn()
  }
  return mapped(name)
}

/** A function of its own, so that the last view is in no variable any more when garbage is collected. */
function mapMany() {
  const size = 70_000
  const kept = []
  let missing = 0
  for (let number = 0; number < 400; number++) {
    const path = makeFile(`file-${number}`, number % 251, size)
    const view = mapFile(path, size)
    unlinkSync(path)
    if (view === undefined) missing++
    else if (number % 10 === 0) kept.push(number % 20 === 0 ? view : view.subarray(60_000))
  }
  return { kept, missing }
}

function pressed(size, rounds, step, use = () => {}) {
  const path = makeFile('pressed', 9, size)
  let most = 0
  let readable = 0
  for (let round = 1; round <= rounds; round++) {
    const view = mapFile(path, size)
    if (view?.[size - 1] === 9) readable++
    if (view !== undefined) use(view)
    if (round % step === 0) most = Math.max(most, mapped('pressed'))
  }
  return { rounds, readable, most }
}

/** Gives what tells, once, what this thread sees of what the other wrote. */
function post(worker, path, size) {
  let view = mapFile(path, size)
  worker.postMessage(view)
  return () => {
    const byte = view[1]
    view = undefined
    return byte
  }
}

const scenarios = {
  available() {
    const path = makeFile('one', 7, 100_000)
    const view = mapFile(path, 100_000)
    return { ...mapsAvailable(), bytes: view?.length ?? null, last: view?.[99_999] ?? null }
  },

  /** Every tenth of 400 maps is kept; all files are deleted. */
  async dropped() {
    const { kept, missing } = mapMany()
    const left = await collect('file-', 40)
    const good = kept.filter((view, index) => view.every((byte) => byte === (index * 10) % 251))
    return { missing, left, good: good.length }
  },

  /** No `gc`, not even a turn of the event loop. */
  pressure: () => pressed(2 ** 20, 3000, 100),
  /** The same with few maps, of which every page is written to and so becomes memory. */
  writtenPressure: () => pressed(2 ** 24, 200, 1, (view) => view.fill(9)),

  /** What V8 takes a map of 64 MiB for, in bytes. */
  counted() {
    const size = 2 ** 26
    const path = makeFile('counted', 1, size)
    const counted = (map) => {
      const before = process.memoryUsage().external
      const view = mapFile(path, size, map)
      return [process.memoryUsage().external - before, view[0]]
    }
    return {
      size,
      uncounted: counted(maps.mapUncounted)[0],
      private: counted(maps.mapPrivate)[0],
    }
  },

  /** A map is posted to a thread, and goes when both have let go of it. */
  async posted() {
    const size = 200_000
    const thread = `
      const { parentPort } = require('node:worker_threads')
      parentPort.once('message', (view) => {
        view[1] = 8
        parentPort.postMessage(view.every((byte, index) => byte === (index === 1 ? 8 : 7)))
      })`
    const worker = new Worker(thread, { eval: true })
    const exit = new Promise((resolve) => worker.once('exit', resolve))
    const answer = new Promise((resolve) => worker.once('message', resolve))
    const path = makeFile('posted', 7, size)
    const seen = post(worker, path, size)
    const good = await answer
    await exit
    const written = seen()
    return { good, written, file: readFileSync(path)[1], left: await collect('posted', 0) }
  },

  /** Keeps maps until there are no more, then drops them. */
  async limit() {
    const path = makeFile('many', 5, 65_536)
    let views = []
    for (let view = mapFile(path, 65_536); view; view = mapFile(path, 65_536)) views.push(view)
    const held = views.length
    const last = views.at(-1)[65_535]
    const threads = await Promise.all(Array.from({ length: 4 }, startThread))
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 1 }).buffer.byteLength
    views = []
    await collect('many', 0)
    let refused = 0
    while (mapFile(path, 65_536) === undefined && refused < 10_000) refused++
    return { held, last, threads, memory, refused }
  },

  /** Threads map, and end in the three ways there are. */
  async threads() {
    const size = 200_000
    const path = makeFile('mine', 3, size)
    const view = mapFile(path, size)
    const seen = {}
    for (const ending of ['return', 'exit', 'terminate']) {
      const worker = new Worker(fileURLToPath(import.meta.url), {
        workerData: [module, `thread-${ending}`, directory, how],
      })
      const ended = new Promise((resolve, reject) => {
        worker.once('exit', resolve)
        worker.once('error', reject)
      })
      const good = await new Promise((resolve) => worker.once('message', resolve))
      const during = ending === 'terminate' ? mapped(`thread-${ending}`) : undefined
      if (ending === 'terminate') await worker.terminate()
      await ended
      seen[ending] = { good, during, after: mapped(`thread-${ending}`) }
    }
    return { ...seen, mine: view.every((byte) => byte === 3) }
  },
  'thread-return': inThread,
  'thread-exit': inThread,
  'thread-terminate': inThread,

  /** What is done with maps at the very end. */
  atExit() {
    const view = mapFile(makeFile('late', 8, 90_000), 90_000)
    process.on('exit', () => {
      process.stdout.write(JSON.stringify({ good: view.every((byte) => byte === 8) }))
    })
  },
}

function inThread() {
  const path = makeFile(scenario, 6, 200_000)
  const views = Array.from({ length: 50 }, () => mapFile(path, 200_000))
  const good = () => views.filter((view) => view?.every((byte) => byte === 6)).length
  process.on('exit', good)
  parentPort.postMessage(good())
  if (scenario === 'thread-exit') process.exit(0)
  // A pending timer keeps the thread until it is terminated.
  if (scenario === 'thread-terminate') setInterval(good, 1)
}

function startThread() {
  return new Promise((resolve, reject) => {
    const worker = new Worker('', { eval: true })
    worker.once('exit', resolve)
    worker.once('error', reject)
  })
}

const result = await scenarios[scenario]()
if (isMainThread && result) process.stdout.write(JSON.stringify(result))
