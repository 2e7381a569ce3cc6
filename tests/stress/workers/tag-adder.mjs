// Adds entries with one tag, one call each, and reports how many were added and the longest call.
import { DiskCache } from 'holdfast'
import { breathe, options, order, report, untilFinish } from './protocol.mjs'

const cache = new DiskCache(options.directory)
report('ready')
await order('go')
let added = 0
let worst = 0
for (let index = 0; index < options.entries; index += 1) {
  const start = performance.now()
  if (cache.add(`added-${index}`, `value ${index}`, { tag: options.tag })) added += 1
  worst = Math.max(worst, performance.now() - start)
  if (index % 50 === 0) await breathe()
}
report('done', { added, worst })
await untilFinish(() => cache.close())
