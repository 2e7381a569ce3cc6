/** Reads of what is in memory: peek beside a bare LRU, get and getOrSet beside caches that load. */

import { keyNames, makeRecord } from '../lib/random.mjs'
import { median } from '../lib/stats.mjs'
import { compare, race, randomKeys, repeated } from './race.mjs'

const SIZE = 256
const FEW = 1_000
const text = (key) => key.padEnd(SIZE, 'x')
const record = (_, index) => makeRecord(index)
const never = () => {
  throw new Error('loaded: the row is of hits')
}

const PEEK_BAR = { 'lru-cache': { atMost: 3 } }
const LOAD_BARS = { bentocache: { atLeast: 3 }, cacheable: { atLeast: 3 } }
const ABOVE_PEEK_BAR = { atMost: 0.5 }

/** Texts are immutable, and all readers get the same; objects are frozen for all, or each reader has his own. */
const FORMS = [
  { label: `text of ${SIZE} B`, op: 'text', make: text, share: 'frozen', many: true },
  { label: 'object, share frozen', op: 'frozen', make: record, share: 'frozen' },
  { label: 'object, share copy', op: 'copy', make: record, share: 'copy' },
]

export async function runPeek(context) {
  for (const form of FORMS)
    for (const entries of sizesOf(form, context.flags)) await peekRow(context, form, entries)
}

export async function runHit(context) {
  for (const form of FORMS) await hitRow(context, form, FEW)
}

export async function runGet(context) {
  for (const form of FORMS) await getRow(context, form, FEW)
}

const sizesOf = ({ many }, { quick }) => (many ? [FEW, quick ? 20_000 : 100_000] : [FEW])
const count = (entries) => `${entries.toLocaleString('en')} entries`
const kept = (value) => {
  if (value === undefined || value === null) throw new Error('a key is missing')
}

async function peekRow(context, form, entries) {
  const { label, make, op, share } = form
  context.progress(`peek, ${label}, ${count(entries)}`)
  const open = await openAll(context, ['holdfast', 'lru-cache'], { entries, make, share })
  const contestants = open.map(({ handle, name }) => {
    const next = randomKeys(entries)
    return repeated(name, () => kept(handle.peek(next())), { isSync: true })
  })
  const slices = await race(context, { op: `peek ${op}`, entries }, contestants)
  await closeAll(open)
  const bars = share === 'copy' ? {} : PEEK_BAR
  const title = `peek, ${label}, ${count(entries)}`
  compare(context, slices, { title, basis: 'time', ours: 'holdfast', bars })
}

async function hitRow(context, form, entries) {
  const { label, make, op, share } = form
  context.progress(`getOrSet hit, ${label}, ${count(entries)}`)
  const names = context.subjects.map(({ name }) => name)
  const open = await openAll(context, names, { entries, make, share })
  const contestants = open.map(({ handle, name }) => {
    const next = randomKeys(entries)
    return repeated(name, async () => kept(await handle.getOrSet(next(), never)))
  })
  const ours = open.find(({ name }) => name === 'holdfast')
  const next = randomKeys(entries)
  contestants.push(repeated('peek', () => kept(ours.handle.peek(next())), { isSync: true }))
  const slices = await race(context, { op: `getOrSet hit ${op}`, entries }, contestants)
  await closeAll(open)
  const title = `getOrSet, hit, ${label}, ${count(entries)}`
  const peers = names.filter((name) => name !== 'holdfast')
  // With a copy for each reader, every subject is as fast as what makes the copies.
  const bars = share === 'copy' ? {} : LOAD_BARS
  compare(context, slices, { title, ours: 'holdfast', peers, bars })
  abovePeek(context, slices, `${title}, above peek`, share)
}

/** What the promise and the options cost: both measured in the same rounds. */
function abovePeek({ results }, slices, title, share) {
  const [ours, peek] = [slices.get('holdfast'), slices.get('peek')]
  results.figure({
    title,
    basis: 'us',
    value: ours.map((slice, round) => median(slice) - median(peek[round])),
    bar: share === 'copy' ? undefined : ABOVE_PEEK_BAR,
    ours: { name: 'holdfast' },
  })
}

async function getRow(context, form, entries) {
  const { label, make, op, share } = form
  context.progress(`get, ${label}, ${count(entries)}`)
  const names = ['holdfast', 'bentocache', 'cacheable', 'cache-manager']
  const open = await openAll(context, names, { entries, make, share })
  const contestants = open.map(({ handle, name }) => {
    const next = randomKeys(entries)
    return repeated(name, async () => kept(await handle.get(next())))
  })
  const slices = await race(context, { op: `get ${op}`, entries }, contestants)
  await closeAll(open)
  compare(context, slices, { title: `get, ${label}, ${count(entries)}`, ours: 'holdfast' })
}

export async function openAll({ subjects }, names, { entries, make, share }) {
  const open = []
  for (const subject of subjects.filter(({ name }) => names.includes(name))) {
    const handle = subject.open({ share })
    const put = handle.fill ?? handle.set
    for (const [index, key] of keyNames(entries).slice(0, entries).entries())
      await put(key, make(key, index))
    open.push({ name: subject.name, handle })
  }
  return open
}

export async function closeAll(open) {
  for (const { handle } of open) await handle.close()
}
