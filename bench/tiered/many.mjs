/** A hundred keys in a call, found and loaded, beside a hundred calls. */
import { keyNames } from '../lib/random.mjs'
import { closeAll, openAll } from './hits.mjs'
import { compare, prepared, race, randomKeys } from './race.mjs'

const BATCH = 100
const ENTRIES = 10_000
const text = (key) => key.padEnd(256, 'x')

export async function runMany(context) {
  await found(context)
  await loaded(context)
}

async function found(context) {
  context.progress(`getMany of ${BATCH}`)
  keyNames(ENTRIES)
  const names = ['holdfast', 'bentocache', 'cacheable', 'cache-manager']
  const open = await openAll(context, names, { entries: ENTRIES, make: text, share: 'frozen' })
  const contestants = open.flatMap(({ handle, name }) => {
    const next = randomKeys(ENTRIES)
    const keys = () => Array.from({ length: BATCH }, next)
    const many = (work) => () => {
      const wanted = keys()
      return () => work(wanted)
    }
    const ours = [
      prepared('holdfast', many(handle.getMany), { share: BATCH }),
      prepared(
        'holdfast, getOrSetMany',
        many((all) => handle.getOrSetMany(all, never)),
        {
          share: BATCH,
        },
      ),
    ]
    if (name === 'holdfast') return ours
    const oneByOne = (all) => Promise.all(all.map((key) => handle.get(key)))
    const label = handle.getMany === undefined ? `${name}, 100 gets` : name
    return [prepared(label, many(handle.getMany ?? oneByOne), { share: BATCH })]
  })
  const slices = await race(context, { op: 'getMany', batch: BATCH }, contestants, { maxOps: 400 })
  await closeAll(open)
  const title = `getMany of ${BATCH} that are in memory, per key`
  compare(context, slices, { title, ours: 'holdfast' })
}

async function loaded(context) {
  context.progress(`getOrSetMany of ${BATCH}, all missing`)
  const open = context.subjects
    .filter(({ name }) => ['holdfast', 'bentocache', 'cacheable', 'cache-manager'].includes(name))
    .map((subject) => ({ name: subject.name, handle: subject.open({}) }))
  const contestants = open.map(({ handle, name }) => {
    let turn = 0
    const prepare = () => {
      const keys = Array.from({ length: BATCH }, () => `batch:${turn++}`)
      if (handle.getOrSetMany !== undefined)
        return () => handle.getOrSetMany(keys, async (missing) => missing.map(text))
      return () => Promise.all(keys.map((key) => handle.getOrSet(key, async () => text(key))))
    }
    const label = name === 'holdfast' ? name : `${name}, 100 getOrSets`
    return prepared(label, prepare, { share: BATCH })
  })
  const slices = await race(context, { op: 'getOrSetMany', batch: BATCH }, contestants, {
    maxOps: 50,
  })
  await closeAll(open)
  const title = `getOrSetMany of ${BATCH}, all missing, per key`
  compare(context, slices, { title, ours: 'holdfast' })
}

const never = () => {
  throw new Error('loaded: the row is of hits')
}
