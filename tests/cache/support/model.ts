/** What the model knows of one entry. Times are milliseconds since the epoch. */
interface ModelEntry {
  value: number
  expiresAt: number
  staleUntil: number
  readonly tags: readonly string[]
  /** One of its tags was invalidated: stale, however long it would have lived. */
  isVoid: boolean
}

/** A cache as one would write it first: a map, in which everything is looked through. */
export class ModelCache {
  readonly #entries = new Map<string, ModelEntry>()
  readonly #grace: number
  readonly #ttl: number
  now: number

  constructor(now: number, ttl: number, grace: number) {
    this.now = now
    this.#ttl = ttl
    this.#grace = grace
  }

  fresh(key: string): number | undefined {
    const entry = this.#entries.get(key)
    if (entry === undefined || entry.isVoid || this.now >= entry.expiresAt) return undefined
    return entry.value
  }

  usable(key: string): number | undefined {
    const entry = this.#entries.get(key)
    return entry === undefined || this.now >= entry.staleUntil ? undefined : entry.value
  }

  set(key: string, value: number, ttl: number = this.#ttl, tags: readonly string[] = []): void {
    this.#entries.delete(key)
    if (ttl === 0) return
    const expiresAt = this.now + ttl
    const staleUntil = expiresAt + this.#grace
    this.#entries.set(key, { value, expiresAt, staleUntil, tags, isVoid: false })
  }

  /** Gives a fresh entry another end; without a ttl, one that is now. */
  end(key: string, ttl = 0): boolean {
    const entry = this.#entries.get(key)
    if (entry === undefined || this.fresh(key) === undefined) return false
    entry.expiresAt = this.now + ttl
    entry.staleUntil = entry.expiresAt + this.#grace
    return true
  }

  delete(key: string): boolean {
    const was = this.usable(key) !== undefined
    this.#entries.delete(key)
    return was
  }

  /** @param space what the keys of the namespace begin with. */
  invalidate(space: string, tag: string, hard: boolean): void {
    for (const [key, entry] of this.#entries) {
      if (!key.startsWith(space) || !entry.tags.includes(tag)) continue
      if (hard) this.#entries.delete(key)
      else entry.isVoid = true
    }
  }

  clear(space: string): void {
    for (const key of [...this.#entries.keys()])
      if (key.startsWith(space)) this.#entries.delete(key)
  }
}
