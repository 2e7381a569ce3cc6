/** What a simulated source throws. */
export class SourceError extends Error {
  override name = 'SourceError'
}

/** What went wrong in a history; the first is the one to look at. */
export class Violations {
  readonly all: string[] = []

  get isAny(): boolean {
    return this.all.length > 0
  }

  add(what: string): void {
    this.all.push(what)
  }
}
