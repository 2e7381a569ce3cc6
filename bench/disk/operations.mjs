/**
 * The single operations that are timed. Each builder takes an open handle and gives
 * `run(count)`, which performs that many and returns their latencies.
 */
import { time } from '../lib/measure.mjs'
import { keyName, keyNames, makeRecord, makeValues, shuffledOrder } from '../lib/random.mjs'

/** Reads keys that exist, in random order. */
export function get(handle, { entries, size }, isAsync) {
  const next = randomKeys(entries)
  let found
  return async (count) => {
    const samples = await time(isAsync, count, () => {
      found = handle.get(next())
      return found
    })
    const value = await found
    if (value?.length !== size) throw new Error(`expected ${size} bytes, got ${value?.length}`)
    return samples
  }
}

export function miss(handle, { entries }, isAsync) {
  const absent = keyNames(entries)
    .slice(0, 10_000)
    .map((key) => `absent:${key}`)
  let turn = 0
  return (count) => time(isAsync, count, () => handle.get(absent[turn++ % absent.length]))
}

/** Overwrites keys that exist, in random order. */
export function set(handle, { entries, size }, isAsync) {
  const next = randomKeys(entries)
  const values = makeValues(size)
  let turn = 0
  return (count) => time(isAsync, count, () => handle.set(next(), values[turn++ % values.length]))
}

export function getObject(handle, { entries }, isAsync) {
  const next = randomKeys(entries)
  return (count) => time(isAsync, count, () => handle.getObject(next()))
}

export function setObject(handle, { entries }, isAsync) {
  const next = randomKeys(entries)
  const records = Array.from({ length: 64 }, (_, i) => makeRecord(i))
  let turn = 0
  return (count) => time(isAsync, count, () => handle.setObject(next(), records[turn++ & 63]))
}

/** Stores keys that are new and removes them again, untimed, so that the store keeps its size. */
export function insert(handle, { size }, isAsync) {
  return insertAndDelete(handle, size, isAsync, (inserted) => inserted)
}

/** Deletes keys that exist; they were stored just before, untimed. */
export function remove(handle, { size }, isAsync) {
  return insertAndDelete(handle, size, isAsync, (_, deleted) => deleted)
}

function insertAndDelete(handle, size, isAsync, pick) {
  const values = makeValues(size)
  const order = shuffledOrder(1 << 16)
  let serial = 0
  return async (count) => {
    const first = serial
    serial += count
    const key = (i) => `new:${keyName(first + i)}`
    const keys = Array.from({ length: count }, (_, i) => key(i))
    const inserted = await time(isAsync, count, (i) =>
      handle.set(keys[i], values[i % values.length]),
    )
    keys.sort((a, b) => order[Number(a.slice(8)) & 0xffff] - order[Number(b.slice(8)) & 0xffff])
    const deleted = await time(isAsync, count, (i) => handle.delete(keys[i]))
    return pick(inserted, deleted)
  }
}

/** The next key of a fixed random walk over all `entries` keys, round and round. */
export function randomKeys(entries) {
  const keys = keyNames(entries)
  const order = shuffledOrder(entries)
  let turn = 0
  return () => {
    const key = keys[order[turn]]
    turn = turn + 1 === entries ? 0 : turn + 1
    return key
  }
}
