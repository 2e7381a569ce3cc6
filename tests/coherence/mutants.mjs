/*
 * Planted bugs. Each changes prototypes of the built modules in the process of a client before it opens the store, so that the
 * code that users get has no hooks. `widen` makes windows of a microsecond wide enough to be hit within seconds; alone it
 * must do no harm.
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

/** The modules of the build that are changed. */
const modules = {
  cache: 'disk/disk-cache.js',
  connection: 'disk/connection.js',
  rows: 'disk/entry-rows.js',
  page: 'disk/version-page.js',
  coherence: 'disk/coherence.js',
}

/** Why the bugs of the hot set cannot be planted in this build; `undefined` if they can. */
export function hotSetMissing(library) {
  if (existsSync(join(library, modules.page)) && existsSync(join(library, modules.coherence)))
    return
  return `this build has no ${modules.page}: there is no hot set to break`
}

/** Plants bug `name`, and the windows that it needs. Nothing for `undefined`. */
export async function applyMutant(name, library, { widen = [] } = {}) {
  const load = async (module) => await import(pathToFileURL(join(library, modules[module])).href)
  for (const window of widen) await lookUp(windows, window)(load)
  if (name !== undefined) await lookUp(mutants, name)(load)
}

function lookUp(table, name) {
  const found = table[name]
  if (found === undefined) throw new Error(`no '${name}' among ${Object.keys(table).join(', ')}`)
  return found
}

/** Replaces a method by `make(original)`. */
function patch(prototype, method, make) {
  const original = prototype[method]
  if (typeof original !== 'function') throw new Error(`the build has no method ${method}`)
  prototype[method] = make(original)
}

const asleep = new Int32Array(new SharedArrayBuffer(4))

/** Stands still, so that others run meanwhile, however few processors there are. */
function standStill(milliseconds) {
  Atomics.wait(asleep, 0, 0, milliseconds)
}

/** The same now and then, up to 2 ms. */
function sometimes() {
  if (Math.random() < 0.4) standStill(Math.random() * 2)
}

/** Bugs that a store without a hot set can have. */
export const plainMutants = {
  /** A cache of a process that knows nothing of the others: what it read is good for 20 ms. */
  async 'private cache'(load) {
    const { DiskCache } = await load('cache')
    const kept = new Map()
    patch(DiskCache.prototype, 'get', (get) => {
      return function (key) {
        const found = kept.get(key)
        if (found !== undefined && found.until > performance.now()) return found.value
        const value = get.call(this, key)
        // What is its reader's own to change cannot be kept without a copy: that would be another bug.
        if (typeof value !== 'object') kept.set(key, { value, until: performance.now() + 20 })
        return value
      }
    })
  },

  /** Several reads, each as of its own moment. */
  async 'many reads'(load) {
    const { DiskCache } = await load('cache')
    patch(DiskCache.prototype, 'getMany', () => {
      return function (keys) {
        const found = new Map()
        for (const key of keys) {
          const value = this.get(key)
          if (value !== undefined) found.set(key, value)
        }
        return found
      }
    })
  },

  /** A transaction that throws stays. */
  async 'no rollback'(load) {
    const { Connection } = await load('connection')
    patch(Connection.prototype, 'prepare', (prepare) => {
      return function (sql) {
        return prepare.call(this, sql === 'ROLLBACK' ? 'COMMIT' : sql)
      }
    })
  },

  /** Looks, and stores later. */
  async 'add in two steps'(load) {
    const { DiskCache } = await load('cache')
    patch(DiskCache.prototype, 'add', () => {
      return function (key, value, options) {
        if (this.has(key)) return false
        this.set(key, value, options)
        return true
      }
    })
  },

  /** Says that it is stored when it is only on its way. */
  async 'early answer'(load) {
    const { DiskCache } = await load('cache')
    patch(DiskCache.prototype, 'setAsync', (setAsync) => {
      return async function (key, value, options) {
        void setAsync.call(this, key, value, options).catch(() => {})
      }
    })
  },
}

/** Bugs of the hot set, by the step of its protocol that is left out. */
export const hotSetMutants = {
  /** Versions change only after the commit. */
  async 'no first bump'(load) {
    await bumpsOnly(load, (isEnding) => isEnding)
  },

  /** Versions change only before the commit. */
  async 'no second bump'(load) {
    await bumpsOnly(load, (isEnding) => !isEnding)
  },

  /** What was read is kept although it has changed meanwhile, as the newest version at that. */
  async 'no second version read'(load) {
    const { Coherence } = await load('coherence')
    patch(Coherence.prototype, 'holds', () => {
      return function (ticket) {
        ticket.version = this.page.version(ticket.slot)
        ticket.epoch = this.page.epoch()
        return this.page.writer() === 0
      }
    })
  },

  /** What was read is kept although somebody is about to commit. */
  async 'no writer check'(load) {
    const { Coherence } = await load('coherence')
    patch(Coherence.prototype, 'holds', () => {
      return function (ticket) {
        const { page } = this
        return page.version(ticket.slot) === ticket.version && page.epoch() === ticket.epoch
      }
    })
  },

  /** A writer who finds the word of a dead one says nothing. */
  async 'no epoch'(load) {
    const { VersionPage } = await load('page')
    const claimed = new WeakSet()
    patch(VersionPage.prototype, 'claim', (claim) => {
      return function (token) {
        claimed.add(this)
        claim.call(this, token)
      }
    })
    patch(VersionPage.prototype, 'release', (release) => {
      return function (token) {
        claimed.delete(this)
        release.call(this, token)
      }
    })
    patch(VersionPage.prototype, 'bumpEpoch', (bumpEpoch) => {
      return function () {
        // Mass removals, which come after the claim, and pages of one process have other uses for it.
        if (this.writer() === 0 || claimed.has(this)) bumpEpoch.call(this)
      }
    })
  },

  /** Where there is no page, nobody asks whether others have written. */
  async 'no look at the database'(load) {
    const { Coherence } = await load('coherence')
    patch(Coherence.prototype, 'refresh', () => () => {})
  },

  /** A writer who is done takes away the word of the next one. */
  async 'clear without compare'(load) {
    const { VersionPage } = await load('page')
    patch(VersionPage.prototype, 'release', (release) => {
      return function () {
        release.call(this, this.writer())
      }
    })
  },
}

const mutants = { ...plainMutants, ...hotSetMutants }

/** Lets bumps through by whether they come at the end of a transaction. */
async function bumpsOnly(load, passes) {
  const { VersionPage } = await load('page')
  const isEnding = await endings(load)
  patch(VersionPage.prototype, 'bump', (bump) => {
    return function (slot) {
      return passes(isEnding()) ? bump.call(this, slot) : this.version(slot)
    }
  })
}

/** Tells whether the step that runs comes after a commit or a rollback. */
async function endings(load) {
  const { Coherence } = await load('coherence')
  let isEnding = false
  for (const end of ['committed', 'rolledBack']) {
    patch(Coherence.prototype, end, (original) => {
      return function (...args) {
        isEnding = true
        try {
          return original.apply(this, args)
        } finally {
          isEnding = false
        }
      }
    })
  }
  return () => isEnding
}

/** The windows in which each of them shows. */
export const windowsOf = {
  'no first bump': ['after commit'],
  'no second bump': ['before commit', 'after row'],
  'no second version read': ['after row'],
  'no writer check': ['before commit', 'after commit'],
  'no epoch': ['until released', 'death after commit'],
  'no look at the database': [],
  'clear without compare': ['before commit', 'after commit', 'before release'],
}

/** Windows between two steps of the protocol, made wide. */
const windows = {
  /** A reader is slow between the row and the look whether it still holds. */
  async 'after row'(load) {
    const { EntryRows } = await load('rows')
    patch(EntryRows.prototype, 'find', (find) => {
      return function (key) {
        const row = find.call(this, key)
        sometimes()
        return row
      }
    })
  },

  /** So slow that the writer it met is gone, or has died and another one has come and gone. */
  async 'until released'(load) {
    const { Coherence } = await load('coherence')
    patch(Coherence.prototype, 'holds', (holds) => {
      return function (ticket) {
        for (let left = 50; left > 0 && this.page.writer() !== 0; left -= 1) standStill(1)
        return holds.call(this, ticket)
      }
    })
  },

  /** A writer is slow between its first bump and the commit. */
  async 'before commit'(load) {
    const { VersionPage } = await load('page')
    const isEnding = await endings(load)
    patch(VersionPage.prototype, 'bump', (bump) => {
      return function (slot) {
        const version = bump.call(this, slot)
        if (!isEnding()) sometimes()
        return version
      }
    })
  },

  /** A writer is slow between the commit and its second bump. */
  async 'after commit'(load) {
    const { Coherence } = await load('coherence')
    patch(Coherence.prototype, 'committed', (committed) => {
      return function (...args) {
        sometimes()
        return committed.apply(this, args)
      }
    })
  },

  /** A writer dies between the commit and its second bump, having been slow between its first bump and the commit. */
  async 'death after commit'(load) {
    const { VersionPage } = await load('page')
    const { Coherence } = await load('coherence')
    const isEnding = await endings(load)
    let isDoomed = false
    patch(VersionPage.prototype, 'bump', (bump) => {
      return function (slot) {
        const version = bump.call(this, slot)
        if (isEnding() || Math.random() > 0.04) return version
        isDoomed = true
        standStill(4)
        return version
      }
    })
    patch(Coherence.prototype, 'rolledBack', (rolledBack) => {
      return function (...args) {
        isDoomed = false
        return rolledBack.apply(this, args)
      }
    })
    patch(Coherence.prototype, 'committed', (committed) => {
      return function (...args) {
        if (isDoomed) process.kill(process.pid, 'SIGKILL')
        return committed.apply(this, args)
      }
    })
  },

  /** A writer is slow between its second bump and taking back its word. */
  async 'before release'(load) {
    const { VersionPage } = await load('page')
    patch(VersionPage.prototype, 'release', (release) => {
      return function (token) {
        sometimes()
        return release.call(this, token)
      }
    })
  },
}
