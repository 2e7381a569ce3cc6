// Continuous 4 kB sets until it is told to stop; then it stays open and idle.
import { DiskCache } from 'holdfast'
import { breathe, options, ordered, report, untilFinish } from './protocol.mjs'

const cache = new DiskCache(options.directory)
report('ready')
let sets = 0
while (!ordered('stop')) {
  for (let turn = 0; turn < 50; turn += 1) {
    cache.set(`key-${sets % 2_000}`, Buffer.alloc(4_096, `${sets};`))
    sets += 1
  }
  await breathe()
}
report('stop', sets)
await untilFinish(() => cache.close())
