// Calls one slow function several times at once through `memoize` or `load`. Each real run of it appends a line to a file.
import { appendFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { DiskCache } from 'holdfast'
import { options, order, report, untilFinish } from './protocol.mjs'

const cache = new DiskCache(options.directory)

async function slowSquare(number) {
  appendFileSync(options.runs, `${process.pid}\n`)
  await delay(300)
  return { square: number * number }
}

const memoized = cache.memoize(slowSquare)
const verbs = {
  memoize: () => memoized(12),
  load: () => cache.load('square of 12', () => slowSquare(12)),
}

report('ready')
await order('go')
const results = await Promise.all(Array.from({ length: options.callers }, verbs[options.verb]))
report('done', {
  squares: results.map(({ square }) => square),
  // Callers must not be able to change each other's result.
  distinct: new Set(results).size,
})
await untilFinish(() => cache.close())
