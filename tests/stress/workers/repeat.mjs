// Calls one verb again and again until it is told to stop: `check({ fix: true })` or `clear()`.
import { DiskCache } from 'holdfast'
import { breathe, options, ordered, report, untilFinish } from './protocol.mjs'

const cache = new DiskCache(options.directory)
const verbs = {
  check: () => cache.check({ fix: true }),
  clear: () => cache.clear(),
}
report('ready')
let calls = 0
while (!ordered('stop')) {
  verbs[options.verb]()
  calls += 1
  await breathe()
}
report('stop', calls)
await untilFinish(() => cache.close())
