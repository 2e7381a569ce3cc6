/** Requests to replay: the recorded traces, where they are found, and made ones. Keys are dense numbers from 0. */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { randomSource } from '../lib/random.mjs'

const root = fileURLToPath(new URL('../../', import.meta.url))
const folder = process.env.HOLDFAST_TRACES ?? join(root, '../shared/traces')
const MAX_BYTES = 2 ** 28

/** The hit rates of LRU in percent are published with the traces: a simulator that has others is wrong. */
export const RECORDED = [
  { trace: 'orm-busy', room: 1_000, lru: 78.78 },
  { trace: 'orm-busy', room: 10_000, lru: 89.49 },
  { trace: 'orm-night', room: 1_000, lru: 67.32 },
  { trace: 'orm-night', room: 10_000, lru: 94.06 },
  { trace: 'web07', room: 500, lru: 45.58 },
  { trace: 'web07', room: 2_000, lru: 55.5 },
  { trace: 'web12', room: 500, lru: 55.78 },
  { trace: 'web12', room: 2_000, lru: 72.56 },
]

/** The requests of a recorded trace, or in `missing` why there are none. */
export function readTrace(name) {
  const file = join(folder, `${name}.trace.xz`)
  if (!existsSync(file))
    return { missing: `${file} is not there (HOLDFAST_TRACES names the folder)` }
  const { status, stdout, error } = spawnSync('xz', ['-dc', file], { maxBuffer: MAX_BYTES })
  if (status !== 0) return { missing: `xz could not unpack ${file}: ${error?.message ?? status}` }
  const ids = new Map()
  const requests = new Int32Array(stdout.length / 4)
  for (let i = 0; i < requests.length; i += 1) {
    const key = stdout.readInt32BE(i * 4)
    const id = ids.get(key) ?? ids.size
    ids.set(key, id)
    requests[i] = id
  }
  return { requests }
}

/** Made requests for a store with room for `room` entries, `length` of each. */
export function madeTraces(room, length) {
  const traces = {
    'loop, 1.1 x room': loop(room * 1.1),
    'loop, 2 x room': loop(room * 2),
    'loop, 4 x room': loop(room * 4),
    'soon again, once': soonAgain(room * 0.5),
    'soon again, far': soonAgain(room * 0.9),
    'Zipf 0.7': zipf(room * 20, 0.7, 1),
    'Zipf 1.0': zipf(room * 20, 1, 2),
    'Zipf 0.9 and scans': scans(room),
    'shifting Zipf 0.9': shifting(room),
    'moving hot spot': hotSpots(room),
    'soon again, loop, soon again': inTurn(room, 40, [soonAgain(room * 0.7), loop(room * 2)]),
    'all in turn': inTurn(room, 20, [
      soonAgain(room * 0.7),
      loop(room * 2),
      zipf(room * 10, 0.9, 3),
      hotSpots(room),
      loop(room * 1.3),
    ]),
  }
  return Object.entries(traces).map(([name, request]) => ({
    name,
    requests: dense(request, length),
  }))
}

/** Numbers the keys in the order in which they come. */
function dense(request, length) {
  const ids = new Map()
  return Int32Array.from({ length }, (_, i) => {
    const key = request(i)
    const id = ids.get(key) ?? ids.size
    ids.set(key, id)
    return id
  })
}

function loop(keys) {
  const length = Math.round(keys)
  return (i) => i % length
}

/** Every key twice, `distance` requests apart, and never again. */
function soonAgain(distance) {
  const block = Math.round(distance)
  return (i) => Math.floor(i / block / 2) * block + (i % block)
}

function random(seed) {
  const next = randomSource(seed)
  return () => next() / 2 ** 32
}

function zipf(keys, exponent, seed) {
  const next = random(seed)
  const sums = new Float64Array(Math.round(keys))
  let sum = 0
  for (let i = 0; i < sums.length; i += 1) {
    sum += (i + 1) ** -exponent
    sums[i] = sum
  }
  return () => {
    const wanted = next() * sum
    let [low, high] = [0, sums.length - 1]
    while (low < high) {
      const middle = (low + high) >> 1
      if (sums[middle] < wanted) low = middle + 1
      else high = middle
    }
    return low
  }
}

/** Now and then a run of new keys, twice the room long. */
function scans(room) {
  const usual = zipf(room * 10, 0.9, 4)
  const period = room * 10
  return (i) => (i % period < room * 8 ? usual() : 1e9 + i)
}

function shifting(room) {
  const usual = zipf(room * 4, 0.9, 5)
  return (i) => usual() + Math.floor(i / room / 20) * Math.floor(room / 2)
}

/** Four of five requests go to 0.7 x room keys, others after every 30 x room requests. */
function hotSpots(room) {
  const next = random(6)
  return (i) => {
    const spot = 1e9 + Math.floor(i / room / 30) * room
    return Math.floor(next() < 0.8 ? spot + next() * room * 0.7 : next() * room * 20)
  }
}

/** `turns` x room requests of each, again and again, each with keys of its own. */
function inTurn(room, turns, requests) {
  return (i) => {
    const turn = Math.floor(i / room / turns)
    const which = turn % requests.length
    return which * 1e12 + Math.floor(turn / requests.length) * 1e10 + requests[which](i)
  }
}
