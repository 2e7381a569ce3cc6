import type { Freshness, Item } from './item.ts'
import type { NamespacePath } from './namespace-path.ts'

/** That something was invalidated: what was written before is void. */
export interface Marker {
  /** The stamp of the invalidation. */
  readonly at: number
  /** Who invalidated. */
  readonly node: string
}

/** What is known of one tag or namespace; `undefined` members: never invalidated. */
export interface Mark {
  /** Older entries are stale. */
  readonly soft: Marker | undefined
  /** Older entries are absent. */
  readonly hard: Marker | undefined
}

export const unmarked: Mark = { soft: undefined, hard: undefined }

/** Names of marks that concern an entry: those of the clears of its namespaces, and of its tags in each of them. */
export function markNames(paths: readonly NamespacePath[], tags: readonly string[]): string[] {
  const names: string[] = []
  for (const path of paths) {
    names.push(clearMark(path))
    for (const tag of tags) names.push(tagMark(path, tag))
  }
  return names
}

export function clearMark(path: NamespacePath): string {
  return `clear:${path}`
}

export function isClearMark(name: string): boolean {
  return name.startsWith('clear:')
}

/** The tag of a {@link tagMark}; no path has a `:`. */
export function tagOfMark(name: string): string {
  return name.slice(name.indexOf(':', 'tag:'.length) + 1)
}

/** A path ends with `/` or is empty, and no escaped name has one: `:` keeps it apart from the tag. */
export function tagMark(path: NamespacePath, tag: string): string {
  return `tag:${path}:${tag}`
}

/** More marks than this are not kept one by one where no tier keeps them for us. */
const mostMarks = 100_000

/**
 * What this node knows of invalidations. Entries are never looked for when a tag is invalidated: each read compares the
 * entry's stamp with those of its tags and namespaces, so that an invalidation costs the same however many entries it hits.
 */
export class Markers {
  readonly #marks = new Map<string, Mark>()
  /** Names of which a shared tier has said all that it knows. */
  readonly #known = new Set<string>()
  /** Milliseconds that the clocks of two nodes may differ. */
  readonly #skew: number
  /** Stands for all marks that were dropped: older entries with a name that has no mark are absent. */
  #floor: Marker | undefined

  constructor(skew: number) {
    this.#skew = skew
  }

  /** Whether anything was ever invalidated, as far as is known here. */
  get isEmpty(): boolean {
    return this.#marks.size === 0 && this.#floor === undefined
  }

  /** Whether a shared tier has been asked about `name` since {@link forget}. */
  isKnown(name: string): boolean {
    return this.#known.has(name)
  }

  areKnown(names: readonly string[]): boolean {
    for (const name of names) if (!this.#known.has(name)) return false
    return true
  }

  get(name: string): Mark {
    return this.#marks.get(name) ?? unmarked
  }

  /** Notes an invalidation. @returns the mark that comes of it. */
  note(name: string, marker: Marker, hard: boolean): Mark {
    const mark = mergeMarks(this.get(name), {
      soft: hard ? undefined : marker,
      hard: hard ? marker : undefined,
    })
    this.#marks.set(name, mark)
    return mark
  }

  /**
   * Notes what a shared tier says of a name. What is noted here may be newer.
   * @param isAll whether nothing can have been invalidated since it was asked.
   */
  learn(name: string, mark: Mark, isAll: boolean): void {
    if (mark.soft !== undefined || mark.hard !== undefined)
      this.#marks.set(name, mergeMarks(this.get(name), mark))
    if (this.#known.size >= mostMarks) this.#known.clear()
    if (isAll) this.#known.add(name)
  }

  /**
   * Something was invalidated elsewhere: a shared tier must be asked again. What was noted stays, because that tier may not have
   * it yet: an invalidation of this node is on its way there, and one that the bus told of may still wait in its own node.
   */
  forget(): void {
    this.#known.clear()
    this.shorten()
  }

  /** Drops the older half of the marks if they have become many; what they said holds for all entries then. */
  shorten(most: number = mostMarks): void {
    if (this.#marks.size <= most) return
    const marks = [...this.#marks].sort(([, a], [, b]) => stampOf(a) - stampOf(b))
    for (const [name, mark] of marks.slice(0, marks.length - Math.floor(most / 2))) {
      this.#floor = later(this.#floor, later(mark.soft, mark.hard))
      this.#marks.delete(name)
    }
  }

  /** What invalidations leave of an item that time alone says is `freshness`. */
  judge(item: Item, names: readonly string[], freshness: Freshness): Freshness {
    if (this.isEmpty || freshness === 'absent') return freshness
    let left = freshness
    for (const name of names) {
      const mark = this.#marks.get(name)
      if (mark === undefined) {
        if (this.#isVoid(item, this.#floor)) return 'absent'
        continue
      }
      if (this.#isVoid(item, mark.hard)) return 'absent'
      if (this.#isVoid(item, mark.soft)) left = 'stale'
    }
    return left
  }

  /** Whether an item was written before the marker, or perhaps was. */
  #isVoid({ createdAt, node }: Item, marker: Marker | undefined): boolean {
    if (marker === undefined) return false
    // Stamps of one node are in order. Those of two are as good as their clocks: when in doubt it is void.
    if (node === marker.node) return createdAt <= marker.at
    return Math.floor(createdAt) <= Math.floor(marker.at) + this.#skew
  }
}

/** The later invalidation of each kind. */
export function mergeMarks(a: Mark, b: Mark): Mark {
  return { soft: later(a.soft, b.soft), hard: later(a.hard, b.hard) }
}

function later(a: Marker | undefined, b: Marker | undefined): Marker | undefined {
  if (a === undefined || b === undefined) return a ?? b
  return a.at >= b.at ? a : b
}

function stampOf({ soft, hard }: Mark): number {
  return Math.max(soft?.at ?? 0, hard?.at ?? 0)
}
