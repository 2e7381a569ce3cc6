/** What an entry needs to be in an {@link EntryList}: it is in one at most. */
export interface Listed<N extends Listed<N>> {
  /** Bytes it counts for. Changed by {@link EntryList.resize} alone while it is in a list. */
  bytes: number
  list: EntryList<N> | undefined
  older: N | undefined
  newer: N | undefined
}

/** Entries in an order, with their number and their bytes. The links are in the entries, so nothing is allocated. */
export class EntryList<N extends Listed<N>> {
  newest: N | undefined
  oldest: N | undefined
  count = 0
  bytes = 0

  /** Puts `node`, which is in no list, at the new end. */
  add(node: N): void {
    const before = this.newest
    node.list = this
    node.older = before
    node.newer = undefined
    if (before === undefined) this.oldest = node
    else before.newer = node
    this.newest = node
    this.count += 1
    this.bytes += node.bytes
  }

  /** Takes out `node`, which is in this list. */
  remove(node: N): void {
    const { older, newer } = node
    if (newer === undefined) this.newest = older
    else newer.older = older
    if (older === undefined) this.oldest = newer
    else older.newer = newer
    node.list = undefined
    node.older = undefined
    node.newer = undefined
    this.count -= 1
    this.bytes -= node.bytes
  }

  /** Moves `node`, which is in this list, to the new end. */
  renew(node: N): void {
    const { older, newer } = node
    if (newer === undefined) return
    newer.older = older
    if (older === undefined) this.oldest = newer
    else older.newer = newer
    const last = this.newest as N
    last.newer = node
    node.older = last
    node.newer = undefined
    this.newest = node
  }

  /** Notes that `node`, which is in this list, counts for another number of bytes. */
  resize(node: N, bytes: number): void {
    this.bytes += bytes - node.bytes
    node.bytes = bytes
  }

  /** Forgets all entries. They are not told: whoever clears lets go of them too. */
  clear(): void {
    this.newest = undefined
    this.oldest = undefined
    this.count = 0
    this.bytes = 0
  }
}
