import type { Totals } from './totals.ts'

/** What this process counted since its last commit: added to the totals by its next one, so that a read writes nothing. */
export class Tally {
  hits = 0
  misses = 0

  get isEmpty(): boolean {
    return this.hits === 0 && this.misses === 0
  }

  addTo(totals: Totals): void {
    totals.hits += this.hits
    totals.misses += this.misses
  }

  reset(): void {
    this.hits = 0
    this.misses = 0
  }
}
