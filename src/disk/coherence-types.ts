/** What the page said before a row was read. */
export interface Ticket {
  readonly epoch: number
  readonly slot: number
  readonly version: number
}

/** Told what happens to hot entries that are not single. */
export interface CoherenceListener {
  /** No version that was remembered means anything any more. */
  pageChanged(): void
  /** Hits ask the database from now on, and why. */
  fellBack(reason: string, detail: unknown): void
}
