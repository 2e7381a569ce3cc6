// The calls of one client on single objects, each recorded. Calls on several at once are in transactions.mjs.
import { code, tagNames } from '../record.mjs'

/** Another process had the lock for longer than `busyTimeout`: the call says that it changed nothing. */
const isBusy = (error) => error?.code === 'ERR_BUSY'

/** What a client needs for its calls, and those that concern one object. */
export class Calls {
  store
  random
  recorder
  numbers
  /** Calls of `setAsync` that have not ended. */
  waiting = new Set()
  #start

  constructor(store, random, recorder, numbers) {
    this.store = store
    this.random = random
    this.recorder = recorder
    this.numbers = numbers
    this.#start = numbers.start()
  }

  /** Reads one key of an object. */
  get(object) {
    const { recorder, store } = this
    const [first, other] = object.keys
    const key = other !== undefined && this.random() < 0.5 ? other : first
    const expires = object.kind === 'expiring'
    const wallStart = expires ? Date.now() : Number.NaN
    const start = recorder.now()
    const found = store.get(object, key)
    const end = recorder.now()
    const wallEnd = expires ? Date.now() : Number.NaN
    recorder.read(object.index, found, Number.NaN, start, end, wallStart, wallEnd)
  }

  has(object) {
    this.observe(object, () => {
      const result = Number(this.store.cache.has(object.keys[0]))
      return { code: code.has, result }
    })
  }

  /** Reads all keys of some objects at once. */
  getMany(objects) {
    const { recorder, store } = this
    const wallStart = Date.now()
    const start = recorder.now()
    const found = store.getMany(objects)
    const end = recorder.now()
    const wallEnd = Date.now()
    for (const [at, [expect, second = Number.NaN]] of found.entries())
      recorder.read(objects[at].index, expect, second, start, end, wallStart, wallEnd)
  }

  set(object) {
    const { part, options } = this.newEntry(object)
    this.change([part], () => this.store.set(object, part.written, options))
  }

  /** Ends some time later; the client goes on meanwhile. */
  setAsync(object) {
    const { part, options } = this.newEntry(object)
    const { recorder, store } = this
    const operation = recorder.next()
    const wallStart = Date.now()
    const start = recorder.now()
    recorder.intend(operation, [part], start, wallStart)
    const [[key, value]] = store.entries(object, part.written)
    const end = (parts) =>
      recorder.ended(operation, parts, {
        start,
        end: recorder.now(),
        wallStart,
        wallEnd: Date.now(),
      })
    const call = store.cache.setAsync(key, value, options).then(
      () => end([part]),
      (error) => {
        end([{ ...part, code: code.failed }])
        if (!isBusy(error)) throw error
      },
    )
    this.waiting.add(call)
    // Who waits for it hears of what went wrong.
    call.then(
      () => this.waiting.delete(call),
      () => {},
    )
  }

  setMany(objects) {
    const all = objects.map((object) => ({ object, ...this.newEntry(object) }))
    const parts = all.map(({ part }) => part)
    this.change(parts, () => {
      const entries = all.flatMap(({ object, part, options }) =>
        this.store.entries(object, part.written, options),
      )
      this.store.setMany(entries)
    })
  }

  add(object) {
    const { part, options } = this.newEntry(object)
    const [[key, value]] = this.store.entries(object, part.written)
    this.change([{ ...part, code: code.add }], ([add]) => {
      add.result = Number(this.store.cache.add(key, value, options))
    })
  }

  remove(object) {
    this.change([{ code: code.remove, object: object.index }], ([part]) => {
      part.result = this.store.remove(object)
    })
  }

  removeMany(objects) {
    const parts = objects.map(({ index }) => ({ code: code.remove, object: index }))
    this.change(parts, () => this.store.cache.deleteMany(objects.flatMap(({ keys }) => keys)))
  }

  pop(object) {
    this.change([{ code: code.pop, object: object.index }], ([part]) => {
      part.expect = this.store.number(object, this.store.cache.pop(object.keys[0]))
    })
  }

  count(object) {
    this.change([this.counting(object)], ([part]) => this.countInto(part, object))
  }

  update(object) {
    const part = { code: code.update, object: object.index, written: this.numbers.next() }
    this.change([part], ([update]) => this.updateInto(update, object))
  }

  touch(object) {
    const ttl = object.kind === 'expiring' && this.random() < 0.7 ? this.lifetime() : Infinity
    this.change([{ code: code.touch, object: object.index, expires: ttl }], ([part]) => {
      part.result = Number(this.store.cache.touch(object.keys[0], ttl))
    })
  }

  evict() {
    const bit = Math.floor(this.random() * tagNames.length)
    const parts = this.store.objects.map(({ index }) => {
      return { code: code.evict, object: index, tags: 2 ** bit }
    })
    this.change(parts, () => this.store.cache.evictTag(tagNames[bit]))
  }

  clear() {
    const parts = this.store.objects.map(({ index }) => ({ code: code.clear, object: index }))
    this.change(parts, () => this.store.cache.clear())
  }

  /** Runs a call that changes `parts`, between its two records. */
  change(parts, call) {
    const { recorder } = this
    const operation = recorder.next()
    const wallStart = Date.now()
    const start = recorder.now()
    recorder.intend(operation, parts, start, wallStart)
    let done = parts
    try {
      call(parts)
    } catch (error) {
      if (!isBusy(error)) throw error
      done = parts.map((part) => ({ ...part, code: code.failed }))
    }
    const end = recorder.now()
    recorder.ended(operation, done, { start, end, wallStart, wallEnd: Date.now() })
  }

  /** Runs a call that changes nothing. */
  observe(object, call) {
    const wallStart = Date.now()
    const start = this.recorder.now()
    const part = call()
    const end = this.recorder.now()
    const times = { start, end, wallStart, wallEnd: Date.now() }
    this.recorder.observed({ ...part, object: object.index }, times)
  }

  /** What is to be stored next under `object`, and how. */
  newEntry(object) {
    const written = object.kind === 'counter' ? this.numbers.start() : this.numbers.next()
    const tags = Math.floor(this.random() * 2 ** tagNames.length)
    const options = { tags: tagNames.filter((_, bit) => (tags >> bit) % 2 === 1) }
    const part = { code: code.set, object: object.index, written, tags }
    if (object.kind !== 'expiring' || this.random() < 0.4) return { part, options }
    const expiresAt = Date.now() + this.lifetime()
    return { part: { ...part, expires: expiresAt }, options: { ...options, expiresAt } }
  }

  counting(object) {
    return { code: code.count, object: object.index, written: this.#start }
  }

  /** The call itself; a start that was used is not used again. */
  countInto(part, object) {
    part.result = this.store.cache.incr(object.keys[0], 1, { initial: part.written })
    if (part.result === part.written + 1) this.#start = this.numbers.start()
  }

  updateInto(part, object) {
    const [key] = object.keys
    this.store.cache.update(key, (old) => {
      part.expect = this.store.number(object, old)
      return this.store.value(object, key, part.written)
    })
  }

  /** Milliseconds, few enough for many to end within a round. */
  lifetime() {
    return 2 + Math.floor(this.random() * 60)
  }
}
