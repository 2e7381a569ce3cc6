// Opens a large store and measures on demand: the opening, what the idle process costs, and the longest get while it is
// otherwise idle. Cold gets, because those go through the database, where background work would be in the way.
// `control: true` does the same without a store.
import { setTimeout as delay } from 'node:timers/promises'
import { DiskCache } from 'holdfast'
import { options, order, report, untilFinish } from './protocol.mjs'

const beforeOpen = performance.now()
const cache = options.control ? undefined : new DiskCache(options.directory, { hot: false })
report('opened', performance.now() - beforeOpen)
void order('idle').then(async () => report('idle', await idle()))
void order('gets').then(async () => report('gets', await occasionalGets()))
await untilFinish(() => cache?.close())

/** CPU time of a process that does nothing, as a share of one core, and the longest delay of its event loop. */
async function idle() {
  const before = process.cpuUsage()
  const start = performance.now()
  let lateness = 0
  while (performance.now() - start < options.duration) {
    const due = performance.now() + 100
    await delay(100)
    lateness = Math.max(lateness, performance.now() - due)
  }
  const { user, system } = process.cpuUsage(before)
  return { cpu: (user + system) / 1_000 / (performance.now() - start), lateness }
}

/** A get every 10 ms. */
async function occasionalGets() {
  // Compiles statements and code paths first, which every process does once.
  for (let index = 0; index < 500; index += 1) get()
  const end = performance.now() + options.duration
  let worst = 0
  while (performance.now() < end) {
    worst = Math.max(worst, get())
    await delay(10)
  }
  return worst
}

function get() {
  const index = Math.floor(Math.random() * options.entries)
  const start = performance.now()
  const value = cache.get(`key-${index}`)
  const elapsed = performance.now() - start
  if (value !== `value ${index}`) throw new Error(`key-${index} holds ${value}`)
  return elapsed
}
