// Sets small values one after the other, without a pause, for a given time. Reports how many and the longest call.
import { DiskCache } from 'holdfast'
import { breathe, options, order, report, untilFinish } from './protocol.mjs'

const cache = new DiskCache(options.directory)
const value = Buffer.alloc(256, 1)
report('ready')
await order('go')
const end = performance.now() + options.duration
let sets = 0
let worst = 0
for (let last = performance.now(); last < end; ) {
  for (let turn = 0; turn < 100 && last < end; turn += 1) {
    cache.set(`${options.name}-${sets % 1_000}`, value)
    const now = performance.now()
    if (now - last > worst) worst = now - last
    last = now
    sets += 1
  }
  await breathe()
  last = performance.now()
}
report('done', { sets, worst })
await untilFinish(() => cache.close())
