/** The same work by diskcache and SciQLop cache in processes of their own, in turns with ours. */
import { interleave } from '../lib/interleave.mjs'
import { makeValues } from '../lib/random.mjs'
import { openPeer, PYTHON_PEERS } from '../python/peer.mjs'
import * as operations from './operations.mjs'
import { countLabel, sizeLabel } from './single.mjs'
import { fill } from './stores.mjs'

const SET_BARS = { 'SciQLop 0.1.3': 1, 'SciQLop with counters': 2, diskcache: 4 }
const SMALL_OPS = ['get', 'miss', 'set', 'delete', 'batch']
const BIG_OPS = ['get', 'set']

export async function runPython(context) {
  if (!context.flags.python) return
  const entries = context.flags.quick ? 5_000 : 100_000
  await runStore(context, { entries, size: 256 }, SMALL_OPS)
  if (context.flags.quick) return
  await runStore(context, { entries: 500, size: 64 * 1024 }, BIG_OPS)
  await runStore(context, { entries: 50, size: 2 ** 20 }, BIG_OPS)
}

async function runStore(context, store, ops) {
  const peers = await openPeers(context, store)
  if (peers.length === 0 || context.subjects.holdfast === undefined) return
  const path = context.stores.directory('python-turns')
  const cold = context.subjects.holdfast.open(path, { hot: false })
  await fill(cold, store)
  for (const op of ops) {
    const title = titleOf(op, store)
    context.progress(`beside Python: ${title}`)
    const build = { batch: batches, delete: operations.remove }[op] ?? operations[op]
    const count = op === 'batch' ? 3 : undefined
    const contestants = [
      { name: 'holdfast', count, run: build(cold, store, false) },
      ...peers.map((peer) => ({ name: peer.name, count, run: (n) => peer.run(op, n) })),
    ]
    const maxOps = op === 'delete' || store.size > 4096 ? 500 : 5_000
    record(
      context,
      { op, title, store },
      await interleave(contestants, { ...context.pace, maxOps }),
    )
  }
  cold.close()
  for (const peer of peers) peer.close()
}

async function openPeers(context, store) {
  const peers = []
  for (const peer of PYTHON_PEERS) {
    try {
      context.progress(`${peer.name}: filling ${countLabel(store.entries)} entries`)
      const open = await openPeer(peer, context.stores.directory(peer.environment))
      await open.ask('fill', store)
      peers.push(open)
      context.results.note(`${peer.name} is version ${open.version}`)
    } catch (error) {
      context.results.note(`${peer.name} is left out: ${error.message}`)
    }
  }
  return peers
}

function batches(handle, { entries, size }) {
  const next = operations.randomKeys(entries)
  const values = makeValues(size)
  return (count) => {
    const samples = new Float64Array(count)
    for (let turn = 0; turn < count; turn++) {
      const rows = Array.from({ length: 1_000 }, (_, i) => [next(), values[i % values.length]])
      const start = performance.now()
      handle.setMany(rows)
      samples[turn] = performance.now() - start
    }
    return samples
  }
}

function titleOf(op, { entries, size }) {
  const what =
    { get: 'get, cold', miss: 'get, miss', batch: 'sets in transactions of 1,000' }[op] ?? op
  return `${what}, ${sizeLabel(size)}, ${countLabel(entries)} entries`
}

function record({ results }, { op, title, store }, slices) {
  const where = { op: `python ${op}`, ...store }
  for (const [name, own] of slices) results.measurement(where, name, own)
  const side = (name) => ({ name, slices: slices.get(name) })
  for (const { name } of PYTHON_PEERS) {
    if (!slices.has(name)) continue
    const isBar = op === 'set' && store.size === 256
    const bar = isBar ? { atLeast: SET_BARS[name] } : undefined
    results.compare({ title, basis: 'speed', ours: side('holdfast'), peer: side(name), bar })
  }
}
