/** One operation at a time: get, miss, set, insert, delete, objects; by entries and by value size. */
import { interleave } from '../lib/interleave.mjs'
import { curve } from '../lib/stats.mjs'
import * as operations from './operations.mjs'

const KIB = 1024
const EVERYONE = ['holdfast', 'rawSqlite', 'lmdb', 'plainFiles', 'keyv', 'cacache', 'unstorage']

/** Reads of `get` and `miss` go to the store itself: the hot set has rows of its own. */
const COLD = { hot: false }

const GET_BAR = { peer: 'rawSqlite', basis: 'speed', atLeast: 0.7 }
const SET_BAR = { peer: 'rawSqlite', basis: 'speed', atLeast: 0.6 }
const FILE_BAR = { peer: 'plainFiles', basis: 'time', atMost: 1.3 }

/** Which cells a run measures. `bar` only where the specification has one. */
export function singleCells({ million, quick }) {
  const many = quick ? 20_000 : 100_000
  const few = quick ? 200 : 1_000
  const cells = [
    ...[1_000, many].map((entries) => cell('get', entries, 256, { bar: GET_BAR })),
    cell('miss', many, 256),
    ...[1_000, many].map((entries) => cell('set', entries, 256, { bar: SET_BAR })),
    cell('insert', many, 256, { bar: SET_BAR }),
    cell('delete', many, 256),
    cell('getObject', few, 'object'),
    cell('setObject', few, 'object'),
    ...[16 * KIB, 64 * KIB].flatMap((size) => [
      cell('get', few, size, { group: 'size' }),
      cell('set', few, size, { group: 'size' }),
    ]),
    cell('get', few / 10, 1024 * KIB, { group: 'size', bar: FILE_BAR }),
    cell('set', few / 10, 1024 * KIB, { group: 'size', bar: FILE_BAR }),
  ]
  if (!million) return cells
  const big = [
    cell('get', 1_000_000, 256, { bar: GET_BAR }),
    cell('set', 1_000_000, 256, { bar: SET_BAR }),
  ]
  return [...cells, ...big]
}

function cell(op, entries, size, more = {}) {
  const group = { getObject: 'object', setObject: 'object', insert: 'set' }[op] ?? op
  return { op, entries, size, group, ...more }
}

/** Measures the cells of the chosen groups and records them. */
export async function runSingle(context) {
  const cells = singleCells(context.flags).filter(({ group }) => context.wants(group))
  for (const [i, cell] of cells.entries()) {
    await runCell(context, cell)
    if (cell.group === 'size' && cells[i + 1]?.size !== cell.size) dropStores(context, cell)
  }
}

/** Large values take memory that later rows need. */
function dropStores({ subjects, stores }, cell) {
  for (const subject of Object.values(subjects)) stores.drop(subject, cell)
}

async function runCell(context, cell) {
  context.progress(titleOf(cell))
  const contestants = []
  for (const id of EVERYONE) {
    const subject = context.subjects[id]
    if (subject === undefined || !canRun(subject, cell, context.flags)) continue
    contestants.push(await contestant(context, id, subject, cell))
  }
  const slices = await interleave(contestants, { ...context.pace, maxOps: maxOpsOf(cell) })
  for (const { handle } of contestants) await handle.close()
  record(context, cell, contestants, slices)
}

async function contestant(context, id, subject, cell) {
  const path = await context.stores.filled(subject, cell)
  const options = id === 'holdfast' && /get|miss/i.test(cell.op) ? COLD : undefined
  const handle = await subject.open(path, options)
  const build = cell.op === 'delete' ? operations.remove : operations[cell.op]
  return { id, name: subject.name, handle, run: build(handle, cell, subject.isAsync) }
}

/** Slow subjects would take minutes to fill a big store; a quick run has them at one size only. */
function canRun(subject, { entries, size }, { quick }) {
  const { maxEntries = Number.POSITIVE_INFINITY, bytesOnly = false, isSlow = false } = subject
  if (quick && isSlow && size !== 256) return false
  return entries <= maxEntries && !(bytesOnly && size === 'object')
}

/** Inserted and deleted keys must stay few beside the entries; big values must fit in memory. */
const maxOpsOf = ({ op, size }) =>
  op === 'insert' || op === 'delete' || size > 4096 ? 2_000 : 20_000

function record(context, cell, contestants, slices) {
  const { results } = context
  const where = { op: cell.op, entries: cell.entries, size: cell.size }
  for (const { name } of contestants) {
    const own = slices.get(name)
    results.measurement(where, name, own, cell.size === 256 ? { curve: curve(own) } : {})
  }
  const ours = contestants.find(({ id }) => id === 'holdfast')
  if (ours === undefined) return
  const side = (each) => ({ name: each.name, slices: slices.get(each.name) })
  for (const peer of contestants) {
    if (peer === ours) continue
    const bar = cell.bar?.peer === peer.id ? cell.bar : undefined
    const basis = bar?.basis ?? 'speed'
    results.compare({ title: titleOf(cell), basis, ours: side(ours), peer: side(peer), bar })
  }
}

const OP_TITLES = {
  get: 'get, cold',
  miss: 'get, miss',
  set: 'set, overwrite',
  insert: 'set, new key',
  delete: 'delete',
  getObject: 'get an object, cold',
  setObject: 'set an object',
}

export function titleOf({ op, entries, size }) {
  const value = size === 'object' ? '' : `, ${sizeLabel(size)}`
  return `${OP_TITLES[op]}${value}, ${countLabel(entries)} entries`
}

export function sizeLabel(bytes) {
  if (bytes >= 2 ** 20) return `${bytes / 2 ** 20} MiB`
  return bytes >= 1024 ? `${bytes / 1024} KiB` : `${bytes} B`
}

export function countLabel(count) {
  if (count >= 1e6) return `${count / 1e6} M`
  return count >= 1_000 ? `${count / 1_000} k` : String(count)
}
