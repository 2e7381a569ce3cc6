// One object of the history as keys of a store: the calls that need more than a line.
import { numberOf, spoil, valueWith } from './values.mjs'

/** A store and the objects in it. `DiskCache` and `ShardedDiskCache` differ in how a transaction is begun. */
export class KeyedStore {
  cache
  objects
  /** Whether values that were read are the reader's own to change. */
  #ownsValues
  #isSharded

  constructor(cache, objects, { share, isSharded }) {
    this.cache = cache
    this.objects = objects
    this.#ownsValues = share !== 'frozen'
    this.#isSharded = isSharded
  }

  /** What is under one key: the number of its value. */
  get(object, key) {
    return this.#taken(object, key, this.cache.get(key))
  }

  /** What is under all keys of several objects, as of one moment: for each object a list of numbers. */
  getMany(objects) {
    const found = this.cache.getMany(objects.flatMap(({ keys }) => keys))
    return objects.map((object) =>
      object.keys.map((key) => this.#taken(object, key, found.get(key))),
    )
  }

  /** Stores under the only key, or under all keys at once. */
  set(object, number, options) {
    const entries = this.entries(object, number, options)
    if (entries.length === 1) this.cache.set(...entries[0])
    else this.cache.setMany(entries)
    this.#spoilGiven(entries)
  }

  setMany(entries) {
    this.cache.setMany(entries)
    this.#spoilGiven(entries)
  }

  /** Keys and values for `set` and `setMany`. */
  entries(object, number, options) {
    return object.keys.map((key) => [key, this.value(object, key, number), options])
  }

  value(object, key, number) {
    return object.kind === 'counter' ? number : valueWith(key, number)
  }

  /** @returns whether there was an entry; NaN where the call does not say. */
  remove(object) {
    if (object.keys.length === 1) return Number(this.cache.delete(object.keys[0]))
    this.cache.deleteMany(object.keys)
    return Number.NaN
  }

  /** Whatever the kind of store, all of `objects` must be of one shard. */
  transact(object, work) {
    return this.#isSharded ? this.cache.transact(object.keys[0], work) : this.cache.transact(work)
  }

  /** What a value says, after which its reader makes use of his right to change it. */
  #taken(object, key, value) {
    const number = object.kind === 'counter' ? (value ?? 0) : numberOf(key, value)
    if (this.#ownsValues) spoil(value)
    return number
  }

  /** The store took the values as they were at the call. */
  #spoilGiven(entries) {
    for (const [, value] of entries) spoil(value)
  }

  /** The number of a value that a callback of the store was given. */
  number(object, value) {
    return object.kind === 'counter' ? (value ?? 0) : numberOf(object.keys[0], value)
  }
}
