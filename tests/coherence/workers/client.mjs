// One handle on the store and a stream of random calls on it, in rounds; in a process or a thread of its own.
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { seededRandom } from '../../support/seeded-random.mjs'
import { applyMutant } from '../mutants.mjs'
import { Calls } from './calls.mjs'
import { KeyedStore } from './keyed-store.mjs'
import { Recorder } from './recorder.mjs'
import { commit, undo } from './transactions.mjs'
import { ValueNumbers } from './values.mjs'

/** A log does not grow beyond this in one round: the checker holds it in memory. */
const mostRecords = 120_000
/** Between two looks at what came from outside. */
const callsPerTurn = 48
/** Calls of `setAsync` that may run at once. */
const mostWaiting = 2

/** For how many of a hundred changes each verb stands. */
const changes = {
  set: 22,
  setAsync: 8,
  setMany: 5,
  add: 9,
  remove: 7,
  removeMany: 2,
  pop: 5,
  count: 9,
  update: 7,
  touch: 6,
  commit: 8,
  nested: 4,
  undo: 6,
  evict: 1.5,
  clear: 0.5,
}

/** Which share of the calls of a client are changes. */
const changing = { reader: 0, mixed: 0.04, writer: 0.75 }

export class Client {
  #calls
  #recorder
  #options
  #pick
  #close

  /** Opens the store as `options` says. */
  static async open(options) {
    await applyMutant(options.mutant, options.library, options.mutantOptions)
    const library = await import(pathToFileURL(join(options.library, 'index.js')).href)
    return new Client(library, options)
  }

  constructor(library, options) {
    const { directory, shards, store, objects, seed, number, origin } = options
    const cache =
      shards === 0
        ? new library.DiskCache(directory, store)
        : new library.ShardedDiskCache(directory, { ...store, shards })
    const random = seededRandom(seed + number * 7_919)
    const form = { share: store.hot?.share ?? 'copy', isSharded: shards > 0 }
    this.#options = options
    this.#recorder = new Recorder(origin)
    const keyed = new KeyedStore(cache, objects, form)
    this.#calls = new Calls(keyed, random, this.#recorder, new ValueNumbers(number))
    this.#pick = new Picker(random, objects)
    this.#close = () => cache.close()
  }

  /** Calls and calls until `deadline`, then waits for what has not ended. @returns how many records it wrote. */
  async round({ log, deadline }) {
    const recorder = this.#recorder
    recorder.open(log)
    const { waiting } = this.#calls
    const goesOn = () => recorder.now() < deadline && recorder.count < mostRecords
    while (goesOn()) {
      for (let turn = 0; turn < callsPerTurn && waiting.size < mostWaiting && goesOn(); turn += 1)
        this.#call()
      await new Promise((resolve) => setImmediate(resolve))
    }
    await Promise.all(waiting)
    const { count } = recorder
    recorder.close()
    return count
  }

  close() {
    this.#close()
  }

  #call() {
    const pick = this.#pick
    if (pick.chance() < changing[this.#options.mix]) this.#change()
    else {
      const kind = pick.chance()
      if (kind < 0.8) this.#calls.get(pick.object())
      else if (kind < 0.87) this.#calls.has(pick.object())
      else this.#calls.getMany(pick.objects(1 + Math.floor(pick.chance() * 5)))
    }
  }

  #change() {
    const calls = this.#calls
    const pick = this.#pick
    const verb = pick.verb()
    const few = 2 + Math.floor(pick.chance() * 3)
    if (verb === 'evict' || verb === 'clear') calls[verb]()
    else if (verb === 'setMany' || verb === 'removeMany') calls[verb](pick.objects(few))
    else if (verb === 'commit') commit(calls, pick.together(few), false)
    else if (verb === 'nested') commit(calls, pick.together(few), true)
    else if (verb === 'undo') undo(calls, pick.together(few))
    else {
      const object = pick.object()
      calls[suits(verb, object) ? verb : instead(object)](object)
    }
  }
}

/** Chooses at random what comes next. */
class Picker {
  chance
  #objects
  #verbs

  constructor(random, objects) {
    this.chance = random
    this.#objects = objects
    this.#verbs = Object.entries(changes)
  }

  object() {
    return this.#objects[Math.floor(this.chance() * this.#objects.length)]
  }

  /** Some different ones. */
  objects(count) {
    return [...new Set(Array.from({ length: count }, () => this.object()))]
  }

  /** Some that one transaction can change: of one shard, and without an end that could come in between. */
  together(count) {
    const steady = this.#objects.filter(({ kind }) => kind !== 'expiring')
    const first = steady[Math.floor(this.chance() * steady.length)]
    const others = this.objects(count).filter((object) => steady.includes(object))
    return [...new Set([first, ...others])].filter(({ shard }) => shard === first.shard)
  }

  verb() {
    let left = this.chance() * 100
    for (const [verb, share] of this.#verbs) {
      left -= share
      if (left < 0) return verb
    }
    return 'set'
  }
}

function suits(verb, { kind }) {
  if (verb === 'count') return kind === 'counter'
  if (verb === 'touch') return kind !== 'pair'
  return kind !== 'pair' || verb === 'set' || verb === 'remove'
}

/** What is done where a verb does not suit: that of the kind. */
function instead({ kind }) {
  return kind === 'counter' ? 'count' : 'set'
}
