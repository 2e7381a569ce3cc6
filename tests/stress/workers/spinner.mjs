// The control of every claim about the worst call: a process that only reads the clock. Where it stands still, the
// machine (its scheduler, a neighbour on the same host) is at fault and not the store.
import { breathe, end, order, ordered, report } from './protocol.mjs'

report('ready')
await order('go')
let worst = 0
let last = performance.now()
while (!ordered('stop')) {
  for (let turn = 0; turn < 2_000; turn += 1) {
    const now = performance.now()
    if (now - last > worst) worst = now - last
    last = now
  }
  await breathe()
}
report('stop', worst)
end()
