/** What is not there: sets, misses with a loader that costs nothing, and a thousand callers of one key. */
import { makeRecord } from '../lib/random.mjs'
import { closeAll, openAll } from './hits.mjs'
import { compare, prepared, race, randomKeys, repeated } from './race.mjs'

const ENTRIES = 1_000
const CALLERS = 1_000

const text = (key) => key.padEnd(256, 'x')
const loadText = async () => 'loaded'

export async function runSet(context) {
  for (const { label, make, share } of [
    { label: 'text of 256 B', make: text, share: 'frozen' },
    { label: 'object, share copy', make: (_, index) => makeRecord(index), share: 'copy' },
  ]) {
    context.progress(`set, ${label}`)
    const names = ['holdfast', 'lru-cache', 'bentocache', 'cacheable', 'cache-manager']
    const open = await openAll(context, names, { entries: ENTRIES, make, share })
    const contestants = open.map(({ handle, name }) => {
      const next = randomKeys(ENTRIES)
      let turn = 0
      const values = Array.from({ length: 64 }, (_, i) => make(`value:${i}`, i))
      return repeated(name, () => handle.set(next(), values[turn++ & 63]), {
        isSync: handle.isSync,
      })
    })
    const slices = await race(context, { op: `set ${share}`, entries: ENTRIES }, contestants)
    await closeAll(open)
    const title = `set, ${label}, overwrite`
    const bars = { bentocache: { atLeast: 1 }, cacheable: { atLeast: 1 } }
    compare(context, slices, { title, ours: 'holdfast', bars })
  }
}

export async function runMiss(context) {
  context.progress('getOrSet, miss')
  const open = context.subjects.map((subject) => ({ name: subject.name, handle: subject.open({}) }))
  const contestants = open.map(({ handle, name }) => {
    let turn = 0
    // New keys each time; few enough that none is evicted.
    return repeated(name, () => handle.getOrSet(`miss:${turn++}`, loadText))
  })
  const slices = await race(context, { op: 'getOrSet miss' }, contestants, { maxOps: 400 })
  await closeAll(open)
  compare(context, slices, {
    title: 'getOrSet, miss, a loader that costs nothing',
    ours: 'holdfast',
  })
}

export async function runStampede(context) {
  context.progress(`stampede of ${CALLERS}`)
  const { results } = context
  const loads = new Map()
  const stampedes = new Map()
  const open = context.subjects.map((subject) => ({ name: subject.name, handle: subject.open({}) }))
  const contestants = open.map(({ handle, name }) => {
    let turn = 0
    const load = async () => {
      loads.set(name, (loads.get(name) ?? 0) + 1)
      await new Promise((resolve) => setImmediate(resolve))
      return 'loaded'
    }
    const prepare = () => {
      const key = `stampede:${turn++}`
      stampedes.set(name, turn)
      return () => Promise.all(Array.from({ length: CALLERS }, () => handle.getOrSet(key, load)))
    }
    return prepared(name, prepare, { share: CALLERS })
  })
  const slices = await race(context, { op: 'stampede' }, contestants, { maxOps: 20, minOps: 2 })
  await closeAll(open)
  const title = `${CALLERS.toLocaleString('en')} callers of one missing key, per caller`
  compare(context, slices, { title, ours: 'holdfast' })
  for (const { name } of open) {
    const each = loads.get(name) / stampedes.get(name)
    results.figure({
      title: `${CALLERS.toLocaleString('en')} callers of one missing key, loads`,
      basis: 'loads',
      value: { median: each, min: each, max: each, rounds: 1 },
      bar: name === 'holdfast' ? { atMost: 1 } : undefined,
      ours: { name },
    })
  }
}
